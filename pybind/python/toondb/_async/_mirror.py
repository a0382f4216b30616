"""Mirrors of the sync classes: each method runs its namesake of the sync object on a thread.

A mirror's methods name the sync class's function, so that a type checker compares their arguments and results with it.
"""

from itertools import islice
from typing import AsyncIterator, Callable, Concatenate, Generic, Iterator, List, Optional, ParamSpec, TypeVar

from .._toondb import PAGE_ITEMS_DEFAULT
from ._pool import Pool

Sync = TypeVar("Sync")
Item = TypeVar("Item")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")


class Mirror(Generic[Sync]):
    """The awaited form of a sync object, which ``target`` gives on a thread of the pool."""

    def __init__(self, pool: Pool, target: Callable[[], Sync]) -> None:
        self._pool = pool
        self._target = target

    async def _call(
        self,
        function: Callable[Concatenate[Sync, Parameters], Result],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        return await self._pool.run(lambda: function(self._target(), *args, **kwargs))

    async def _iterate(
        self,
        function: Callable[Concatenate[Sync, Parameters], Iterator[Item]],
        /,
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> AsyncIterator[Item]:
        items: Optional[Iterator[Item]] = None

        def page(sync: Sync) -> List[Item]:
            nonlocal items
            if items is None:
                items = function(sync, *args, **kwargs)
            return list(islice(items, PAGE_ITEMS_DEFAULT))

        while True:
            fetched = await self._call(page)
            for item in fetched:
                yield item
            if len(fetched) < PAGE_ITEMS_DEFAULT:
                return
