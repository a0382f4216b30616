//! The added methods of `ContextService`: reads in a format, contexts of such reads, counting, converting.

use toondb_engine::api::{
    AssembleContext, ByteBuf, Context, ContextContent, ContextSection, ConvertText, Converted, CountTokens, Delimiter,
    Error, OutputFormat, Render, Rendered, Result, RowsQuery, SectionResult, TokenCount, Tokenizer, ToonOptions,
};

use super::enums::unknown;
use super::{bytes, columns, columns_message, required, seq, snapshot, vec};
use crate::proto;
use crate::proto::rows_query::Read;
use crate::rpc::Rpc;

/// Reads a format from its number.
pub(crate) fn format(number: i32) -> Result<OutputFormat> {
    match proto::OutputFormat::try_from(number) {
        Ok(proto::OutputFormat::Toon) => Ok(OutputFormat::Toon),
        Ok(proto::OutputFormat::Json) => Ok(OutputFormat::Json),
        Ok(proto::OutputFormat::Markdown | proto::OutputFormat::Text) => Ok(OutputFormat::Markdown),
        Ok(proto::OutputFormat::Columnar) => Ok(OutputFormat::Columnar),
        Ok(proto::OutputFormat::Auto) => Ok(OutputFormat::Auto),
        Err(_) => Err(unknown("format", number)),
    }
}

fn format_number(format: OutputFormat) -> i32 {
    let value = match format {
        OutputFormat::Toon => proto::OutputFormat::Toon,
        OutputFormat::Json => proto::OutputFormat::Json,
        OutputFormat::Columnar => proto::OutputFormat::Columnar,
        OutputFormat::Markdown => proto::OutputFormat::Markdown,
        OutputFormat::Auto => proto::OutputFormat::Auto,
    };
    value.into()
}

fn tokenizer(number: i32) -> Result<Tokenizer> {
    match proto::Tokenizer::try_from(number) {
        Ok(proto::Tokenizer::O200k) => Ok(Tokenizer::O200k),
        Ok(proto::Tokenizer::Cl100k) => Ok(Tokenizer::Cl100k),
        Err(_) => Err(unknown("tokenizer", number)),
    }
}

fn tokenizer_number(tokenizer: Tokenizer) -> i32 {
    let value = match tokenizer {
        Tokenizer::O200k => proto::Tokenizer::O200k,
        Tokenizer::Cl100k => proto::Tokenizer::Cl100k,
    };
    value.into()
}

fn read_message(read: RowsQuery) -> proto::RowsQuery {
    proto::RowsQuery {
        read: Some(match read {
            RowsQuery::Scan(read) => Read::Scan(Rpc::ask("", read)),
            RowsQuery::MultiGet(read) => Read::MultiGet(Rpc::ask("", read)),
            RowsQuery::GetDocuments(read) => Read::GetDocuments(Rpc::ask("", read)),
            RowsQuery::SearchCollection(read) => Read::SearchCollection(Rpc::ask("", read)),
            RowsQuery::SearchVectors(read) => Read::SearchVectors(Rpc::ask("", read)),
            RowsQuery::GetEdges(read) => Read::GetEdges(Rpc::ask("", read)),
            RowsQuery::Traverse(read) => Read::Traverse(Rpc::ask("", read)),
            RowsQuery::Neighbors(read) => Read::Neighbors(Rpc::ask("", read)),
            RowsQuery::QueryTemporal(read) => Read::QueryTemporal(Rpc::ask("", read)),
            RowsQuery::TraverseTemporal(read) => Read::TraverseTemporal(Rpc::ask("", read)),
            RowsQuery::TemporalHistory(read) => Read::TemporalHistory(Rpc::ask("", read)),
            RowsQuery::ListDocuments(read) => Read::ListDocuments(Rpc::ask("", read)),
            RowsQuery::FacetDocuments(read) => Read::FacetDocuments(Rpc::ask("", read)),
            RowsQuery::ReadLog(read) => Read::ReadLog(Rpc::ask("", read)),
            RowsQuery::ListLogs(read) => Read::ListLogs(Rpc::ask("", read)),
            RowsQuery::ScanPrefixes(read) => Read::ScanPrefixes(Rpc::ask("", read)),
            RowsQuery::GetNodes(read) => Read::GetNodes(Rpc::ask("", read)),
            RowsQuery::ListNodes(read) => Read::ListNodes(Rpc::ask("", read)),
            RowsQuery::ListEdges(read) => Read::ListEdges(Rpc::ask("", read)),
            RowsQuery::ListFacts(read) => Read::ListFacts(Rpc::ask("", read)),
            RowsQuery::TemporalNeighbors(read) => Read::TemporalNeighbors(Rpc::ask("", read)),
        }),
    }
}

