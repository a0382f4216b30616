//! What a request says about itself beyond the row of its operation.

use super::commit::{Part, Write};
use super::operations::Request;
use super::words::Effect;

impl Request {
    /// What carrying it out does to what is stored: as its operation says, but for a commit, which may only delete.
    pub fn effect(&self) -> Effect {
        match self {
            Request::Commit(commit) if commit.writes.iter().all(is_delete) => Effect::Frees,
            other => other.code().effect(),
        }
    }
}

fn is_delete(write: &Write) -> bool {
    match write {
        Write::DeleteKey { .. }
        | Write::DeleteRange(_)
        | Write::DeleteDocuments { .. }
        | Write::TruncateCollection { .. }
        | Write::DeleteVectors { .. }
        | Write::DeleteNode { .. }
        | Write::DeleteEdge { .. } => true,
        Write::Put(_)
        | Write::AddDocuments { .. }
        | Write::UpdateDocuments(_)
        | Write::InsertVectors { .. }
        | Write::AddNode(_)
        | Write::AddEdge(_)
        | Write::AddTemporalEdge(_)
        | Write::CloseTemporalEdge { .. }
        | Write::SupersedeTemporalEdge(_)
        | Write::StateFact(_)
        | Write::AppendLog { .. }
        | Write::UpdateNode(_)
        | Write::UpdateEdge(_)
        | Write::MergeNodes { .. } => false,
    }
}

impl Write {
    /// True if it may change what is in a part, so that a read of the part at a snapshot of before does not show it. `name` is
    /// that of the collection or index.
    pub fn changes(&self, part: Part, name: &str) -> bool {
        match self {
            Write::Put(_) | Write::DeleteKey { .. } | Write::DeleteRange(_) => part == Part::Keys,
            Write::AddDocuments { collection, .. }
            | Write::DeleteDocuments { collection, .. }
            | Write::TruncateCollection { collection } => part == Part::Collection && collection.as_str() == name,
            Write::UpdateDocuments(update) => part == Part::Collection && update.collection.as_str() == name,
            Write::InsertVectors { index, .. } | Write::DeleteVectors { index, .. } => {
                part == Part::Index && index.as_str() == name
            }
            Write::AddNode(_)
            | Write::AddEdge(_)
            | Write::DeleteEdge { .. }
            | Write::UpdateNode(_)
            | Write::UpdateEdge(_) => part == Part::Graph,
            // A node takes the facts about it with it.
            Write::DeleteNode { .. } | Write::MergeNodes { .. } => matches!(part, Part::Graph | Part::Facts),
            Write::AddTemporalEdge(_)
            | Write::CloseTemporalEdge { .. }
            | Write::SupersedeTemporalEdge(_)
            | Write::StateFact(_) => part == Part::Facts,
            Write::AppendLog { .. } => part == Part::Logs,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::api::{Effect, OpCode, OpKind, Right, Scope};

    /// Words that would contradict each other.
    #[test]
    fn the_rows_of_the_table_make_sense() {
        let mut methods = std::collections::BTreeSet::new();
        for code in OpCode::ALL {
            let (kind, effect, right, scope) = (code.kind(), code.effect(), code.right(), code.scope());
            match kind {
                OpKind::Read => assert_eq!((effect, right), (Effect::Keeps, Right::Read), "{code:?}"),
                OpKind::Write => {
                    assert_ne!(effect, Effect::Keeps, "{code:?}");
                    assert_eq!(right, Right::Write, "{code:?}");
                }
                OpKind::Admin => {
                    assert_ne!(right, Right::Write, "{code:?}");
                    assert!(effect == Effect::Keeps || right == Right::Admin, "{code:?} changes something");
                }
            }
            if scope != Scope::Namespace {
                assert_eq!((kind, effect), (OpKind::Admin, Effect::Keeps), "{code:?}");
            }
            assert!(scope != Scope::Anyone || right == Right::Read, "{code:?}");
            assert!(methods.insert(code.method()), "{code:?} has the method of another one");
        }
    }

    /// Whoever takes away another caller's data at one stroke, or changes who may do what, needs more than to write.
    #[test]
    fn what_concerns_a_namespace_as_a_whole_needs_the_right_to_administer() {
        let administer: Vec<&str> =
            OpCode::ALL.iter().filter(|code| code.right() == Right::Admin).map(|code| code.name()).collect();
        let expected = [
            "Check",
            "CreateNamespace",
            "DeleteNamespace",
            "SetQuota",
            "Flush",
            "CreateCheckpoint",
            "RestoreCheckpoint",
            "DeleteCheckpoint",
            "ImportCheckpoint",
        ];
        assert_eq!(administer, expected);
    }

    /// What concerns no single namespace, and what is a way out of a full disk, each written down twice, on purpose.
    #[test]
    fn these_are_about_no_namespace_and_these_free_space() {
        let others: Vec<(&str, Scope)> = OpCode::ALL
            .iter()
            .map(|code| (code.name(), code.scope()))
            .filter(|(_, scope)| *scope != Scope::Namespace)
            .collect();
        let expected = [
            ("Ping", Scope::Anyone),
            ("Capabilities", Scope::Anyone),
            ("ServerStats", Scope::Server),
            ("Check", Scope::Server),
            ("ListNamespaces", Scope::Caller),
            ("CountTokens", Scope::Caller),
            ("ConvertText", Scope::Caller),
        ];
        assert_eq!(others, expected);
        let frees: Vec<&str> =
            OpCode::ALL.iter().filter(|code| code.effect() == Effect::Frees).map(|code| code.name()).collect();
        let expected = [
            "DeleteNamespace",
            "DeleteKey",
            "PopLog",
            "TrimLog",
            "DeleteLog",
            "BatchDelete",
            "DeleteRange",
            "DropCollection",
            "DeleteDocuments",
            "DeleteByFilter",
            "TruncateCollection",
            "DropIndex",
            "DeleteVectors",
            "DeleteNode",
            "DeleteEdge",
            "EraseTemporal",
            "CacheInvalidate",
            "DeleteCheckpoint",
        ];
        assert_eq!(frees, expected);
    }
}
