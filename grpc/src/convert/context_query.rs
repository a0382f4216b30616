//! The original methods of `ContextService`, whose sections are texts and options, in terms of the engine's operations.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toondb_engine::api::{
    AssembleContext, ByteBuf, Context, ContextContent, ContextSection, ConvertText, CountTokens, DocumentId, Embedding,
    Error, GetDocuments, MultiGet, Result, RowsQuery, Scan, SearchCollection, Tokenizer, ToonOptions,
};

use super::context::{format, result_message};
use super::enums::unknown;
use crate::proto;
use crate::proto::ContextSectionType as Type;

/// Keys of a [`Type::ContextSectionLast`] section where none are named.
const LAST_DEFAULT: u32 = 10;

/// The options of one section, taken one by one, so that what is left over is unknown.
struct Options(BTreeMap<String, String>);

impl Options {
    fn text(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        let parse = |text: String| {
            serde_json::from_str(&text).map_err(|error| Error::invalid(format!("the option {name} is wrong: {error}")))
        };
        self.text(name).map(parse).transpose()
    }

    fn required<T>(value: Option<T>, name: &str) -> Result<T> {
        value.ok_or_else(|| Error::invalid(format!("the section needs the option {name}")))
    }

    fn end(self) -> Result<()> {
        match self.0.into_keys().next() {
            Some(name) => Err(Error::invalid(format!("the section does not know the option {name:?}"))),
            None => Ok(()),
        }
    }
}

fn section(message: proto::ContextSection) -> Result<ContextSection> {
    let proto::ContextSection { name, priority, section_type, query, options } = message;
    let mut options = Options(options.into_iter().map(|entry| (entry.key, entry.value)).collect());
    let columns = options.json::<Vec<String>>("columns")?;
    let prefix = |query: String| (!query.is_empty()).then(|| ByteBuf::from(query.into_bytes()));
    let read = match Type::try_from(section_type) {
        Ok(Type::ContextSectionGet) => {
            RowsQuery::MultiGet(MultiGet { keys: vec![ByteBuf::from(query.into_bytes())], snapshot: None })
        }
        Ok(Type::ContextSectionLast) => {
            let limit = Some(options.json("n")?.unwrap_or(LAST_DEFAULT));
            RowsQuery::Scan(Scan { prefix: prefix(query), limit, reverse: true, ..Scan::default() })
        }
        Ok(Type::ContextSectionSearch) => {
            let collection = Options::required(options.text("collection"), "collection")?;
            let embedding = Options::required(options.json::<Vec<f32>>("embedding")?, "embedding")?;
            RowsQuery::SearchCollection(SearchCollection {
                collection: collection.into(),
                query: Embedding(embedding),
                k: options.json("k")?,
                ef: None,
                filter: None,
                include_embedding: false,
                snapshot: None,
            })
        }
        Ok(Type::ContextSectionSelect) => match options.text("collection") {
            None => {
                let limit = options.json("limit")?;
                RowsQuery::Scan(Scan { prefix: prefix(query), limit, ..Scan::default() })
            }
            Some(collection) => {
                let ids: Vec<String> = serde_json::from_str(&query)
                    .map_err(|error| Error::invalid(format!("the query is no JSON list of ids: {error}")))?;
                RowsQuery::GetDocuments(GetDocuments {
                    collection: collection.into(),
                    ids: ids.into_iter().map(DocumentId::new).collect(),
                    include_embedding: false,
                    snapshot: None,
                })
            }
        },
        Err(_) => return Err(unknown("section type", section_type)),
    };
    options.end()?;
    Ok(ContextSection { name, priority, content: ContextContent::Read { read, columns } })
}

/// The operation that answers `Query`, and its namespace.
pub(crate) fn read_query(ask: proto::ContextQueryRequest) -> Result<(String, AssembleContext)> {
    let operation = AssembleContext {
        sections: ask.sections.into_iter().map(section).collect::<Result<_>>()?,
        token_limit: ask.token_limit,
        format: format(ask.format)?,
        tokenizer: Tokenizer::O200k,
        deduplicate: true,
        snapshot: None,
    };
    Ok((ask.namespace, operation))
}