/// The caller's right is checked for the outer namespace, so an inner one must not name another.
fn read(message: Option<proto::RowsQuery>, namespace: &str) -> Result<RowsQuery> {
    fn inner<R: Rpc>(ask: R::Ask, namespace: &str, wrap: impl FnOnce(R) -> RowsQuery) -> Result<RowsQuery> {
        let (own, read) = R::read_ask(ask)?;
        match own.is_empty() || own == namespace {
            true => Ok(wrap(read)),
            false => Err(Error::invalid("a read inside the request names another namespace than the request")),
        }
    }
    let read = required(required(message, "read")?.read, "read")?;
    match read {
        Read::Scan(ask) => inner(ask, namespace, RowsQuery::Scan),
        Read::MultiGet(ask) => inner(ask, namespace, RowsQuery::MultiGet),
        Read::GetDocuments(ask) => inner(ask, namespace, RowsQuery::GetDocuments),
        Read::SearchCollection(ask) => inner(ask, namespace, RowsQuery::SearchCollection),
        Read::SearchVectors(ask) => inner(ask, namespace, RowsQuery::SearchVectors),
        Read::GetEdges(ask) => inner(ask, namespace, RowsQuery::GetEdges),
        Read::Traverse(ask) => inner(ask, namespace, RowsQuery::Traverse),
        Read::Neighbors(ask) => inner(ask, namespace, RowsQuery::Neighbors),
        Read::QueryTemporal(ask) => inner(ask, namespace, RowsQuery::QueryTemporal),
        Read::TraverseTemporal(ask) => inner(ask, namespace, RowsQuery::TraverseTemporal),
        Read::TemporalHistory(ask) => inner(ask, namespace, RowsQuery::TemporalHistory),
        Read::ListDocuments(ask) => inner(ask, namespace, RowsQuery::ListDocuments),
        Read::FacetDocuments(ask) => inner(ask, namespace, RowsQuery::FacetDocuments),
        Read::ReadLog(ask) => inner(ask, namespace, RowsQuery::ReadLog),
        Read::ListLogs(ask) => inner(ask, namespace, RowsQuery::ListLogs),
        Read::ScanPrefixes(ask) => inner(ask, namespace, RowsQuery::ScanPrefixes),
        Read::GetNodes(ask) => inner(ask, namespace, RowsQuery::GetNodes),
        Read::ListNodes(ask) => inner(ask, namespace, RowsQuery::ListNodes),
        Read::ListEdges(ask) => inner(ask, namespace, RowsQuery::ListEdges),
        Read::ListFacts(ask) => inner(ask, namespace, RowsQuery::ListFacts),
        Read::TemporalNeighbors(ask) => inner(ask, namespace, RowsQuery::TemporalNeighbors),
    }
}

impl Rpc for Render {
    type Ask = proto::RenderRequest;
    type Answer = proto::RenderResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Render { read, format, columns, tokenizer } = operation;
        proto::RenderRequest {
            namespace: namespace.to_owned(),
            read: Some(read_message(read)),
            format: format_number(format),
            columns: columns_message(columns),
            tokenizer: tokenizer.map(tokenizer_number),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = Render {
            read: read(ask.read, &ask.namespace)?,
            format: format(ask.format)?,
            columns: columns(ask.columns),
            tokenizer: ask.tokenizer.map(tokenizer).transpose()?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Rendered) -> Self::Answer {
        let Rendered { format, data, rows, tokens, cursor, truncated } = reply;
        let (format, data) = (format_number(format), data.into_vec());
        proto::RenderResponse { format, data, rows, tokens, cursor: vec(cursor), truncated }
    }

    fn read_answer(answer: Self::Answer) -> Result<Rendered> {
        Ok(Rendered {
            format: format(answer.format)?,
            data: ByteBuf::from(answer.data),
            rows: answer.rows,
            tokens: answer.tokens,
            cursor: bytes(answer.cursor),
            truncated: answer.truncated,
        })
    }
}

fn section_message(section: ContextSection) -> proto::ContextPart {
    let ContextSection { name, priority, content } = section;
    let (content, columns) = match content {
        ContextContent::Read { read, columns } => (proto::context_part::Content::Read(read_message(read)), columns),
        ContextContent::Text(text) => (proto::context_part::Content::Text(text), None),
    };
    proto::ContextPart { name, priority, content: Some(content), columns: columns_message(columns) }
}

fn section(part: proto::ContextPart, namespace: &str) -> Result<ContextSection> {
    let content = match required(part.content, "content of a section")? {
        proto::context_part::Content::Text(text) => ContextContent::Text(text),
        proto::context_part::Content::Read(message) => {
            ContextContent::Read { read: read(Some(message), namespace)?, columns: columns(part.columns) }
        }
    };
    Ok(ContextSection { name: part.name, priority: part.priority, content })
}

/// One section of an answer.
pub(crate) fn result_message(result: SectionResult) -> proto::SectionResult {
    let SectionResult { name, tokens, rows, rows_dropped, duplicates, truncated, content } = result;
    let tokens_used = u32::try_from(tokens).unwrap_or(u32::MAX);
    proto::SectionResult { name, tokens_used, truncated, content, rows, rows_dropped, duplicates }
}

fn result(message: proto::SectionResult) -> SectionResult {
    let proto::SectionResult { name, tokens_used, truncated, content, rows, rows_dropped, duplicates } = message;
    SectionResult { name, tokens: u64::from(tokens_used), rows, rows_dropped, duplicates, truncated, content }
}

impl Rpc for AssembleContext {
    type Ask = proto::AssembleContextRequest;
    type Answer = proto::AssembleContextResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let AssembleContext { sections, token_limit, format, tokenizer, deduplicate, snapshot } = operation;
        proto::AssembleContextRequest {
            namespace: namespace.to_owned(),
            sections: sections.into_iter().map(section_message).collect(),
            token_limit,
            format: format_number(format),
            tokenizer: tokenizer_number(tokenizer),
            keep_duplicates: !deduplicate,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let namespace = ask.namespace;
        let sections = ask.sections.into_iter().map(|part| section(part, &namespace)).collect::<Result<_>>()?;
        let operation = AssembleContext {
            sections,
            token_limit: ask.token_limit,
            format: format(ask.format)?,
            tokenizer: tokenizer(ask.tokenizer)?,
            deduplicate: !ask.keep_duplicates,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((namespace, operation))
    }

    fn answer(_: &str, reply: Context) -> Self::Answer {
        let Context { text, tokens, sections } = reply;
        let sections = sections.into_iter().map(result_message).collect();
        proto::AssembleContextResponse { text, tokens, sections }
    }

    fn read_answer(answer: Self::Answer) -> Result<Context> {
        let sections = answer.sections.into_iter().map(result).collect();
        Ok(Context { text: answer.text, tokens: answer.tokens, sections })
    }
}

impl Rpc for CountTokens {
    type Ask = proto::CountTokensRequest;
    type Answer = proto::CountTokensResponse;

