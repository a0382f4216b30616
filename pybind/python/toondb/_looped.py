"""What the methods for asyncio are written with."""

from typing import AsyncIterator, Awaitable, Iterator, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")


def awaited(result: Result) -> "Awaitable[Result]":
    """The result of a method of a sync class over a connection that gives awaitables: one is there instead."""
    return cast("Awaitable[Result]", result)


def iterated(items: "Iterator[Item]") -> "AsyncIterator[Item]":
    """The pages of such a method, for ``async for``."""
    return cast("AsyncIterator[Item]", items)
