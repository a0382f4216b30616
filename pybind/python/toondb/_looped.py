"""What the methods for asyncio are written with."""

from typing import Awaitable, TypeVar, cast

Result = TypeVar("Result")


def awaited(result: Result) -> "Awaitable[Result]":
    """The result of a method of a sync class over a connection that gives awaitables: one is there instead."""
    return cast("Awaitable[Result]", result)
