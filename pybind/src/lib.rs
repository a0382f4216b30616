//! The native half of the Python package `toondb`.
//!
//! A Python call is converted to an [`toondb_engine::api::Request`], handed to a `transport::Transport` with the
//! interpreter lock released, and its response converted back: nothing else happens here. Hot methods are called
//! straight on the native class; the rest have thin Python methods in `python/toondb/` that carry the signature and
//! documentation.

mod abandon;
mod argument;
mod batch;
mod buffer;
mod classes;
mod core;
mod document;
mod embedded;
mod error;
mod gate;
mod grpc;
mod query;
mod record;
mod socket;
mod text;
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
    module.add_class::<abandon::Abandonable>()?;
    module.add_function(wrap_pyfunction!(core::open_embedded, module)?)?;
    module.add_function(wrap_pyfunction!(core::connect_socket, module)?)?;
    module.add_function(wrap_pyfunction!(core::connect_grpc, module)?)?;
    module.add_class::<query::Query>()?;
    module.add_function(wrap_pyfunction!(text::to_toon, module)?)?;
    module.add_function(wrap_pyfunction!(text::to_json, module)?)?;
    module.add_function(wrap_pyfunction!(text::from_toon, module)?)?;
    module.add_function(wrap_pyfunction!(text::from_json, module)?)?;
    module.add_function(wrap_pyfunction!(text::count_tokens, module)?)?;
    module.add_function(wrap_pyfunction!(text::convert_text, module)?)?;
    module.add("ERROR_CODES", error::error_codes())?;
    module.add("PAGE_ITEMS_DEFAULT", limits::PAGE_ITEMS_DEFAULT)?;
    module.add("PAGE_ITEMS_MAX", limits::PAGE_ITEMS_MAX)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
