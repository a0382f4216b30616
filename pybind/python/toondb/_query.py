"""Reads as values: what :meth:`Database.render` renders and a :class:`Section` holds.

``Query.search_collection("notes", embedding, k=5)`` has the name and the arguments of the method that reads, and notes
the read instead of carrying it out.
"""

from typing import Any, Callable, Iterator, Optional, Type

from . import _toondb
from ._methods import Arguments, Methods
from ._rows import ArrowStream
from ._toondb import PAGE_ITEMS_MAX


class QueryBase(_toondb.Query):
    """A read, and how its pages are asked for."""

    def __init__(self, operation: str, arguments: Arguments) -> None:
        self._arguments = arguments

    def _pages(self) -> "Iterator[QueryBase]":
        """The reads of the answers that make up the whole: itself, or one for each page, as ``_has_all`` asks."""
        self._left: Optional[int] = self._limit
        self._cursor = self._arguments.get("cursor")
        if not self._is_paged:
            yield self
            return
        while True:
            size = PAGE_ITEMS_MAX if self._left is None else min(self._left, PAGE_ITEMS_MAX)
            yield type(self)(self._operation, {**self._arguments, "limit": size, "cursor": self._cursor})

    @property
    def _is_paged(self) -> bool:
        return "cursor" in self._arguments

    def _is_cut_at(self, rows: int) -> bool:
        """True if a text of so many rows ends where the query's limit ends it."""
        if self._limit is None:
            return False
        return not self._is_paged or rows >= self._limit or self._limit <= PAGE_ITEMS_MAX

    def _has_all(self, part: ArrowStream) -> bool:
        """Notes a part of the answer. True if nothing is left to read."""
        if self._left is not None:
            self._left -= part.rows
        self._cursor = part.cursor
        return part.cursor is None or (self._left is not None and self._left <= 0)


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

    def _all(self, operation: str, namespace: str, arguments: Arguments) -> Any:
        return self._query(operation, arguments)
