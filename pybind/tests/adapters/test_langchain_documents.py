"""LangChain's vector store and its document index, each as a collection, through LangChain's own suites.

Both make their collection without a dimension, which the first embedding decides. The index has no embeddings at all:
its documents are found by their text, and a deletion says which of them there were.
"""

from typing import Any, Iterable, List, Optional, Sequence, Tuple

import pytest

pytest.importorskip("langchain_tests", reason="pip install langchain-tests: the suites to pass")

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import DeleteResponse, UpsertResponse
from langchain_core.indexing.base import DocumentIndex
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import VectorStoreIntegrationTests
from langchain_tests.integration_tests.indexer import AsyncDocumentIndexTestSuite, DocumentIndexerTestSuite
from pydantic import ConfigDict

import toondb
from toondb import Collection, Database, Namespace


def opened(home: Namespace, name: str) -> Collection:
    """A collection, made if need be."""
    home.create_collection(name)
    return home.collection(name)


def shown(document: toondb.Document) -> Document:
    return Document(id=document.id, page_content=document.content, metadata=document.metadata)


class ToonDBVectorStore(VectorStore):
    """A collection, and the model that embeds what is put into it and asked of it."""

    def __init__(self, collection: Collection, embedding: Embeddings) -> None:
        self.collection = collection
        self.embedding = embedding

    @property
    def embeddings(self) -> Embeddings:
        return self.embedding

    @classmethod
    def from_texts(
        cls,
        texts: List[str],
        embedding: Embeddings,
        metadatas: Optional[List[dict]] = None,
        *,
        ids: Optional[List[str]] = None,
        collection: Collection,
        **options: Any,
    ) -> "ToonDBVectorStore":
        store = cls(collection, embedding)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Optional[List[dict]] = None,
        *,
        ids: Optional[Sequence[Optional[str]]] = None,
        **options: Any,
    ) -> List[str]:
        texts = list(texts)
        none = [None] * len(texts)
        documents = [
            {"id": id, "content": text, "metadata": metadata}
            for text, metadata, id in zip(texts, metadatas or none, ids or none, strict=True)
        ]
        return self.collection.add_documents(documents, embeddings=self.embedding.embed_documents(texts))

    def delete(self, ids: Optional[List[str]] = None, **options: Any) -> bool:
        if ids is None:
            self.collection.truncate()
        else:
            self.collection.delete_documents(ids)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> List[Document]:
        return [shown(document) for document in self.collection.get_documents(ids) if document]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> List[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k, **options)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Optional[dict] = None, **options: Any
    ) -> List[Tuple[Document, float]]:
        found = self.collection.search(self.embedding.embed_query(query), k, filter=filter)
        return [(shown(document), document.score) for document in found]

    def _select_relevance_score_fn(self) -> Any:
        return lambda cosine: (1 + cosine) / 2


class ToonDBIndex(DocumentIndex):
    """A collection of documents without embeddings, which are found by a part of their text."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    collection: Collection
    k: int = 4

    def upsert(self, items: Sequence[Document], /, **options: Any) -> UpsertResponse:
        documents = [{"id": item.id, "content": item.page_content, "metadata": item.metadata} for item in items]
        return UpsertResponse(succeeded=self.collection.add_documents(documents), failed=[])

    def delete(self, ids: Optional[List[str]] = None, **options: Any) -> DeleteResponse:
        if ids is None:
            raise ValueError("say which documents to delete")
        deleted = self.collection.delete_documents(ids, return_ids=True)
        return DeleteResponse(num_deleted=deleted, succeeded=deleted.ids or [], num_failed=0, failed=[])

    def get(self, ids: Sequence[str], /, **options: Any) -> List[Document]:
        return [shown(document) for document in self.collection.get_documents(ids) if document]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> List[Document]:
        return [shown(document) for document in self.collection.list({"$content": {"$icontains": query}}, limit=self.k)]


@pytest.fixture
def home(database: Database, ns: str) -> Namespace:
    """A namespace that holds nothing yet."""
    return database.namespace(ns)


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, home: Namespace) -> VectorStore:
        return ToonDBVectorStore(opened(home, "texts"), self.get_embeddings())


class TestIndex(DocumentIndexerTestSuite):
    @pytest.fixture
    def index(self, home: Namespace) -> DocumentIndex:
        return ToonDBIndex(collection=opened(home, "texts"))


class TestIndexAsync(AsyncDocumentIndexTestSuite):
    @pytest.fixture
    def index(self, home: Namespace) -> DocumentIndex:
        return ToonDBIndex(collection=opened(home, "texts"))


def test_searches_are_filtered_and_scored(home: Namespace) -> None:
    collection = opened(home, "texts")
    texts, years = ["foo", "bar", "baz"], [{"year": 2024}, {"year": 2025}, {"year": 2026}]
    store = ToonDBVectorStore.from_texts(
        texts, VectorStoreIntegrationTests.get_embeddings(), years, collection=collection
    )
    ((nearest, score),) = store.similarity_search_with_relevance_scores("bar", k=1)
    assert nearest.page_content == "bar" and score == pytest.approx(1)
    later = store.similarity_search("foo", k=3, filter={"year": {"$gte": 2025}})
    assert sorted(document.page_content for document in later) == ["bar", "baz"]
    assert store.delete() and store.similarity_search("foo") == []


def test_an_index_retrieves_by_text(home: Namespace) -> None:
    index = ToonDBIndex(collection=opened(home, "texts"))
    index.upsert([Document("The door was repaired"), Document("The window is open")])
    assert [document.page_content for document in index.invoke("DOOR")] == ["The door was repaired"]
