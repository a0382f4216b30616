"""What the methods of every area are written with.

Each method is written once, in the file of its area, as a class of methods that :class:`toondb._store.Store` inherits. What a
method comes to is decided by the object that it is called on:

- a client carries the operation out and gives its result;
- a client for asyncio gives an awaitable of it (``_async.py``);
- a batch notes the write (``_batch.py``), and ``Query`` the read (``_query.py``), for later.

So a method only says which operation it is, with which arguments, and what becomes of the answer: ``_call``
for one call, ``_rows``, ``_pages`` and ``_all`` for reads whose answers are rows, and a generator under
:func:`steps` where one call depends on another: it yields each call and is sent its result. Handles on namespaces and collections,
and everything for asyncio, are written from these methods by ``scripts/write_surface.py`` into ``_generated``.
"""

import inspect
from functools import wraps
from typing import (
    Any,
    AsyncIterator,
    Callable,
    Concatenate,
    Dict,
    Generator,
    Iterator,
    List,
    Optional,
    ParamSpec,
    Tuple,
    Type,
    TypeVar,
    cast,
    get_args,
)

from ._errors import ErrorCode, from_code
from ._rows import InFormats, Rows, Tables
from ._toondb import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, span_ms

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

    def _all(self, operation: str, namespace: str, arguments: Arguments, then: Type[Rows[Any]] = Rows) -> Any:
        """All rows of a read that comes in pages."""
        return self._run(self._gather(operation, namespace, arguments, then()))

    def _gather(
        self, operation: str, namespace: str, arguments: Arguments, found: Rows[Any]
    ) -> "Steps[Rows[Any]]":
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

    shown = inspect.signature(method)
    given = shown.return_annotation
    result = given[len("Steps[") : -1] if isinstance(given, str) else get_args(given)[-1]
    run.__signature__ = shown.replace(return_annotation=result)  # type: ignore[attr-defined]
    return cast("Callable[Concatenate[S, P], Result]", run)


class Paging:
    """Which pages of at most ``size`` rows a read still has to ask for."""

    def __init__(self, arguments: Arguments, size: int = PAGE_ITEMS_DEFAULT) -> None:
        # Every page asks the same: what can be gone through only once is kept.
        self.arguments = {name: list(each) if isinstance(each, Iterator) else each for name, each in arguments.items()}
        self.size = size
        self.left: Optional[int] = arguments.get("limit")
        self.cursor: Optional[bytes] = arguments.get("cursor")
        self.complete = self.left == 0

    def next(self) -> Arguments:
        """The arguments of the next page."""
        # What is no number is refused where it arrives.
        size = min(self.left, self.size) if isinstance(self.left, int) else self.left or self.size
        return {**self.arguments, "limit": size, "cursor": self.cursor}

    def took(self, answer: Tuple[Any, ...]) -> List[Any]:
        """The items of a page's answer."""
        items: List[Any] = answer[0]
        self.has_taken(len(items), answer[1])
        return items

    def has_taken(self, rows: int, cursor: Optional[bytes]) -> None:
        """Notes the rows of a page, and where the next one begins."""
        self.cursor = cursor
        if self.left is not None:
            self.left -= rows
        self.complete = cursor is None or (self.left is not None and self.left <= 0)


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
        self._is_read = False

    def __repr__(self) -> str:
        state = "read to the end" if self._complete else "to be iterated over, or rows() for a list"
        return f"<toondb.Pages of {self._operation}, {state}>"

    def _more(self) -> "Steps[Iterator[Item]]":
        """Reads the next page."""
        answer = yield self._methods._call(self._operation, self._namespace, self._paging.next())
        items = self._paging.took(answer)
        return iter(items) if self._item is None else map(self._item, items)

    @property
    def _complete(self) -> bool:
        return self._paging.complete

    def _claim(self) -> None:
        """Says that these pages are being read. Two readers at a time would read the same page."""
        if self._is_read:
            raise from_code(ErrorCode.INVALID_ARGUMENT, "these pages are being read by another task or thread")
        self._is_read = True

    def _fetch(self) -> Any:
        """Begins to read the next page."""
        self._claim()
        try:
            return self._methods._run(self._more())
        except BaseException:
            self._is_read = False
            raise

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        while True:
            for item in self._items:
                return item
            if self._complete:
                raise StopIteration
            more = self._fetch()
            try:
                if inspect.iscoroutine(more):
                    more.close()
                    raise from_code(ErrorCode.INVALID_ARGUMENT, "these pages are awaited: use async for")
                self._items = more
            finally:
                self._is_read = False

    async def __anext__(self) -> Item:
        while True:
            for item in self._items:
                return item
            if self._complete:
                raise StopAsyncIteration
            more = self._fetch()
            try:
                if not inspect.iscoroutine(more):
                    raise from_code(ErrorCode.INVALID_ARGUMENT, "these pages are not awaited: use for, without async")
                self._items = await more
            finally:
                self._is_read = False

    def __aiter__(self) -> AsyncIterator[Item]:
        return self

    def rows(self) -> Rows[Item]:
        """All that are left, as a list; of a client for asyncio to be awaited."""
        return cast("Rows[Item]", self._methods._run(self._rest()))

    @property
    def cursor(self) -> Optional[bytes]:
        """Where the pages read so far end: given to the same read it goes on there; None = at the end of all."""
        return self._paging.cursor

    def _rest(self) -> "Steps[Rows[Item]]":
        self._claim()
        # All of them are wanted: in as few answers as they fit in.
        self._paging.size = PAGE_ITEMS_MAX
        try:
            found: Rows[Item] = Rows()
            while True:
                found.extend(self._items)
                if self._complete:
                    return found
                self._items = yield from self._more()
        finally:
            self._is_read = False

    def _tables(self) -> Tables:
        rows: Any = self.rows()
        if inspect.iscoroutine(rows):
            rows.close()
            raise from_code(ErrorCode.INVALID_ARGUMENT, "these pages are awaited: take (await pages.rows()) first")
        return [("rows", rows)]


def ttl_ms(ttl: Any) -> Optional[int]:
    """A time to live, in seconds or a timedelta, as the engine takes it."""
    return None if ttl is None else span_ms(ttl, "ttl")


def one_or_more(given: Any) -> Any:
    """Several keys or values; one that is given by itself is a list of one, and never one of its characters."""
    return [given] if isinstance(given, (str, bytes, bytearray, memoryview)) else given


def always_true(_: Any) -> bool:
    """What acknowledges a write of which there is nothing else to tell."""
    return True


def any_of(count: int) -> bool:
    """Whether anything was there."""
    return count > 0


def first(answer: Tuple[Any, ...]) -> Any:
    """What is created, without whether it is new."""
    return answer[0]