    fn ask(_: &str, operation: Self) -> Self::Ask {
        let CountTokens { text, tokenizer } = operation;
        proto::CountTokensRequest { text, tokenizer: tokenizer_number(tokenizer) }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((String::new(), CountTokens { text: ask.text, tokenizer: tokenizer(ask.tokenizer)? }))
    }

    fn answer(_: &str, reply: TokenCount) -> Self::Answer {
        proto::CountTokensResponse { tokens: reply.tokens }
    }

    fn read_answer(answer: Self::Answer) -> Result<TokenCount> {
        Ok(TokenCount { tokens: answer.tokens })
    }
}

fn toon_options(message: proto::ToonOptions) -> Result<ToonOptions> {
    let delimiter = match proto::ToonDelimiter::try_from(message.delimiter) {
        Ok(proto::ToonDelimiter::Comma) => Delimiter::Comma,
        Ok(proto::ToonDelimiter::Tab) => Delimiter::Tab,
        Ok(proto::ToonDelimiter::Pipe) => Delimiter::Pipe,
        Err(_) => return Err(unknown("delimiter", message.delimiter)),
    };
    let indent = message.indent.map_or(Ok(ToonOptions::default().indent), u8::try_from);
    let indent = indent.map_err(|_| Error::invalid("an indent is wider than any may be"))?;
    Ok(ToonOptions { delimiter, indent, strict: !message.lenient })
}

fn toon_message(options: ToonOptions) -> proto::ToonOptions {
    let delimiter = match options.delimiter {
        Delimiter::Comma => proto::ToonDelimiter::Comma,
        Delimiter::Tab => proto::ToonDelimiter::Tab,
        Delimiter::Pipe => proto::ToonDelimiter::Pipe,
    };
    proto::ToonOptions { delimiter: delimiter.into(), indent: Some(options.indent.into()), lenient: !options.strict }
}

impl Rpc for ConvertText {
    type Ask = proto::ConvertTextRequest;
    type Answer = proto::ConvertTextResponse;

    fn ask(_: &str, operation: Self) -> Self::Ask {
        let ConvertText { text, from, to, tokenizer, toon } = operation;
        proto::ConvertTextRequest {
            text,
            from: from.map(format_number),
            to: format_number(to),
            tokenizer: tokenizer_number(tokenizer),
            toon: (toon != ToonOptions::default()).then(|| toon_message(toon)),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ConvertText {
            text: ask.text,
            from: ask.from.map(format).transpose()?,
            to: format(ask.to)?,
            tokenizer: tokenizer(ask.tokenizer)?,
            toon: ask.toon.map(toon_options).transpose()?.unwrap_or_default(),
        };
        Ok((String::new(), operation))
    }

    fn answer(_: &str, reply: Converted) -> Self::Answer {
        let Converted { format, data, lossless } = reply;
        proto::ConvertTextResponse { format: format_number(format), data: data.into_vec(), lossless }
    }

    fn read_answer(answer: Self::Answer) -> Result<Converted> {
        let (format, data) = (format(answer.format)?, ByteBuf::from(answer.data));
        Ok(Converted { format, data, lossless: answer.lossless })
    }
}
