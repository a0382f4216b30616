"""Haystack's document store, with its extended tests and those of metadata, for threads and for asyncio.

Filters, counts, updates and deletions are each one call of the engine, which reads what matches and nothing else;
documents need no embedding. The same directory is open as :class:`Database` and as :class:`AsyncDatabase`: a process
has one engine of it.
"""

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import pytest

pytest.importorskip("haystack.testing", reason="pip install haystack-ai: the tests to pass")

from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack.errors import FilterError
from haystack.testing import document_store as tests
from haystack.testing import document_store_async as async_tests

import toondb
from toondb import AddedIds, AlreadyExistsError, AsyncDatabase, Database

ORDERED = {">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte"}
POLICIES: Dict[DuplicatePolicy, Any] = {DuplicatePolicy.SKIP: "skip", DuplicatePolicy.OVERWRITE: "replace"}
VALUES_MAX = 1_000
NOTHING: Dict[str, Any] = {"$or": []}


def field_of(name: str) -> str:
    """A field of Haystack's, as a filter of ToonDB names it."""
    return {"id": "$id", "content": "$content"}.get(name, name.removeprefix("meta."))


def comparison(field: str, operator: str, value: Any) -> Dict[str, Any]:
    """A comparison. In Haystack a field that is absent is None."""
    if operator in ("!=", "not in"):
        return {"$not": comparison(field, "==" if operator == "!=" else "in", value)}
    if operator in ("==", "in"):
        values = [value] if operator == "==" else value
        if not isinstance(values, list):
            raise FilterError(f"{operator!r} takes a list, not {value!r}")
        present = {field: {"$in": values}}
        return {"$or": [present, {field: {"$exists": False}}]} if None in values else present
    if operator not in ORDERED:
        raise FilterError(f"{operator!r} is no operator")
    if value is None:
        return NOTHING
    if not isinstance(value, (int, float, datetime)):
        try:
            datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise FilterError(f"{operator!r} takes a number or a date, not {value!r}") from error
    return {field: {ORDERED[operator]: value}}


