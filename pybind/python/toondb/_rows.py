"""Reads whose answers are rows: as native objects, page by page, or in a format."""

import importlib
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, TypeVar

from ._errors import ErrorCode, from_code
from ._formats import Format, Tokenizer, format_name
from ._toondb import PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, Core, Query

Item = TypeVar("Item")

Page = Callable[[int, Optional[bytes]], Query[Tuple[List[Item], Optional[bytes]]]]
"""The read of one page: from its size and the cursor that the page before gave."""


class Rendered(str):
    """The rows of a read as text: a str that also says what it holds.

    Reads that give rows take ``format``: ``"toon"``, ``"json"``, ``"markdown"`` and ``"auto"`` (TOON or compact JSON,
    whichever has fewer tokens for the rows at hand) give one of these; ``"columnar"`` gives a ``pyarrow.Table``, or an
    :class:`ArrowStream` if pyarrow is not installed; ``"pandas"`` gives a ``pandas.DataFrame``. The members of
    :class:`WireFormat` and :class:`ContextFormat` are taken too.

    ``columns`` names the columns wanted, in order; what is left out is not read. ``metadata`` and ``properties`` stand
    for all their fields, ``metadata.year`` for one, which is null in rows that lack it. Without ``columns`` a row has
    all of them but its embedding, unless ``include_embeddings``. With ``columns`` and without a format the rows are
    dicts: a list, and for a walk a dict of the lists ``nodes`` and ``edges`` and of the bool ``truncated``.

    ``tokenizer``, ``"o200k"`` or ``"cl100k"``, asks for the number of tokens; ``"auto"`` counts by itself.
    """

    format_name: str
    """The format; with ``auto`` the one that was chosen."""
    rows: int
    """How many rows it holds."""
    tokens: Optional[int]
    """How many tokens it has: counted for ``auto``, and if a tokenizer was named."""
    cursor: Optional[bytes]
    """Give this to the same read to go on; None = complete, or a read that cannot go on."""
    truncated: bool
    """True if a limit left rows out."""

    def __new__(
        cls,
        text: str,
        format_name: str = "toon",
        rows: int = 0,
        tokens: Optional[int] = None,
        cursor: Optional[bytes] = None,
        truncated: bool = False,
    ) -> "Rendered":
        self = super().__new__(cls, text)
        self.format_name = format_name
        self.rows = rows
        self.tokens = tokens
        self.cursor = cursor
        self.truncated = truncated
        return self


class ArrowStream(bytes):
    """The rows of a read as an Arrow IPC stream: what ``format="columnar"`` gives where pyarrow is not installed."""

    rows: int
    """How many rows it holds."""
    cursor: Optional[bytes]
    """Give this to the same read to go on; None = complete, or a read that cannot go on."""
    truncated: bool
    """True if a limit left rows out."""

    def __new__(
        cls, data: bytes, rows: int = 0, cursor: Optional[bytes] = None, truncated: bool = False
    ) -> "ArrowStream":
        self = super().__new__(cls, data)
        self.rows = rows
        self.cursor = cursor
        self.truncated = truncated
        return self


def is_native(format: Optional[Format], columns: Optional[Sequence[str]], tokenizer: Optional[Tokenizer]) -> bool:
    """True if a read is to give its native objects."""
    return format is None and columns is None and tokenizer is None


def _table(stream: ArrowStream) -> Any:
    """A pyarrow table; the schema's metadata says what a stream's attributes say."""
    try:
        ipc = importlib.import_module("pyarrow.ipc")
    except ImportError:
        return stream
    table = ipc.open_stream(stream).read_all()
    said: Dict[bytes, bytes] = {b"toondb.truncated": b"true" if stream.truncated else b"false"}
    if stream.cursor is not None:
        said[b"toondb.cursor"] = stream.cursor
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **said})


def _frame(stream: ArrowStream) -> Any:
    """A pandas frame; its ``attrs`` are what a stream's attributes are."""
    frame = _table(stream).to_pandas()
    frame.attrs.update(truncated=stream.truncated, cursor=stream.cursor)
    return frame


