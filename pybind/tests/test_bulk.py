"""Documents from tables, and in chunks with progress, over every transport."""

import asyncio
from datetime import datetime, timezone
from typing import Any, Dict, Iterator, List

import numpy
import pandas
import pyarrow
import pytest

from toondb import (
    AlreadyExistsError,
    AsyncDatabase,
    Collection,
    CollectionNotFoundError,
    InvalidArgumentError,
    LimitExceededError,
    WriteBatch,
)

AT = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


@pytest.fixture
def docs(home: Any) -> Collection:
    created: Collection = home.collection("docs", dimension=2)
    return created


def columns() -> Dict[str, List[Any]]:
    return {
        "id": ["a", "b", "c"],
        "content": ["first", "second", None],
        "embedding": [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]],
        "year": [2024, None, 2026],
        "score": [0.5, 1.5, None],
        "open": [True, False, None],
        "seen": [AT, None, AT],
    }


def expected() -> List[Any]:
    text = "2026-01-31T12:00:00.000Z"
    return [
        ("a", "first", {"year": 2024, "score": 0.5, "open": True, "seen": text}),
        ("b", "second", {"score": 1.5, "open": False}),
        ("c", "", {"year": 2026, "seen": text}),
    ]


def stored(docs: Collection) -> List[Any]:
    return [(each.id, each.content, each.metadata) for each in docs.list()]


class OnlyArrow:
    """As of a library that hands out Arrow streams and nothing else."""

    def __init__(self, table: "pyarrow.Table") -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


def tables() -> Dict[str, Any]:
    frame = pandas.DataFrame({**columns(), "year": pandas.array([2024, None, 2026], dtype="Int64")})
    fixed = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array([1, 0, 0, 1, 0.5, 0.5], pyarrow.float32()), 2)
    table = pyarrow.table({**columns(), "embedding": fixed})
    return {
        "pandas": frame,
        "arrow": table,
        "lists": pyarrow.table(columns()),
        "batch": table.to_batches()[0],
        "stream": OnlyArrow(table),
    }


@pytest.mark.parametrize("kind", list(tables()))
@pytest.mark.parametrize("chunk_size", [None, 1, 2, 3, 10])
def test_a_table_is_a_document_in_each_row(docs: Collection, kind: str, chunk_size: Any) -> None:
    assert docs.add_documents(tables()[kind], chunk_size=chunk_size) == ["a", "b", "c"]
    assert stored(docs) == expected()
    nearest = docs.search([0.0, 1.0], 1)
    assert [hit.id for hit in nearest] == ["b"]


def test_a_table_of_polars(docs: Collection) -> None:
    polars = pytest.importorskip("polars", reason="pip install polars: tables that hand out Arrow streams")
    lists = polars.DataFrame(columns())
    arrays = lists.with_columns(polars.Series("embedding", numpy.array(columns()["embedding"], dtype="f4")))
    for table in (lists, arrays):
        assert docs.add_documents(table, chunk_size=2) == ["a", "b", "c"]
        assert stored(docs) == expected()
        docs.truncate()


def test_columns_of_a_table_need_not_all_be_there(docs: Collection) -> None:
    added = docs.add_documents(pandas.DataFrame({"content": ["x", "y"]}), embeddings=numpy.eye(2, dtype="f4"))
    assert len(added) == 2 and docs.count() == 2
    only = pyarrow.table({"embedding": [[1.0, 0.0]]})
    assert len(docs.add_documents(only)) == 1
    table = pyarrow.table({"id": ["m"], "metadata": [{"deep": {"er": 1}}], "embedding": [None]}).append_column(
        "also", [["x"]]
    )
    docs.add_documents(table)
    (one,) = docs.list({"$id": "m"})
    assert one.metadata == {"deep": {"er": 1}, "also": "x"} and len(one.embedding) == 0
    assert docs.add_documents(pandas.DataFrame({"id": []})) == []


