"""Documents that are written otherwise than by replacing them."""

from datetime import timedelta

import pytest

from toondb import (
    AlreadyExistsError,
    Collection,
    CollectionNotFoundError,
    Document,
    InvalidArgumentError,
    Namespace,
    WriteBatch,
)


@pytest.fixture()
def notes(home: Namespace) -> Collection:
    home.create_collection("notes")
    home.add_documents(
        "notes",
        [
            {"id": "a", "content": "text only", "metadata": {"n": 1, "old": True}},
            {"id": "b", "content": "with a vector", "embedding": [1.0, 0.0], "metadata": {"n": 1}},
        ],
    )
    return home.collection("notes")


def test_a_document_needs_no_embedding(notes: Collection) -> None:
    assert notes.info().dimension == 2
    assert [each.id for each in notes.search([1.0, 0.0])] == ["b"]
    assert notes.get("a", include_embeddings=True).embedding == [] and notes.count({"n": 1}) == 2


def test_fields_are_merged(home: Namespace, notes: Collection) -> None:
    changed = notes.update_documents(filter={"n": 1}, set={"n": 2}, unset=["old", "never"], return_ids=True)
    assert changed == 2 and sorted(changed.ids) == ["a", "b"]
    assert notes.get("a").metadata == {"n": 2} and notes.get("b", include_embeddings=True).embedding == [1.0, 0.0]
    assert notes.update_documents(ids=["b", "missing"], set={"n": 3}) == 1
    assert notes.update_documents(all=True, set={"seen": True}).ids is None
    assert notes.count({"seen": True}) == 2
    with pytest.raises(InvalidArgumentError, match="all"):
        notes.update_documents(filter={}, set={"n": 4})
    with pytest.raises(InvalidArgumentError, match="exactly one"):
        notes.update_documents(set={"n": 4})
    with pytest.raises(InvalidArgumentError, match="both set and unset"):
        notes.update_documents(all=True, set={"n": 4}, unset=["n"])


def test_what_exists_may_stay(notes: Collection) -> None:
    given = [{"id": "a", "content": "new"}, {"id": "c", "content": "new"}]
    with pytest.raises(AlreadyExistsError, match='"a"'):
        notes.add_documents(given, on_conflict="error")
    assert notes.get("c") is None
    added = notes.add_documents(given, on_conflict="skip")
    assert added == ["a", "c"] and added.skipped == ["a"] and notes.get("a").content == "text only"
    assert notes.add_documents(given).skipped == [] and notes.get("a").content == "new"


def test_documents_expire(notes: Collection) -> None:
    notes.add_documents(
        [{"id": "own", "content": "", "ttl": timedelta(hours=1)}, {"id": "shared", "content": ""}], ttl=60
    )
    own, shared = notes.get("own"), notes.get("shared")
    assert own.expires_at > shared.expires_at > 0 and notes.get("a").expires_at is None
    assert notes.update_documents(ids=["own"], persist=True) == 1 and notes.get("own").expires_at is None
    notes.add_documents([shared])
    assert notes.get("shared").expires_at == shared.expires_at, "kept by adding what was read"
    shared.expires_at = 1
    notes.add_documents([shared])
    assert notes.get("shared") is None and notes.count() == 3


def test_the_first_documents_create_their_collection(home: Namespace) -> None:
    with pytest.raises(CollectionNotFoundError):
        home.add_documents("new", [{"content": "x", "embedding": [1.0]}])
    home.add_documents("new", [{"content": "x", "embedding": [1.0]}], create_missing=True)
    assert home.describe_collection("new").dimension == 1


def test_a_collection_is_described_anew_and_emptied(home: Namespace, notes: Collection) -> None:
    assert notes.set_metadata(metadata={"owner": "ada"}).metadata == {"owner": "ada"}
    assert home.create_collection("notes", metadata={"owner": "ada"}) and home.create_collection("notes", 2)
    with pytest.raises(AlreadyExistsError):
        home.create_collection("notes", metadata={"owner": "bob"})
    deleted = notes.delete_documents(["a", "missing"], return_ids=True)
    assert deleted == 1 and deleted.ids == ["a"] and notes.delete_documents(["a"]).ids is None
    assert notes.truncate() == 1 and notes.count() == 0


def test_changes_in_batches_and_transactions(home: Namespace, notes: Collection) -> None:
    batch = WriteBatch()
    batch.truncate("notes")
    batch.add_documents("notes", [{"id": "x", "content": "x", "metadata": {"n": 1}}])
    batch.update_documents("notes", all=True, set={"n": 2})
    home.commit(batch)
    assert notes.get("x").metadata == {"n": 2} and notes.count() == 1
    with home.transaction() as txn:
        txn.update_documents("notes", ["x"], set={"n": 3}, unset=["gone"])
        assert txn.get_document("notes", "x").metadata == {"n": 3}
        txn.add_documents("notes", [Document("y", "y", [], {"n": 1})])
        txn.update_documents("notes", ["y"], set={"m": 1})
        assert txn.get_document("notes", "y").metadata == {"n": 1, "m": 1}
        assert notes.get("y") is None
    assert notes.get("x").metadata == {"n": 3} and notes.get("y").metadata == {"n": 1, "m": 1}
