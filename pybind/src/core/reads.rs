//! Reads whose answers are rows: as native objects, in a format, or several of them in one text.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};
use toondb_engine::api::{
    AssembleContext, Context, ContextContent, ContextSection, OutputFormat, Render, Rendered, SectionResult, Value,
};
use toondb_engine::format::json;

use super::Core;
use crate::argument::{Count, OutputFormatName, TokenizerName, output_format_name};
use crate::classes;
use crate::error::to_python;
use crate::query::{Query, native};
use crate::record::{Object, list};
use crate::value::to_object;

/// A section of a context: name, priority, what it holds, columns.
type SectionArguments<'py> = (String, Count, Bound<'py, PyAny>, Option<Vec<String>>);

fn section_from((name, priority, content, columns): SectionArguments<'_>) -> PyResult<ContextSection> {
    let content = match content.cast::<Query>() {
        Ok(query) => ContextContent::Read { read: query.get().read(), columns },
        Err(_) => ContextContent::Text(content.extract()?),
    };
    Ok(ContextSection { name, priority: priority.0, content })
}

fn section_result<'py>(py: Python<'py>, section: &SectionResult) -> PyResult<Object<'py>> {
    let SectionResult { name, tokens, rows, rows_dropped, duplicates, truncated, content } = section;
    classes::section_result(py)?.call1((name, *tokens, *rows, *rows_dropped, *duplicates, *truncated, content))
}

fn utf8(py: Python<'_>, data: Vec<u8>) -> PyResult<String> {
    String::from_utf8(data)
        .map_err(|_| to_python(py, &toondb_engine::api::Error::internal("a text format gave no text")))
}

#[pymethods]
impl Core {
    fn _read<'py>(&self, py: Python<'py>, namespace: &str, query: &Query) -> PyResult<Object<'py>> {
        native(self, py, namespace, query.read())
    }

    /// Rows in a format: the format, the text or bytes, rows, tokens, cursor, truncated.
    #[pyo3(signature = (namespace, query, format, columns, tokenizer))]
    fn _render<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        query: &Query,
        format: OutputFormatName,
        columns: Option<Vec<String>>,
        tokenizer: Option<TokenizerName>,
    ) -> PyResult<Object<'py>> {
        let tokenizer = tokenizer.map(|tokenizer| tokenizer.0);
        let operation = Render { read: query.read(), format: format.0, columns, tokenizer };
        let Rendered { format, data, rows, tokens, cursor, truncated } = self.call(py, namespace, operation)?;
        let cursor = cursor.map(|cursor| PyBytes::new(py, &cursor));
        let data = match format {
            OutputFormat::Columnar => PyBytes::new(py, &data).into_any(),
            _ => PyString::new(py, &utf8(py, data.into_vec())?).into_any(),
        };
        let answer = (output_format_name(format), data, rows, tokens, cursor, truncated);
        Ok(answer.into_pyobject(py)?.into_any())
    }

    /// Rows as dicts: a list, or a dict of lists; cursor, truncated.
    fn _rows<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        query: &Query,
        columns: Vec<String>,
    ) -> PyResult<(Object<'py>, Option<Bound<'py, PyBytes>>, bool)> {
        let (format, columns) = (OutputFormat::Json, Some(columns));
        let operation = Render { read: query.read(), format, columns, tokenizer: None };
        let Rendered { data, cursor, truncated, .. } = self.call(py, namespace, operation)?;
        let text = utf8(py, data.into_vec())?;
        let rows: Value = py.detach(|| json::decode(&text)).map_err(|error| to_python(py, &error.into()))?;
        Ok((to_object(py, &rows)?, cursor.map(|cursor| PyBytes::new(py, &cursor)), truncated))
    }

    /// One text from several reads: the text, its tokens, and a result for each section.
    #[expect(clippy::too_many_arguments, reason = "called from one place")]
    fn _assemble_context<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        sections: Vec<SectionArguments<'py>>,
        token_limit: Count,
        format: OutputFormatName,
        tokenizer: TokenizerName,
        deduplicate: bool,
    ) -> PyResult<(String, u64, Bound<'py, PyList>)> {
        let operation = AssembleContext {
            sections: sections.into_iter().map(section_from).collect::<PyResult<_>>()?,
            token_limit: token_limit.0,
            format: format.0,
            tokenizer: tokenizer.0,
            deduplicate,
            snapshot: None,
        };
        let Context { text, tokens, sections } = self.call(py, namespace, operation)?;
        Ok((text, tokens, list(py, &sections, section_result)?))
    }
}
