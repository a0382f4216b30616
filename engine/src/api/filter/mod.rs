//! Filters: a small tree of conditions on the fields of a row, and what it means for one row.
//!
//! The form is the one that Mongo-like stores share: `{"field": value}` is equality, `{"field": {"$gt": 3}}` applies an
//! operator, several fields are joined by "and", and `$and`, `$or`, `$not` combine filters.
//!
//! **Fields.** A name with dots is the field of that very name; where a row has none, each dot leads into a map
//! (`{"address": {"city": "x"}}` has `address.city`). Lists are not entered. `{"$field": [["a", "b"], condition]}` names the
//! path as it stands, for names that hold dots or begin with `$`. A document has two fields more, both texts that are always
//! there: `$id` and `$content`.
//!
//! **Meaning**, once for all: a field that is absent satisfies no predicate except `{"$exists": false}`, so also not `$ne` or
//! `$nin`; otherwise an unlabelled row would leak through "not mine". `$not` is plain negation of what it contains.
//! Ordered operators compare only values of one kind (numbers with numbers, texts with texts). A field that holds a list
//! equals a list; `$contains` asks for an element of a list or a part of a text, `$icontains` the same without regard to case
//! ([`Folded`]), `$all` and `$any` for all or one of several elements of a list, `$startswith` for the beginning of a text.
//!
//! **What is malformed is an error**, never a filter that matches nothing: an operator that is unknown, one that lacks its
//! `$`, an operand of a kind that can match nothing. The error names what was probably meant ([`operator`]).

mod field;
mod fold;
mod operator;
mod parse;
mod predicate;
mod row;
mod tree;
mod values;
mod write;

#[cfg(test)]
mod tests;

pub use field::{Field, FieldPath};
pub use fold::Folded;
pub use predicate::Predicate;
pub use row::{FilterOn, FilterRow};
pub use tree::Filter;
pub use values::ValueSet;