def test_what_a_table_calls_otherwise(docs: Collection) -> None:
    with pytest.raises(InvalidArgumentError, match="'text'.*'content'"):
        docs.add_documents(pandas.DataFrame({"id": ["a"], "text": ["meant as the content"]}))
    frame = pandas.DataFrame({"id": ["a", "b"], "content": ["x", "y"]}).set_index("id")
    assert docs.add_documents(frame) == ["a", "b"] == docs.add_documents(frame, chunk_size=1)


def test_a_table_stands_in_batches_and_transactions(home: Any, docs: Collection) -> None:
    batch = WriteBatch()
    batch.add_documents("docs", tables()["arrow"])
    home.commit(batch)
    assert stored(docs) == expected()
    docs.truncate()
    with home.transaction() as tx:
        tx.add_documents("docs", tables()["pandas"])
        seen = tx.get_document("docs", "a")
        assert seen is not None and seen.content == "first"
    assert stored(docs) == expected()


def made(count: int) -> Iterator[Dict[str, Any]]:
    for number in range(count):
        yield {"id": f"d{number:05}", "content": "", "metadata": {"n": number}}


def test_a_generator_is_written_chunk_by_chunk(home: Any, docs: Collection) -> None:
    told: List[int] = []
    ids = docs.add_documents(made(25), chunk_size=10, progress=told.append)
    assert told == [10, 20, 25] and len(ids) == 25 and docs.count() == 25
    matrix = numpy.ones((25, 2), dtype="f4")
    again = docs.add_documents(made(25), embeddings=matrix, chunk_size=7, on_conflict="skip")
    assert len(again.skipped) == 25
    for wrong in (matrix[:24], matrix[:0], numpy.ones((26, 2), dtype="f4"), numpy.ones((28, 2), dtype="f4")):
        with pytest.raises(InvalidArgumentError):
            docs.add_documents(made(25), embeddings=wrong, chunk_size=7)
        with pytest.raises(InvalidArgumentError):
            docs.add_documents(pandas.DataFrame(made(25)), embeddings=wrong, chunk_size=7)
    frame = pandas.DataFrame(made(3))
    assert docs.add_documents(frame, embeddings=(row for row in matrix[:3]), chunk_size=2) == list(frame["id"])
    for none in ([], frame[:0]):
        with pytest.raises(CollectionNotFoundError):
            home.add_documents("none", none, chunk_size=2)


def test_chunks_before_one_that_fails_stay(docs: Collection) -> None:
    docs.add_documents(made(13))
    docs.delete_documents([f"d{number:05}" for number in range(12)])
    with pytest.raises(AlreadyExistsError):
        docs.add_documents(made(25), chunk_size=5, on_conflict="error")
    assert docs.count() == 11, "two chunks of five, and the one that was there"
    for wrong in (0, -1, 1.5):
        with pytest.raises(InvalidArgumentError):
            docs.add_documents(made(2), chunk_size=wrong)  # type: ignore[arg-type]


def test_more_than_one_call_takes(docs: Collection) -> None:
    with pytest.raises(LimitExceededError):
        docs.add_documents({"content": ""} for _ in range(100_001))
    assert docs.count() == 0
    assert len(docs.add_documents(({"content": ""} for _ in range(100_001)), chunk_size=50_000)) == 100_001
    assert docs.count() == 100_001


def test_progress_is_a_line_on_standard_error(docs: Collection, capsys: "pytest.CaptureFixture[str]") -> None:
    docs.add_documents(made(3), progress=True)
    assert capsys.readouterr().err == "3 documents\n"
    docs.add_documents(made(3), chunk_size=2)
    assert capsys.readouterr().err == ""


def test_chunks_are_awaited(tmp_path: Any) -> None:
    async def run() -> None:
        async with AsyncDatabase(str(tmp_path)) as db:
            told: List[int] = []
            await db.create_collection("docs", 2)
            await db.add_documents("docs", tables()["arrow"], chunk_size=2, progress=told.append)
            assert told == [2, 3] and await db.count("docs") == 3

    asyncio.run(run())