def translated(filters: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """A filter of Haystack's as one of ToonDB's."""
    if not filters:
        return {}
    try:
        if "field" in filters:
            return comparison(field_of(filters["field"]), filters["operator"], filters["value"])
        conditions = [translated(each) for each in filters["conditions"]]
        operator = {"AND": "$and", "OR": "$or", "NOT": "$not"}[filters["operator"]]
    except KeyError as error:
        raise FilterError(f"{error} is missing, or no operator") from error
    return {"$not": {"$and": conditions}} if operator == "$not" else {operator: conditions}


def with_term(filters: Optional[Dict[str, Any]], field: str, term: Optional[str]) -> Dict[str, Any]:
    """A filter, and that a field has a part, if one is given."""
    return {"$and": [translated(filters), {field: {"$icontains": term}}]} if term else translated(filters)


def stored(documents: Sequence[Document]) -> List[Dict[str, Any]]:
    """Documents of Haystack's as ToonDB's."""
    if not isinstance(documents, list) or not all(isinstance(document, Document) for document in documents):
        raise ValueError("a list of documents is expected")
    if any(document.content is None or document.blob or document.sparse_embedding for document in documents):
        raise ValueError("documents are texts here: blobs and sparse embeddings are not kept")
    return [
        {"id": each.id, "content": each.content, "embedding": each.embedding, "metadata": each.meta}
        for each in documents
    ]


def shown(document: toondb.Document) -> Document:
    embedding = document.embedding or None
    return Document(id=document.id, content=document.content, meta=document.metadata, embedding=embedding)


@contextmanager
def duplicates() -> Iterator[None]:
    try:
        yield
    except AlreadyExistsError as error:
        raise DuplicateDocumentError(str(error)) from error


def written(added: AddedIds) -> int:
    return len(added) - len(added.skipped)


class ToonDBDocumentStore:
    """A collection of a database in this process."""

    def __init__(self, path: str, collection: str = "documents") -> None:
        self.path = path
        self.collection = collection
        self.db = Database.open(path)
        self.async_db = AsyncDatabase(path)
        self.db.create_collection(collection)

    def to_dict(self) -> Dict[str, Any]:
        return default_to_dict(self, path=self.path, collection=self.collection)

    @classmethod
    def from_dict(cls, data: Dict[str, Any]) -> "ToonDBDocumentStore":
        return default_from_dict(cls, data)

    def close(self) -> None:
        self.db.close()
        asyncio.run(self.async_db.close())

    def count_documents(self) -> int:
        return self.db.count(self.collection)

    async def count_documents_async(self) -> int:
        return await self.async_db.count(self.collection)

    def filter_documents(self, filters: Optional[Dict[str, Any]] = None) -> List[Document]:
        found = self.db.list_documents(self.collection, translated(filters), include_embeddings=True)
        return [shown(document) for document in found]

    async def filter_documents_async(self, filters: Optional[Dict[str, Any]] = None) -> List[Document]:
        found = self.async_db.list_documents(self.collection, translated(filters), include_embeddings=True)
        return [shown(document) async for document in found]

    def write_documents(self, documents: List[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        on_conflict = POLICIES.get(policy, "error")
        with duplicates():
            added = self.db.add_documents(self.collection, stored(documents), on_conflict=on_conflict)
        return written(added)

    async def write_documents_async(
        self, documents: List[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        on_conflict = POLICIES.get(policy, "error")
        with duplicates():
            added = await self.async_db.add_documents(self.collection, stored(documents), on_conflict=on_conflict)
        return written(added)

    def delete_documents(self, document_ids: List[str]) -> None:
        self.db.delete_documents(self.collection, document_ids)

    async def delete_documents_async(self, document_ids: List[str]) -> None:
        await self.async_db.delete_documents(self.collection, document_ids)

    def delete_all_documents(self, recreate_collection: bool = False) -> None:
        """Empties the collection. Made anew, it takes embeddings of another dimension."""
        if recreate_collection:
            self.db.drop_collection(self.collection)
            self.db.create_collection(self.collection)
        else:
            self.db.truncate(self.collection)

    async def delete_all_documents_async(self, recreate_collection: bool = False) -> None:
        if recreate_collection:
            await self.async_db.drop_collection(self.collection)
            await self.async_db.create_collection(self.collection)
        else:
            await self.async_db.truncate(self.collection)

    def delete_by_filter(self, filters: Dict[str, Any]) -> int:
        return self.db.delete_by_filter(self.collection, translated(filters))

    async def delete_by_filter_async(self, filters: Dict[str, Any]) -> int:
        return await self.async_db.delete_by_filter(self.collection, translated(filters))

    def update_by_filter(self, filters: Dict[str, Any], meta: Dict[str, Any]) -> int:
        return self.db.update_documents(self.collection, filter=translated(filters), set=meta)

    async def update_by_filter_async(self, filters: Dict[str, Any], meta: Dict[str, Any]) -> int:
        return await self.async_db.update_documents(self.collection, filter=translated(filters), set=meta)

    def count_documents_by_filter(self, filters: Dict[str, Any]) -> int:
        return self.db.count(self.collection, translated(filters))

    async def count_documents_by_filter_async(self, filters: Dict[str, Any]) -> int:
        return await self.async_db.count(self.collection, translated(filters))

    def get_metadata_field_min_max(self, metadata_field: str) -> Dict[str, Any]:
        bounds = self.db.min_max(self.collection, field_of(metadata_field))
        return dict(zip(("min", "max"), bounds or (None, None)))

    async def get_metadata_field_min_max_async(self, metadata_field: str) -> Dict[str, Any]:
        bounds = await self.async_db.min_max(self.collection, field_of(metadata_field))
        return dict(zip(("min", "max"), bounds or (None, None)))

    def get_metadata_field_unique_values(
        self,
        metadata_field: str,
        search_term: Optional[str] = None,
        from_: int = 0,
        size: int = 10,
        filters: Optional[Dict[str, Any]] = None,
    ) -> Tuple[List[Any], int]:
        """The most frequent values of a field, of the first thousand, and how many there are of these."""
        field = field_of(metadata_field)
        found = self.db.facet(self.collection, field, with_term(filters, field, search_term), limit=VALUES_MAX)
        return [each.value for each in found[from_ : from_ + size]], len(found)

    async def get_metadata_field_unique_values_async(
        self,
        metadata_field: str,
        search_term: Optional[str] = None,
        from_: int = 0,
        size: int = 10,
        filters: Optional[Dict[str, Any]] = None,
    ) -> Tuple[List[Any], int]:
        field = field_of(metadata_field)
        where = with_term(filters, field, search_term)
        found = await self.async_db.facet(self.collection, field, where, limit=VALUES_MAX)
        return [each.value for each in found[from_ : from_ + size]], len(found)

    def count_unique_metadata_by_filter(self, filters: Dict[str, Any], metadata_fields: List[str]) -> Dict[str, int]:
        where = translated(filters)
        return {
            field: len(self.db.facet(self.collection, field_of(field), where, limit=VALUES_MAX))
            for field in metadata_fields
        }

    async def count_unique_metadata_by_filter_async(
        self, filters: Dict[str, Any], metadata_fields: List[str]
    ) -> Dict[str, int]:
        where = translated(filters)
        return {
            field: len(await self.async_db.facet(self.collection, field_of(field), where, limit=VALUES_MAX))
            for field in metadata_fields
        }


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A directory that stays open between the tests."""
    path = str(tmp_path_factory.mktemp("haystack"))
    with Database.open(path):
        yield path


class Fixtures:
    @pytest.fixture
    def document_store(self, path: str, ns: str) -> Iterator[ToonDBDocumentStore]:
        store = ToonDBDocumentStore(path, ns)
        yield store
        store.close()

    @staticmethod
    def assert_documents_are_equal(received: List[Document], expected: List[Document]) -> None:
        """Documents come in the order of their ids, and numbers of embeddings have 32 bits."""
        expected = sorted(expected, key=lambda document: document.id)
        for ours, theirs in zip(received, expected, strict=True):
            assert replace(ours, embedding=None) == replace(theirs, embedding=None)
            assert ours.embedding == pytest.approx(theirs.embedding)


def of_several_kinds() -> List[Document]:
    return [Document(content=f"Doc {place}", meta={"priority": kind}) for place, kind in enumerate((1, "1", 1.0, True, 1))]


class TestDocumentStore(
    Fixtures,
    tests.DocumentStoreBaseExtendedTests,
    tests.CountDocumentsByFilterTest,
    tests.CountUniqueMetadataByFilterTest,
    tests.GetMetadataFieldMinMaxTest,
    tests.GetMetadataFieldUniqueValuesTest,
):
    def test_write_documents(self, document_store: ToonDBDocumentStore) -> None:
        """Which policy holds if none is given, is for each store to say: documents that are there are an error."""
        document = Document(content="test doc")
        assert document_store.write_documents([document]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([document])

    def test_get_metadata_field_unique_values_distinct_types(self, document_store: ToonDBDocumentStore) -> None:
        """Theirs wants 1 and 1.0 apart. Here they are one value, in filters as in facets; texts and truth values are others."""
        document_store.write_documents(of_several_kinds())
        values, total = document_store.get_metadata_field_unique_values("priority")
        assert total == len(values) == 3 and "1" in values and any(value is True for value in values)
        assert [value for value in values if type(value) not in (str, bool)] == [1]


class TestDocumentStoreAsync(
    Fixtures,
    async_tests.CountDocumentsAsyncTest,
    async_tests.WriteDocumentsAsyncTest,
    async_tests.DeleteDocumentsAsyncTest,
    async_tests.FilterDocumentsAsyncTest,
    async_tests.DeleteAllAsyncTest,
    async_tests.DeleteByFilterAsyncTest,
    async_tests.UpdateByFilterAsyncTest,
    async_tests.CountDocumentsByFilterAsyncTest,
    async_tests.CountUniqueMetadataByFilterAsyncTest,
    async_tests.GetMetadataFieldMinMaxAsyncTest,
    async_tests.GetMetadataFieldUniqueValuesAsyncTest,
):
    @pytest.fixture
    def filterable_docs(self) -> List[Document]:
        return tests.create_filterable_docs()

    @pytest.mark.asyncio
    async def test_write_documents_async(self, document_store: ToonDBDocumentStore) -> None:
        document = Document(content="test doc")
        assert await document_store.write_documents_async([document]) == 1
        with pytest.raises(DuplicateDocumentError):
            await document_store.write_documents_async([document])

    @pytest.mark.asyncio
    async def test_get_metadata_field_unique_values_distinct_types_async(
        self, document_store: ToonDBDocumentStore
    ) -> None:
        await document_store.write_documents_async(of_several_kinds())
        values, total = await document_store.get_metadata_field_unique_values_async("priority")
        assert total == len(values) == 3 and "1" in values and any(value is True for value in values)
        assert [value for value in values if type(value) not in (str, bool)] == [1]
