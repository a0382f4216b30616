//! The native half of the Python package `toondb`.
//!
//! A Python call names an operation of the engine's table and its arguments. They are read as the operation's request
//! (`arguments`), which a `transport::Transport` carries out with the interpreter lock released, or an event loop's line
//! (`looped`) without any thread; its answer becomes Python objects (`answer`). Nothing else happens here, and nothing here is
//! about one operation. What Python programmers read, names, signatures and documentation, is in `python/toondb/`. Beside that
//! the module carries the `toondb` command (`command`).

mod answer;
mod arguments;
mod batch;
mod buffer;
mod classes;
mod command;
mod core;
mod embedded;
mod error;
mod field_names;
mod gate;
mod grpc;
mod looped;
mod name;
mod query;
mod record;
mod rows;
mod socket;
mod text;
mod time;
mod transport;
mod value;
mod vector;
mod waiter;

use pyo3::prelude::*;
use toondb_engine::limits;

#[pymodule]
fn _toondb(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<core::Connection>()?;
    module.add_class::<core::Core>()?;
    module.add_class::<batch::WriteBatch>()?;
    module.add_class::<query::Query>()?;
    module.add_function(wrap_pyfunction!(core::open_embedded, module)?)?;
    module.add_function(wrap_pyfunction!(core::connect_socket, module)?)?;
    module.add_function(wrap_pyfunction!(core::open_directory, module)?)?;
    module.add_function(wrap_pyfunction!(core::looped_directory, module)?)?;
    module.add_function(wrap_pyfunction!(core::find_directory, module)?)?;
    module.add_function(wrap_pyfunction!(core::connect_grpc, module)?)?;
    module.add_function(wrap_pyfunction!(core::looped_embedded, module)?)?;
    module.add_function(wrap_pyfunction!(core::looped_socket, module)?)?;
    module.add_function(wrap_pyfunction!(core::looped_grpc, module)?)?;
    module.add_function(wrap_pyfunction!(core::reads_at_snapshot, module)?)?;
    module.add_function(wrap_pyfunction!(text::to_toon, module)?)?;
    module.add_function(wrap_pyfunction!(text::to_json, module)?)?;
    module.add_function(wrap_pyfunction!(text::from_toon, module)?)?;
    module.add_function(wrap_pyfunction!(text::from_json, module)?)?;
    module.add_function(wrap_pyfunction!(text::on_text, module)?)?;
    module.add_function(wrap_pyfunction!(rows::encode_rows, module)?)?;
    module.add_function(wrap_pyfunction!(arguments::bytes_of_key, module)?)?;
    module.add_function(wrap_pyfunction!(vector::split_rows, module)?)?;
    module.add_function(wrap_pyfunction!(time::span_ms, module)?)?;
    module.add_function(wrap_pyfunction!(time::time_ms, module)?)?;
    module.add_function(wrap_pyfunction!(command::run_command, module)?)?;
    module.add("ERROR_CODES", error::error_codes())?;
    module.add("PAGE_ITEMS_DEFAULT", limits::PAGE_ITEMS_DEFAULT)?;
    module.add("PAGE_ITEMS_MAX", limits::PAGE_ITEMS_MAX)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
