"""Documents from tables and in chunks.

A table is a pandas DataFrame, a pyarrow Table or RecordBatch, or whatever else has ``__arrow_c_stream__`` (polars, duckdb), which
needs pyarrow. Its columns ``id``, ``content``, ``embedding``, ``metadata`` and ``ttl`` are what documents are made of, every other
column is a field of the metadata. A missing value is one that the document lacks.
"""

import importlib
import sys
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from ._errors import ErrorCode, from_code
from ._toondb import split_rows

Progress = Union[bool, Callable[[int], Any]]
"""Where the number of documents written so far is told: a function, or True for a line on standard error."""

PARTS = ("id", "content", "embedding", "metadata", "ttl")
"""Columns that are parts of a document."""


MISNAMED = ("text", "page_content", "document", "body")
"""What others call the content: as a field of the metadata it is seldom meant."""


def as_table(documents: Any) -> Optional[Any]:
    """Documents as a DataFrame or a table of pyarrow, if they are a table."""
    if isinstance(documents, (list, tuple, dict)):
        return None
    if hasattr(documents, "to_pylist") and hasattr(documents, "column_names"):
        return documents
    if hasattr(documents, "iloc") and hasattr(documents, "columns"):
        return documents
    if hasattr(documents, "__arrow_c_stream__"):
        return importlib.import_module("pyarrow").table(documents)
    return None


def documents_of(documents: Any) -> Any:
    """The documents of a table; anything else as it is."""
    table = as_table(documents)
    if table is None:
        return documents
    is_frame = hasattr(table, "iloc")
    names = list(table.columns if is_frame else table.column_names)
    for name in MISNAMED if "content" not in names else ():
        if name in names:
            text = f"documents: the table has a column {name!r} and none named 'content': rename it, or add an empty one"
            raise from_code(ErrorCode.INVALID_ARGUMENT, text)
    rows = _dataframe_rows(table) if is_frame else _arrow_rows(table)
    return [_document(row) for row in rows]


def _dataframe_rows(frame: Any) -> List[Dict[str, Any]]:
    if frame.index.name == "id" and "id" not in frame.columns:
        frame = frame.reset_index()
    # As objects, numbers are Python's own and a missing one can be None.
    objects = frame.astype(object)
    rows: List[Dict[str, Any]] = objects.where(frame.notna(), None).to_dict("records")
    return rows


def _arrow_rows(table: Any) -> List[Dict[str, Any]]:
    names = list(table.column_names)
    if "embedding" not in names or table.column("embedding").null_count > 0:
        rows: List[Dict[str, Any]] = table.to_pylist()
        return rows
    # Lists of numbers are packed as they are, without a Python object for each.
    embeddings = split_rows(table.column("embedding"))
    rows = table.select([name for name in names if name != "embedding"]).to_pylist()
    rows = rows or [{} for _ in embeddings]
    for row, embedding in zip(rows, embeddings):
        row["embedding"] = embedding
    return rows


def _document(row: Dict[str, Any]) -> Dict[str, Any]:
    document = {name: row[name] for name in PARTS if row.get(name) is not None}
    fields = {name: value for name, value in row.items() if name not in PARTS and value is not None}
    if fields:
        document["metadata"] = {**document.get("metadata", {}), **fields}
    document.setdefault("content", "")
    return document


def chunks_of(documents: Any, embeddings: Any, size: int) -> Iterator[Tuple[Sequence[Any], Any]]:
    """Documents and their embeddings, so many at a time; of what is gone through once, no more is held.

    There is a chunk even where there are no documents, and one for embeddings that no document is left for: whoever adds
    them says what is wrong.
    """
    if embeddings is not None and not hasattr(embeddings, "__getitem__"):
        embeddings = list(embeddings)
    start = 0
    for chunk in _chunks(documents, size):
        yield chunk, _part(embeddings, start, size)
        start += len(chunk)
    rest = _part(embeddings, start, size)
    if start == 0 or (rest is not None and len(rest) > 0):
        yield [], rest


def _chunks(documents: Any, size: int) -> Iterator[Sequence[Any]]:
    table = as_table(documents)
    if table is None:
        left = iter(documents)
        while chunk := list(islice(left, size)):
            yield chunk
        return
    is_frame = hasattr(table, "iloc")
    for start in range(0, len(table) if is_frame else table.num_rows, size):
        yield documents_of(table.iloc[start : start + size] if is_frame else table.slice(start, size))


def _part(embeddings: Any, start: int, size: int) -> Any:
    if embeddings is None:
        return None
    rows = embeddings.iloc if hasattr(embeddings, "iloc") else embeddings
    return rows[start : start + size]


def reporter(progress: Progress) -> Callable[[int, bool], None]:
    """What tells of documents written so far, and whether these are all."""
    if callable(progress):
        tell = progress
        return lambda written, is_all: None if is_all else tell(written)
    if not progress:
        return lambda written, is_all: None
    return _on_standard_error


def _on_standard_error(written: int, is_all: bool) -> None:
    # A file gets the last line alone.
    if is_all:
        print(f"\r{written:,} documents" if sys.stderr.isatty() else f"{written:,} documents", file=sys.stderr)
    elif sys.stderr.isatty():
        print(f"\r{written:,} documents", end="", file=sys.stderr, flush=True)