/// The answer of `Query`.
pub(crate) fn query_answer(context: Context) -> proto::ContextQueryResponse {
    let Context { text, tokens, sections } = context;
    proto::ContextQueryResponse {
        context: text,
        total_tokens: u32::try_from(tokens).unwrap_or(u32::MAX),
        section_results: sections.into_iter().map(result_message).collect(),
        ..Default::default()
    }
}

/// The operation that answers `EstimateTokens`.
pub(crate) fn read_estimate(ask: proto::EstimateTokensRequest) -> CountTokens {
    // gpt-4o and gpt-4.1 came with the newer tokenizer.
    let model = ask.model.as_str();
    let is_newer = ["gpt-4o", "gpt-4.1", "gpt-4.5"].iter().any(|name| model.starts_with(name));
    let is_older =
        ["gpt-4", "gpt-3.5", "gpt-35", "text-embedding", "cl100k"].iter().any(|name| model.starts_with(name));
    let tokenizer = if is_older && !is_newer { Tokenizer::Cl100k } else { Tokenizer::O200k };
    CountTokens { text: ask.content, tokenizer }
}

/// The operation that answers `FormatContext`.
pub(crate) fn read_format(ask: proto::FormatContextRequest) -> Result<ConvertText> {
    Ok(ConvertText {
        text: ask.content,
        from: None,
        to: format(ask.format)?,
        tokenizer: Tokenizer::O200k,
        toon: ToonOptions::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(section_type: Type, query: &str, options: &[(&str, &str)]) -> Result<RowsQuery> {
        let options = options.iter().map(|(name, value)| proto::TextEntry::new(name, value)).collect();
        let (name, query) = (String::new(), query.to_owned());
        let message = proto::ContextSection { name, priority: 0, section_type: section_type.into(), query, options };
        section(message).map(|section| match section.content {
            ContextContent::Read { read, .. } => read,
            ContextContent::Text(text) => panic!("{text}"),
        })
    }

    #[test]
    fn sections_of_texts_become_reads() {
        let last = read(Type::ContextSectionLast, "log:", &[("n", "3")]).unwrap();
        let prefix = Some(ByteBuf::from(b"log:".to_vec()));
        assert_eq!(last, RowsQuery::Scan(Scan { prefix, limit: Some(3), reverse: true, ..Scan::default() }));
        let search = [("collection", "docs"), ("embedding", "[1, 0.5]"), ("k", "2"), ("columns", "[\"id\"]")];
        match read(Type::ContextSectionSearch, "words", &search).unwrap() {
            RowsQuery::SearchCollection(search) => assert_eq!((search.query.0, search.k), (vec![1.0, 0.5], Some(2))),
            other => panic!("{other:?}"),
        }
        match read(Type::ContextSectionSelect, "[\"a\", \"b\"]", &[("collection", "docs")]).unwrap() {
            RowsQuery::GetDocuments(get) => assert_eq!(get.ids.len(), 2),
            other => panic!("{other:?}"),
        }
        assert!(matches!(read(Type::ContextSectionGet, "k", &[]), Ok(RowsQuery::MultiGet(_))));
    }

    #[test]
    fn what_a_section_does_not_know_is_refused() {
        for (section_type, query, options) in [
            (Type::ContextSectionGet, "k", &[("limit", "1")][..]),
            (Type::ContextSectionLast, "k", &[("n", "many")][..]),
            (Type::ContextSectionSearch, "words", &[("collection", "docs")][..]),
            (Type::ContextSectionSearch, "words", &[("embedding", "[1]")][..]),
            (Type::ContextSectionSelect, "a,b", &[("collection", "docs")][..]),
        ] {
            assert!(read(section_type, query, options).is_err(), "{section_type:?} {options:?}");
        }
    }

    #[test]
    fn models_have_their_tokenizer() {
        let of = |model: &str| {
            read_estimate(proto::EstimateTokensRequest { content: String::new(), model: model.to_owned() }).tokenizer
        };
        for (model, tokenizer) in [
            ("", Tokenizer::O200k),
            ("gpt-4o-mini", Tokenizer::O200k),
            ("gpt-4.1", Tokenizer::O200k),
            ("gpt-4-turbo", Tokenizer::Cl100k),
            ("gpt-3.5-turbo", Tokenizer::Cl100k),
            ("cl100k_base", Tokenizer::Cl100k),
        ] {
            assert_eq!(of(model), tokenizer, "{model}");
        }
    }
}
