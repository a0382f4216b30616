//! The keys of the list of nodes by type.
//!
//! It follows from `Nodes`: each node has a row, `u32 bytes of the type, type, node id`, without a value. (The length stands
//! in front because a type may hold any character, a zero byte too.) Writes keep it in step.
//!
//! A directory of before this list has nodes that are not in it. The engine notes them in steps, beside what else there is
//! to do, and the row [`NODES_LISTED`] says how far it has come: its value is the last node's id that was noted, and empty
//! once every node is, as from the first node on in a namespace that has none; no such row means that none was. What is
//! written meanwhile is noted at once. A step is a commit like any other, so a crash leaves the list as far as it was. Until
//! it is complete, whoever looks for a type reads all nodes.

use super::error::StoreResult;
use super::key::{KeyReader, KeyWriter};
use super::table::Table;
use super::view::Read;

/// The key of what says how far the list reaches. It is shorter than any length, so that no node has it.
pub const NODES_LISTED: &[u8] = b"\0";

/// Begins the keys of all nodes of a type.
pub fn type_prefix(node_type: &str) -> Vec<u8> {
    // Lengths fit: the API bounds every type far below 4 GiB.
    let len = u32::try_from(node_type.len()).unwrap_or(u32::MAX);
    KeyWriter::new().u32(len).raw(node_type.as_bytes()).finish()
}

/// The key of a node of a type.
pub fn node_type_key(node_type: &str, id: &str) -> Vec<u8> {
    let mut key = type_prefix(node_type);
    key.extend_from_slice(id.as_bytes());
    key
}

/// The type and the id that a key names; `None` if it names none.
pub fn typed_node(key: &[u8]) -> Option<(&str, &str)> {
    let mut reader = KeyReader::new(key);
    let len = usize::try_from(reader.u32()?).ok()?;
    let (node_type, id) = reader.rest().split_at_checked(len)?;
    Some((std::str::from_utf8(node_type).ok()?, std::str::from_utf8(id).ok()?))
}

/// True if every node is in the list.
pub fn are_nodes_listed(reader: &impl Read) -> StoreResult<bool> {
    Ok(reader.get(Table::NodeTypes, NODES_LISTED)?.is_some_and(|noted| noted.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_node_and_no_type_is_the_beginning_of_another() {
        for (node_type, id) in [("person", "ann"), ("", "x"), ("per\0son", "\u{e4}"), ("p", "erson")] {
            assert_eq!(typed_node(&node_type_key(node_type, id)), Some((node_type, id)));
            assert!(node_type_key(node_type, id) > NODES_LISTED.to_vec());
        }
        assert!(!node_type_key("person", "ann").starts_with(&type_prefix("per")));
        assert!(!node_type_key("per", "son").starts_with(&type_prefix("person")));
        for wrong in [NODES_LISTED, b"", b"\0\0\0", b"\0\0\0\x02a", b"\xff\xff\xff\xffab", b"\0\0\0\x01\xff"] {
            assert_eq!(typed_node(wrong), None);
        }
    }
}
