"""Rows that know their formats.

What reads give is a list that can also be written as TOON, JSON, Markdown, an Arrow table or a pandas frame. That happens here,
from the rows at hand. To have the engine write the text, or leave columns unread, render a query: :meth:`Database.render`.
"""

import importlib
from dataclasses import fields, is_dataclass
from typing import (
    Any,
    Dict,
    Iterable,
    List,
    Optional,
    Sequence,
    SupportsIndex,
    Tuple,
    TypeVar,
    Union,
    overload,
)

from ._errors import ErrorCode, from_code
from ._toondb import encode_rows

Item = TypeVar("Item")

Tables = Sequence[Tuple[str, Iterable[Any]]]
"""Rows under their tables' names: ``rows``, or ``nodes`` and ``edges``."""

_BELIEF = ("asserted_seq", "asserted_at", "retracted_seq", "retracted_at")

_COLUMNS = {
    "Document": ("id", "score", "distance", "content", "metadata", "embedding"),
    "SearchResult": ("id", "score", "distance", "embedding"),
    "TemporalEdge": ("from_id", "edge_type", "to_id", "valid_from", "valid_until", "properties"),
}
"""The order of columns, as the engine has it, where it is not that of the fields."""

_FIELDS = ("metadata", "properties")
"""What is shown as a column for each of its own fields."""


def plain(row: Any, believed: bool = False) -> Dict[str, Any]:
    """A row as a dict of its columns; of a fact, when it was ``believed`` too."""
    if isinstance(row, tuple):
        return dict(zip(getattr(row, "_fields", ("key", "value")), map(_text_or_bytes, row)))
    if isinstance(row, bytes):
        return {"key": _text_or_bytes(row)}
    if not is_dataclass(row):
        return dict(row)
    columns: Dict[str, Any] = {}
    names = _COLUMNS.get(type(row).__name__) or tuple(field.name for field in fields(row))
    for name in (*names[:5], *_BELIEF, *names[5:]) if believed else names:
        value = getattr(row, name)
        if name in _FIELDS:
            columns.update((f"{name}.{field}", each) for field, each in value.items())
        elif name == "valid_until":
            columns[name] = None if getattr(row, "is_open", False) else value
        elif name == "embedding":
            if len(value) > 0:
                columns[name] = list(value)
        elif isinstance(value, int) and value >= 2**63:
            # Only ids of vectors can be so large; as text no digit is lost.
            columns[name] = str(value)
        elif name not in ("score", "distance") or value is not None:
            columns[name] = value
    return columns


def _text_or_bytes(data: Any) -> Any:
    try:
        return data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        return data


class InFormats:
    """What rows can be written as."""

    def _tables(self) -> Tables:
        raise NotImplementedError

    _believed = False

    def _encode(self, format: str, tokenizer: Optional[str]) -> Tuple[int, Any, Optional[int]]:
        """How many rows there are, what they are in a format, and how many tokens that has."""
        tables = [
            (name, [plain(row, self._believed) for row in rows if row is not None]) for name, rows in self._tables()
        ]
        _, data, tokens = encode_rows(tables, format, tokenizer)
        return sum(len(rows) for _, rows in tables), data, tokens

    def to_toon(self) -> str:
        """The rows as TOON: one header, and a line for each row where all have the same columns."""
        return str(self._encode("toon", None)[1])

    def to_json(self) -> str:
        """The rows as compact JSON."""
        return str(self._encode("json", None)[1])

    def to_markdown(self) -> str:
        """The rows as a Markdown table, for people."""
        return str(self._encode("markdown", None)[1])

    def to_arrow(self) -> Any:
        """The rows as a ``pyarrow.Table``; an :class:`ArrowStream` if pyarrow is not installed."""
        rows, data, _ = self._encode("columnar", None)
        return arrow_table(ArrowStream(data, rows))

    def to_pandas(self) -> Any:
        """The rows as a ``pandas.DataFrame``. Needs pyarrow and pandas."""
        importlib.import_module("pandas")
        importlib.import_module("pyarrow")
        return self.to_arrow().to_pandas()

    def tokens(self, tokenizer: str = "o200k", *, format: str = "toon") -> int:
        """How many tokens the rows have as a text in a format, counted exactly; with ``auto`` in the one that has
        fewest.
        """
        return self._encode(format, tokenizer)[2] or 0


class Rows(List[Item], InFormats):
    """The rows of a read: a list, and its texts and tables."""

    @staticmethod
    def each(lists: Iterable[Iterable[Item]]) -> "List[Rows[Item]]":
        """Several lists, each as rows."""
        return [Rows(items) for items in lists]

    def _tables(self) -> Tables:
        return [("rows", self)]

    @overload
    def __getitem__(self, place: SupportsIndex) -> Item: ...

    @overload
    def __getitem__(self, place: slice) -> "Rows[Item]": ...

    def __getitem__(self, place: Union[SupportsIndex, slice]) -> Any:
        """A row, or some of them as rows."""
        found: Any = super().__getitem__(place)
        return type(self)(found) if isinstance(place, slice) else found

    def copy(self) -> "Rows[Item]":
        """The same rows in another list."""
        return type(self)(self)


class History(Rows[Item]):
    """Facts with when each was believed: in a format that is shown, too."""

    _believed = True


class Rendered(str):
    """The rows of a read as text, by :meth:`Database.render`: a str that also says what it holds."""

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
    """Rows as an Arrow IPC stream: what stands for a table where pyarrow is not installed."""

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


def arrow_table(stream: ArrowStream) -> Any:
    """A pyarrow table of a stream; the schema's metadata says what the stream's attributes say."""
    try:
        ipc = importlib.import_module("pyarrow.ipc")
    except ImportError:
        return stream
    table = ipc.open_stream(stream).read_all()
    said: Dict[bytes, bytes] = {b"toondb.truncated": b"true" if stream.truncated else b"false"}
    if stream.cursor is not None:
        said[b"toondb.cursor"] = stream.cursor
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **said})


def joined(parts: Sequence[ArrowStream]) -> Any:
    """One table of the parts of a read; its metadata is that of the last."""
    tables = [arrow_table(part) for part in parts]
    if len(tables) == 1:
        return tables[0]
    if isinstance(tables[0], ArrowStream):
        raise from_code(ErrorCode.LIMIT_EXCEEDED, "more rows than one stream holds; install pyarrow, or give a limit")
    pyarrow = importlib.import_module("pyarrow")
    whole = pyarrow.concat_tables(tables, promote_options="permissive")
    return whole.replace_schema_metadata(tables[-1].schema.metadata)


def frame(table: Any, last: ArrowStream) -> Any:
    """A pandas frame; its ``attrs`` are what a stream's attributes are."""
    made = table.to_pandas()
    made.attrs.update(truncated=last.truncated, cursor=last.cursor)
    return made


def too_many(rows: int) -> Exception:
    """The error of a read without a limit that does not fit in one answer."""
    text = f"there are more rows than fit in one answer ({rows}); narrow the read, or give a limit"
    return from_code(ErrorCode.LIMIT_EXCEEDED, text)