class RowMethods(Core):
    """What the reads of every area share."""

    def _pages(
        self, namespace: str, page: Page[Item], limit: Optional[int], cursor: Optional[bytes] = None
    ) -> Iterator[Item]:
        """The items of pages, each read as the iteration reaches it."""
        left = limit
        while left is None or left > 0:
            size = PAGE_ITEMS_DEFAULT if left is None else min(left, PAGE_ITEMS_DEFAULT)
            items, cursor = self._read(namespace, page(size, cursor))
            yield from items
            if cursor is None:
                return
            if left is not None:
                left -= len(items)

    def _in_format(
        self,
        namespace: str,
        query: Query[Any],
        format: Optional[Format],
        columns: Optional[Sequence[str]],
        tokenizer: Optional[Tokenizer],
        is_limited: bool = True,
    ) -> Any:
        """Rows in a format. Without ``is_limited`` the caller wants all or an error."""
        if format is None:
            rows, _, truncated = self._dicts(namespace, query, columns, tokenizer)
            if truncated and not is_limited:
                raise too_many(len(rows))
            return rows
        name = format_name(format)
        if name == "pandas":
            # Missing modules show before the read.
            importlib.import_module("pyarrow")
            importlib.import_module("pandas")
        wire = "columnar" if name == "pandas" else name
        chosen, data, rows, tokens, cursor, truncated = self._render(namespace, query, wire, columns, tokenizer)
        if truncated and not is_limited:
            raise too_many(rows)
        if isinstance(data, str):
            return Rendered(data, chosen, rows, tokens, cursor, truncated)
        stream = ArrowStream(data, rows, cursor, truncated)
        return _frame(stream) if name == "pandas" else _table(stream)

    def _page_in_format(
        self,
        namespace: str,
        page: Page[Item],
        limit: Optional[int],
        cursor: Optional[bytes],
        format: Optional[Format],
        columns: Optional[Sequence[str]],
        tokenizer: Optional[Tokenizer],
    ) -> Any:
        """The rows of one page in a format; as dicts those of all pages."""
        if format is not None:
            size = PAGE_ITEMS_MAX if limit is None else limit
            return self._in_format(namespace, page(size, cursor), format, columns, tokenizer, limit is not None)
        found: List[Dict[str, Any]] = []
        while limit is None or len(found) < limit:
            size = PAGE_ITEMS_DEFAULT if limit is None else min(limit - len(found), PAGE_ITEMS_DEFAULT)
            rows, cursor, _ = self._dicts(namespace, page(size, cursor), columns, tokenizer)
            found.extend(rows)
            if cursor is None:
                break
        return found

    def _walk_in_format(
        self,
        namespace: str,
        query: Query[Any],
        format: Optional[Format],
        columns: Optional[Sequence[str]],
        tokenizer: Optional[Tokenizer],
    ) -> Any:
        """The nodes and edges of a walk in a format; as dicts with the tables' names, and whether it was cut short."""
        if format is not None:
            return self._in_format(namespace, query, format, columns, tokenizer)
        rows, _, truncated = self._dicts(namespace, query, columns, tokenizer)
        if isinstance(rows, list):
            # Columns of one table only leave the other one out.
            rows = {"nodes" if {"id", "node_type"} & set(columns or ()) else "edges": rows}
        return {**rows, "truncated": truncated}

    def _dicts(
        self,
        namespace: str,
        query: Query[Any],
        columns: Optional[Sequence[str]],
        tokenizer: Optional[Tokenizer],
    ) -> Tuple[Any, Optional[bytes], bool]:
        """Rows as dicts, where to go on, and whether a limit left some out."""
        if columns is None or tokenizer is not None:
            raise from_code(ErrorCode.INVALID_ARGUMENT, "tokenizer counts the tokens of a text; name a format for it")
        return self._rows(namespace, query, columns)


def too_many(rows: int) -> Exception:
    """The error of a read without a limit that does not fit in one answer."""
    text = f"there are more rows than fit in one answer ({rows}); narrow the read, or give a limit"
    return from_code(ErrorCode.LIMIT_EXCEEDED, text)
