"""Collections gone through: lists of documents in an order, and what their fields hold."""

from typing import Any, Optional, Sequence, Tuple

from ._documents import Filter, given
from ._methods import Methods, Pages
from ._rows import Rows
from ._toondb import Core
from ._types import Document, FacetCount


class ListingMethods(Core, Methods):
    """Filters are those of :class:`DocumentMethods`. ``missing_ok``: a collection that does not exist holds nothing, instead of
    raising CollectionNotFoundError.
    """

    def list_documents(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        order_by: Optional[str] = None,
        descending: bool = False,
        columns: Optional[Sequence[str]] = None,
        include_embeddings: bool = False,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Pages[Document]:
        """List documents, all or those that match, in the order of their ids or of a field of their metadata.

        order_by: the field. Values of different kinds stand in the order None, bool, numbers, str, bytes, lists, dicts; of one
        value, and of those that lack the field, which come last, documents stand by id. descending: the other way round; with
        order_by the values alone. columns: what is read of each, ``id``, ``content``, ``embedding``, ``metadata`` or
        ``metadata.<name>``; the rest stays empty. None = all but the embedding, that too with ``include_embeddings``. limit:
        at most so many; None = all.

        The documents come in pages, each read at one instant as the iteration reaches it; ``rows()`` gives all that are left
        as a list. Writes between two pages make no document appear twice, and leave none out that was there all the time.
        cursor: go on where another list of the same order ended, by its ``cursor``. Raises CollectionNotFoundError.
        """
        arguments = {
            "collection": collection_name,
            "filter": given(filter),
            "order_by": order_by,
            "descending": descending,
            "columns": columns,
            "include_embedding": include_embeddings,
            "limit": limit,
            "cursor": cursor,
            "missing_ok": missing_ok,
        }
        return self._pages("ListDocuments", namespace, arguments)

    def list_document_ids(
        self,
        collection_name: str,
        filter: Optional[Filter] = None,
        *,
        limit: Optional[int] = None,
        cursor: Optional[bytes] = None,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Pages[str]:
        """List the ids of documents in order, without reading anything else of them; otherwise as :meth:`list_documents`."""
        arguments = {
            "collection": collection_name,
            "filter": given(filter),
            "limit": limit,
            "cursor": cursor,
            "missing_ok": missing_ok,
        }
        return self._pages("ListDocumentIds", namespace, arguments)

    def facet(
        self,
        collection_name: str,
        field: str,
        filter: Optional[Filter] = None,
        *,
        limit: int = 10,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Rows[FacetCount]:
        """The values of a field with how many documents have each: ``for value, count in db.facet("notes", "lang")``.

        The most frequent first, ties by value, at most ``limit`` (1,000 at most). A document whose field is a list counts once
        under each element that it has. 1 and 1.0 are one value. Raises CollectionNotFoundError.
        """
        arguments = {
            "collection": collection_name,
            "field": field,
            "filter": given(filter),
            "limit": limit,
            "missing_ok": missing_ok,
        }
        return self._rows("FacetDocuments", namespace, arguments, Rows)

    def min_max(
        self,
        collection_name: str,
        field: str,
        filter: Optional[Filter] = None,
        *,
        missing_ok: bool = False,
        namespace: str = "default",
    ) -> Optional[Tuple[Any, Any]]:
        """The smallest and the largest value of a field; None if no document has a number or a str there.

        If any has a number, they are those of the numbers, otherwise of the texts; values of other kinds do not count. Raises
        CollectionNotFoundError.
        """
        arguments = {
            "collection": collection_name,
            "field": field,
            "filter": given(filter),
            "missing_ok": missing_ok,
        }
        return self._call("MinMaxDocuments", namespace, arguments)
