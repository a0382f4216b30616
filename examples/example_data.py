"""The example data and small helpers that the examples share. Needs nothing but Python; see data/README.md for the
source.
"""

import gzip
import json
import shutil
import struct
import sys
from array import array
from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence, Tuple

DATA = Path(__file__).parent / "data"

Row = Dict[str, Any]

Matrix = Any
"""A two-dimensional memoryview of float32, which any buffer consumer takes."""


def read_vectors(path: Path) -> Tuple[Matrix, int]:
    """A two-dimensional float16 ``.npy`` file as float32: a matrix and its row length.

    The format is a magic number, a version, the header's length, a Python dict as text, and the raw numbers.
    """
    raw = path.read_bytes()
    if raw[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError(f"{path} is not a version 1 .npy file")
    (header_bytes,) = struct.unpack_from("<H", raw, 8)
    header = raw[10 : 10 + header_bytes].decode()
    if "'<f2'" not in header or "'fortran_order': False" not in header:
        raise ValueError(f"{path} does not hold float16 rows: {header}")
    rows, dimension = (int(part) for part in header.split("'shape': (")[1].split(")")[0].split(","))
    numbers = array("f", struct.unpack_from(f"<{rows * dimension}e", raw, 10 + header_bytes))
    return memoryview(numbers.tobytes()).cast("f", (rows, dimension)), dimension


def read_rows(path: Path) -> List[Row]:
    """The JSON objects of a gzipped file, one a line."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def load() -> Tuple[List[Row], Matrix, List[Row], List[Sequence[float]]]:
    """Documents with their matrix of embeddings, and queries with theirs."""
    vectors, _ = read_vectors(DATA / "vectors.f16.npy")
    queries, _ = read_vectors(DATA / "queries.f16.npy")
    return read_rows(DATA / "documents.jsonl.gz"), vectors, read_rows(DATA / "queries.jsonl.gz"), queries.tolist()


def shape_of(matrix: Matrix) -> Tuple[int, int]:
    """Rows and row length of a matrix."""
    rows, dimension = matrix.shape
    return rows, dimension


def rows_of(matrix: Matrix, start: int, end: int) -> Matrix:
    """Some rows of a float32 matrix, as a matrix."""
    _, dimension = shape_of(matrix)
    return matrix.cast("B")[start * dimension * 4 : end * dimension * 4].cast("f", (end - start, dimension))


def words(row: Row) -> str:
    """The words of a synset, without its gloss."""
    return str(row["content"]).split(":", 1)[0]


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows under headings, numbers to the right, cut to the terminal's width."""
    cells = [[f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells)]
    numeric = [
        bool(cells) and all(line[index].lstrip("-")[:1].isdigit() for line in cells) for index in range(len(headings))
    ]
    room = shutil.get_terminal_size((110, 24)).columns
    for line in (list(headings), ["-" * width for width in widths], *cells):
        aligned = (
            cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, numeric)
        )
        print(("  " + "  ".join(aligned)).rstrip()[:room])
    print()


def progress(label: str, done: int, total: int) -> None:
    """A line that counts up in a terminal, and is printed once where there is none."""
    if sys.stderr.isatty():
        print(f"\r{label}: {done:,} of {total:,}", end="\n" if done >= total else "", file=sys.stderr, flush=True)
    elif done >= total:
        print(f"{label}: {total:,}", file=sys.stderr)


def heading(text: str) -> None:
    """A heading in the output."""
    print(f"{text}\n{'=' * len(text)}\n")
