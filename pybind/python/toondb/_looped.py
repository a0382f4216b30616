"""What the methods for asyncio are written with."""

from typing import AsyncIterator, Awaitable, Optional, Protocol, TypeVar, cast

from ._methods import Pages
from ._rows import Rows

Item = TypeVar("Item")
Result = TypeVar("Result")


class AsyncPages(Protocol[Item]):
    """The rows of a read, page by page, for ``async for``: :class:`Pages` over a connection that gives awaitables."""

    def __aiter__(self) -> AsyncIterator[Item]: ...

    async def __anext__(self) -> Item: ...

    def rows(self) -> Awaitable[Rows[Item]]:
        """All that are left, as a list."""

    @property
    def cursor(self) -> Optional[bytes]:
        """Where the pages read so far end, as of pages that are not awaited."""


def awaited(result: Result) -> "Awaitable[Result]":
    """The result of a method of a sync class over a connection that gives awaitables: one is there instead."""
    return cast("Awaitable[Result]", result)


def paged(pages: "Pages[Item]") -> "AsyncPages[Item]":
    """The pages of a read over such a connection: the same object, whose rows are awaited."""
    return cast("AsyncPages[Item]", pages)
