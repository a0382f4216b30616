"""A handle on one collection."""

from typing import TYPE_CHECKING, Any, List, Mapping, Optional, Sequence, Union, overload

from ._collections import Filter, Vector, Vectors
from ._formats import Format, TextFormat, Tokenizer
from ._rows import Rendered
from ._types import CollectionInfo, Document, Durability, Metadata

if TYPE_CHECKING:
    from ._store import Store


class Collection:
    """A collection: made by :meth:`Namespace.collection`. Its methods are those of :class:`Database` without the
    names.
    """

    def __init__(self, store: "Store", namespace: str, name: str) -> None:
        self._store = store
        self.namespace = namespace
        """The namespace's name."""
        self.name = name
        """The collection's name."""

    def __repr__(self) -> str:
        return f"<toondb.Collection {self.name!r} of namespace {self.namespace!r}>"

    def info(self) -> CollectionInfo:
        """What the collection is and how many documents it has."""
        return self._store.describe_collection(self.name, self.namespace)

    def add(
        self,
        id: Optional[str],
        content: str,
        embedding: Vector,
        metadata: Optional[Metadata] = None,
        durability: Durability = "durable",
    ) -> str:
        """Add or replace one document; an id of None = a random one. Returns its id."""
        document = {"id": id, "content": content, "embedding": embedding, "metadata": metadata}
        return self.add_documents([document], durability=durability)[0]

    def add_documents(
        self,
        documents: Sequence[Union[Mapping[str, Any], Document]],
        embeddings: Optional[Vectors] = None,
        durability: Durability = "durable",
    ) -> List[str]:
        """Add or replace documents, all or none; see :meth:`Database.add_documents`."""
        return self._store.add_documents(self.name, documents, self.namespace, embeddings, durability)

    def get(self, id: str, include_embeddings: bool = False) -> Optional[Document]:
        """Read a document; None if there is none of this id."""
        return self._store.get_document(self.name, id, self.namespace, include_embeddings)

    @overload
    def get_documents(
        self, ids: Sequence[str], include_embeddings: bool = False, *, format: None = None, columns: None = None
    ) -> List[Optional[Document]]: ...

    @overload
    def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def get_documents(
        self,
        ids: Sequence[str],
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Read documents at one instant; see :meth:`Database.get_documents`."""
        return self._store.get_documents(
            self.name,
            ids,
            self.namespace,
            include_embeddings,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    def delete(self, id: str, durability: Durability = "durable") -> bool:
        """Delete a document. Returns True if it existed."""
        return self.delete_documents([id], durability) > 0

    def delete_documents(self, ids: Sequence[str], durability: Durability = "durable") -> int:
        """Delete documents by id, in one commit. Returns how many existed."""
        return self._store.delete_documents(self.name, ids, self.namespace, durability)

    def delete_by_filter(self, filter: Filter, durability: Durability = "durable") -> int:
        """Delete every document that matches, in one commit. Returns how many."""
        return self._store.delete_by_filter(self.name, filter, self.namespace, durability)

    def count(self, filter: Optional[Filter] = None) -> int:
        """How many documents there are, or how many match."""
        return self._store.count(self.name, self.namespace, filter)

    @overload
    def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: None = None,
        columns: None = None,
    ) -> List[Document]: ...

    @overload
    def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: TextFormat,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Rendered: ...

    @overload
    def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any: ...

    def search(
        self,
        query: Vector,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
        *,
        format: Optional[Format] = None,
        columns: Optional[Sequence[str]] = None,
        tokenizer: Optional[Tokenizer] = None,
    ) -> Any:
        """Find the ``k`` nearest documents; see :meth:`Database.search_collection`."""
        return self._store.search_collection(
            self.name,
            query,
            k,
            self.namespace,
            filter,
            ef,
            include_embeddings,
            format=format,
            columns=columns,
            tokenizer=tokenizer,
        )

    def search_batch(
        self,
        queries: Vectors,
        k: int = 10,
        filter: Optional[Filter] = None,
        ef: Optional[int] = None,
        include_embeddings: bool = False,
    ) -> List[List[Document]]:
        """Several searches at one instant; see :meth:`Database.search_collection_batch`."""
        return self._store.search_collection_batch(
            self.name, queries, k, self.namespace, filter, ef, include_embeddings
        )

    def drop(self) -> bool:
        """Drop the collection with everything in it. Returns True if it existed."""
        return self._store.drop_collection(self.name, self.namespace)
