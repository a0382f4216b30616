"""Reads as values: what :meth:`Database.render` renders and a :class:`Section` holds.

``Query.search_collection("notes", embedding, k=5)`` has the name and the arguments of the method that reads, and notes
the read instead of carrying it out.
"""

from typing import Any, Callable, Optional, Type

from . import _toondb
from ._methods import Arguments, Methods, Paging
from ._rows import Rows
from ._toondb import PAGE_ITEMS_MAX


class QueryBase(_toondb.Query):
    """A read, and how its pages are asked for."""

    def __init__(self, operation: str, arguments: Arguments) -> None:
        self._arguments = arguments

    @property
    def _is_paged(self) -> bool:
        return "cursor" in self._arguments

    def _paging(self) -> Paging:
        """The pages of the whole, as large as one answer holds."""
        return Paging(self._arguments, PAGE_ITEMS_MAX)

    def _at(self, seq: int) -> "QueryBase":
        """The same read at a snapshot."""
        return type(self)(self._operation, {**self._arguments, "snapshot": seq})

    def _page(self, paging: Paging) -> "QueryBase":
        """The read of the next page; of what does not come in pages, the whole."""
        return type(self)(self._operation, paging.next()) if self._is_paged else self


class Noting(Methods):
    """What a method of a read is called on to give its query."""

    def __init__(self, query: Type[QueryBase]) -> None:
        self._query = query

    def _rows(self, operation: str, namespace: str, arguments: Arguments, then: Callable[[Any], Any]) -> Any:
        return self._query(operation, arguments)

    def _pages(
        self, operation: str, namespace: str, arguments: Arguments, item: Optional[Callable[[Any], Any]] = None
    ) -> Any:
        return self._query(operation, arguments)

    def _all(self, operation: str, namespace: str, arguments: Arguments, then: Type[Rows[Any]] = Rows) -> Any:
        return self._query(operation, arguments)
