"""What the methods of every area are written with.

Each method is written once, in the file of its area, as a class of methods that :class:`toondb._store.Store` inherits. What a
method comes to is decided by the object that it is called on:

- a client carries the operation out and gives its result;
- a client for asyncio gives an awaitable of it (``_looped.py``);
- a batch notes the write (``_batch.py``), and ``Query`` the read (``_query.py``), for later.

So a method only says which operation it is, with which arguments, and what becomes of the answer: ``_call``
for one call, ``_rows``, ``_pages`` and ``_all`` for reads whose answers are rows, and a generator under
:func:`steps` where one call depends on another: it yields each call and is sent its result. Handles on namespaces and collections,
and everything for asyncio, are written from these methods by ``scripts/write_surface.py`` into ``_generated``.
"""

from functools import wraps
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    Concatenate,
    Dict,
    Generator,
    Iterator,
    List,
    Optional,
    ParamSpec,
    Tuple,
    TypeVar,
    cast,
)

from ._rows import InFormats, Rows, Tables
from ._toondb import PAGE_ITEMS_DEFAULT, span_ms

Item = TypeVar("Item")
Result = TypeVar("Result")
P = ParamSpec("P")

Steps = Generator[Any, Any, Result]
"""What a method of several calls is inside: yields calls, is sent their results, returns the method's result."""

Arguments = Dict[str, Any]
"""An operation's arguments, named as the engine names them. None = left out."""


class Methods:
    """The ways to carry a method out. This is the plain one: calls wait, and give results."""

    def _call(
        self,
        operation: str,
        namespace: Optional[str],
        arguments: Arguments,
        then: Optional[Callable[[Any], Any]] = None,
    ) -> Any:
        """Carry an operation out; ``then`` makes the result of its answer. A namespace of None = of no namespace."""
        raise NotImplementedError

    def _rows(self, operation: str, namespace: str, arguments: Arguments, then: Callable[[Any], Any]) -> Any:
        """As ``_call``, for a read whose answer is rows."""
        return self._call(operation, namespace, arguments, then)

    def _pages(
        self, operation: str, namespace: str, arguments: Arguments, item: Optional[Callable[[Any], Any]] = None
    ) -> Any:
        """An iterator over the rows of a read that comes in pages, each read as the iteration reaches it."""
        return Pages(self, operation, namespace, arguments, item)

    def _all(self, operation: str, namespace: str, arguments: Arguments) -> Any:
        """All rows of a read that comes in pages, as :class:`Rows`."""
        return self._run(self._gather(operation, namespace, arguments))

    def _gather(self, operation: str, namespace: str, arguments: Arguments) -> "Steps[Rows[Any]]":
        found: Rows[Any] = Rows()
        paging = Paging(arguments)
        while not paging.complete:
            answer = yield self._call(operation, namespace, paging.next())
            found.extend(paging.took(answer))
        return found

    def _run(self, steps: "Steps[Result]") -> Any:
        """Carry several steps out. In this way every call has its result by the time it is yielded."""
        try:
            result = next(steps)
            while True:
                result = steps.send(result)
        except StopIteration as end:
            return end.value

    def _aside(self, function: Callable[[], Result]) -> Any:
        """Do what waits for a file, where others must not wait for it."""
        return function()


S = TypeVar("S", bound=Methods)


def steps(method: Callable[Concatenate[S, P], "Steps[Result]"]) -> Callable[Concatenate[S, P], Result]:
    """Makes a method of the generator of its steps."""

    @wraps(method)
    def run(self: S, *args: P.args, **kwargs: P.kwargs) -> Result:
        return self._run(method(self, *args, **kwargs))

    return cast("Callable[Concatenate[S, P], Result]", run)


class Paging:
    """Which pages a read still has to ask for."""

    def __init__(self, arguments: Arguments) -> None:
        self.arguments = arguments
        self.left: Optional[int] = arguments.get("limit")
        self.cursor: Optional[bytes] = arguments.get("cursor")
        self.complete = self.left is not None and self.left <= 0

    def next(self) -> Arguments:
        """The arguments of the next page."""
        size = PAGE_ITEMS_DEFAULT if self.left is None else min(self.left, PAGE_ITEMS_DEFAULT)
        return {**self.arguments, "limit": size, "cursor": self.cursor}

    def took(self, answer: Tuple[Any, ...]) -> List[Any]:
        """The items of a page's answer."""
        items: List[Any] = answer[0]
        self.cursor = answer[1]
        if self.left is not None:
            self.left -= len(items)
        self.complete = self.cursor is None or (self.left is not None and self.left <= 0)
        return items


class Pages(Iterator[Item], AsyncIterator[Item], InFormats):
    """The rows of a read, page by page: for a client ``for``, for one of asyncio ``async for``.

    In a format stand those that have not been iterated over yet.
    """

    def __init__(
        self,
        methods: Methods,
        operation: str,
        namespace: str,
        arguments: Arguments,
        item: Optional[Callable[[Any], Item]] = None,
    ) -> None:
        self._methods = methods
        self._operation = operation
        self._namespace = namespace
        self._item = item
        self._paging = Paging(arguments)
        self._items: Iterator[Item] = iter(())

    def _more(self) -> "Steps[Iterator[Item]]":
        """Reads the next page."""
        answer = yield self._methods._call(self._operation, self._namespace, self._paging.next())
        items = self._paging.took(answer)
        return iter(items) if self._item is None else map(self._item, items)

    @property
    def _complete(self) -> bool:
        return self._paging.complete

    def __iter__(self) -> Iterator[Item]:
        while True:
            yield from self._items
            if self._complete:
                return
            self._items = self._methods._run(self._more())

    def __next__(self) -> Item:
        return next(iter(self))

    async def __anext__(self) -> Item:
        while True:
            for item in self._items:
                return item
            if self._complete:
                raise StopAsyncIteration
            # A client for asyncio gives an awaitable.
            self._items = await cast("Awaitable[Iterator[Item]]", self._methods._run(self._more()))

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    def _tables(self) -> Tables:
        return [("rows", self)]


def ttl_ms(ttl: Any) -> Optional[int]:
    """A time to live, in seconds or a timedelta, as the engine takes it."""
    return None if ttl is None else span_ms(ttl, "ttl")


def always_true(_: Any) -> bool:
    """What acknowledges a write of which there is nothing else to tell."""
    return True


def any_of(count: int) -> bool:
    """Whether anything was there."""
    return count > 0


def first(answer: Tuple[Any, ...]) -> Any:
    """What is created, without whether it is new."""
    return answer[0]
