"""Embeddings and ids as lists, buffers and numpy arrays: what is copied, what is converted, what is refused."""

import array
import struct
from typing import Any, Callable, List

import pytest

from toondb import ArgumentTypeError, Database, InvalidArgumentError


@pytest.fixture
def echo(database: Database, ns: str) -> Callable[[Any, int], List[float]]:
    """Stores a vector and reads it back."""

    def store(vector: Any, dimension: int = 3) -> List[float]:
        database.create_index(f"echo-{dimension}", dimension, "euclidean", namespace=ns)
        database.insert_vectors(f"echo-{dimension}", [1], [vector], namespace=ns)
        (stored,) = database.get_vectors(f"echo-{dimension}", [1], namespace=ns)
        assert database.search(f"echo-{dimension}", vector, k=1, namespace=ns)[0].distance == 0
        assert stored is not None
        return stored

    return store


@pytest.fixture
def matrix(database: Database, ns: str) -> Callable[[Any], List[Any]]:
    """Stores a matrix with three columns and reads its rows back."""

    def store(rows: Any) -> List[Any]:
        database.create_index("matrix", 3, "euclidean", namespace=ns)
        ids = range(len(rows))
        database.insert_vectors("matrix", ids, rows, namespace=ns)
        assert [found[0].id for found in database.search_batch("matrix", rows, k=1, namespace=ns)] == list(ids)
        return database.get_vectors("matrix", ids, namespace=ns)

    return store


@pytest.mark.parametrize(
    "vector",
    [
        [1.5, 2, -3.25],
        (1.5, 2, -3.25),
        array.array("f", [1.5, 2, -3.25]),
        array.array("d", [1.5, 2, -3.25]),
        memoryview(array.array("f", [1.5, 2, -3.25])),
        memoryview(array.array("f", [1.5, 0, 2, 0, -3.25, 0]))[::2],
        memoryview(array.array("f", [-3.25, 2, 1.5]))[::-1],
        memoryview(struct.pack("=3f", 1.5, 2, -3.25)).cast("f"),
    ],
    ids=["list", "tuple", "float32", "float64", "view", "strided", "reversed", "cast"],
)
def test_vectors(echo: Callable[..., List[float]], vector: Any) -> None:
    assert echo(vector) == [1.5, 2.0, -3.25]


@pytest.mark.parametrize(
    "vector",
    [
        "abc",
        b"\0" * 12,
        array.array("i", [1, 2, 3]),
        memoryview(b"\0" * 12),
        {1.0, 2.0, 3.0},
        {"a": 1},
        None,
        1.0,
        ["a", "b", "c"],
    ],
)
def test_other_items_are_refused(echo: Callable[..., List[float]], vector: Any) -> None:
    with pytest.raises(TypeError):
        echo(vector)


def test_a_large_vector_is_copied_whole(echo: Callable[..., List[float]]) -> None:
    numbers = array.array("f", [number / 7 for number in range(8_192)])
    assert array.array("f", echo(numbers, 8_192)) == numbers


def test_matrices_without_numpy(matrix: Callable[[Any], List[Any]]) -> None:
    rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    packed = array.array("f", [1, 2, 3, 4, 5, 6]).tobytes()
    assert matrix(memoryview(packed).cast("f", (2, 3))) == rows
    assert matrix(rows) == rows
    assert matrix([array.array("f", row) for row in rows]) == rows
    assert matrix(tuple(map(tuple, rows))) == rows


def test_numpy_arrays(echo: Callable[..., List[float]], matrix: Callable[[Any], List[Any]]) -> None:
    numpy = pytest.importorskip("numpy")
    rows = numpy.arange(12, dtype="float32").reshape(4, 3)
    assert echo(rows[1]) == [3.0, 4.0, 5.0]
    assert echo(rows.T[1][:3]) == [1.0, 4.0, 7.0]
    assert matrix(rows) == rows.tolist()
    assert matrix(rows.astype("float64")) == rows.tolist()
    assert matrix(numpy.asfortranarray(rows)) == rows.tolist()
    assert matrix(rows[::-1]) == rows[::-1].tolist()
    assert matrix(rows[::2]) == rows[::2].tolist()
    assert matrix(numpy.arange(24, dtype="float32").reshape(4, 6)[:, ::2]) == [
        [0, 2, 4],
        [6, 8, 10],
        [12, 14, 16],
        [18, 20, 22],
    ]
    assert matrix(list(rows)) == rows.tolist()
    frozen = rows.copy()
    frozen.setflags(write=False)
    assert matrix(frozen) == rows.tolist()
    unaligned = numpy.frombuffer(b"\0" + rows.tobytes(), dtype="float32", offset=1).reshape(4, 3)
    assert matrix(unaligned) == rows.tolist()


@pytest.mark.parametrize("kind", [">f4", ">f8", "int32", "int64", "bool", "complex64", "U3", "O"])
def test_other_numpy_types_are_refused(echo: Callable[..., List[float]], kind: str) -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises((TypeError, ValueError)):
        echo(numpy.ones(3, dtype=kind))


def test_wrong_shapes_are_refused(database: Database, ns: str, echo: Callable[..., List[float]]) -> None:
    numpy = pytest.importorskip("numpy")
    ones = numpy.ones((2, 3), dtype="float32")
    for vector in (ones, numpy.float32(1), numpy.ones((1, 1, 3), dtype="float32")):
        with pytest.raises((InvalidArgumentError, TypeError)):
            echo(vector)
    database.create_index("i", 3, namespace=ns)
    for vectors in (ones[0], numpy.ones((2, 3, 1), dtype="float32"), numpy.ones((2, 4), dtype="float32"), ones[:1]):
        with pytest.raises(InvalidArgumentError):
            database.insert_vectors("i", [1, 2], vectors, namespace=ns)
    with pytest.raises(InvalidArgumentError):
        database.search_batch("i", ones[0], namespace=ns)
    assert database.count_vectors("i", namespace=ns) == 0


def test_no_rows(database: Database, ns: str) -> None:
    database.create_index("i", 3, namespace=ns)
    assert database.insert_vectors("i", [], [], namespace=ns) is True
    assert database.search_batch("i", [], namespace=ns) == []


def test_ids_as_buffers(database: Database, ns: str) -> None:
    numpy = pytest.importorskip("numpy")
    database.create_index("i", 1, "euclidean", namespace=ns)
    rows = numpy.arange(3, dtype="float32").reshape(3, 1)
    given: List[Any] = [array.array(kind, [1, 2, 3]) for kind in "qQ"]
    for ids in (*given, numpy.array([1, 2, 3]), numpy.array([1, 2, 3], "uint64"), range(1, 4), iter([1, 2, 3])):
        database.insert_vectors("i", ids, rows, namespace=ns)
        assert database.delete_vectors("i", [1, 2, 3], namespace=ns) == 3
    with pytest.raises(InvalidArgumentError):
        database.insert_vectors("i", numpy.array([1, -2, 3]), rows, namespace=ns)
    for ids in (numpy.array([1, 2, 3], "int32"), numpy.array([1.0, 2.0, 3.0]), [1, 2, 3.0], "123"):
        with pytest.raises(TypeError):
            database.insert_vectors("i", ids, rows, namespace=ns)  # type: ignore[arg-type]


def test_documents_with_a_matrix(database: Database, ns: str) -> None:
    numpy = pytest.importorskip("numpy")
    collection = database.namespace(ns).collection("docs", dimension=3, metric="euclidean")
    rows = numpy.arange(6, dtype="float32").reshape(2, 3)
    collection.add_documents([{"id": "a", "content": "x"}, {"id": "b", "content": "y"}], embeddings=rows)
    found = collection.get_documents(["a", "b"], include_embeddings=True)
    assert [each and each.embedding for each in found] == rows.tolist()
    with pytest.raises(InvalidArgumentError, match="one row for each"):
        collection.add_documents([{"id": "c", "content": ""}], embeddings=rows)


def test_numpy_scalars_in_metadata(database: Database, ns: str) -> None:
    numpy = pytest.importorskip("numpy")
    collection = database.namespace(ns).collection("docs", dimension=1, metric="euclidean")
    given = {"i": numpy.int32(3), "f": numpy.float32(0.5), "b": numpy.bool_(True), "s": numpy.str_("x")}
    collection.add("a", "", [0.0], given)
    found = collection.get("a")
    assert found is not None and found.metadata == {"i": 3, "f": 0.5, "b": True, "s": "x"}
    assert [type(found.metadata[name]) for name in "ifb"] == [int, float, bool]


def test_buffers_are_released(database: Database, ns: str) -> None:
    database.create_index("i", 3, namespace=ns)
    numbers = array.array("f", [1, 2, 3])
    database.insert_vectors("i", [1], [numbers], namespace=ns)
    with pytest.raises(InvalidArgumentError):
        database.insert_vectors("i", [1], [numbers, numbers], namespace=ns)
    # An array with an exported buffer refuses to grow.
    numbers.append(4)


def test_half_floats_and_what_becomes_an_array(echo: Callable[..., List[float]], matrix: Callable[[Any], List[Any]]) -> None:
    numpy, pandas, pyarrow = map(pytest.importorskip, ("numpy", "pandas", "pyarrow"))
    rows = [[1.0, -0.5, 0.25], [3.0, 2.0, 65504.0]]
    assert matrix(numpy.array(rows, dtype="float16")) == rows
    assert echo(numpy.array([5.960464477539063e-08, -0.0, 1.0], dtype="float16")) == [5.960464477539063e-08, 0.0, 1.0]
    assert echo(pandas.Series(rows[0])) == rows[0]
    assert matrix(pandas.Series(rows)) == rows
    assert echo(pyarrow.array(rows[0])) == rows[0]
    assert matrix(pyarrow.array(rows)) == rows
    assert matrix(pyarrow.array(rows, pyarrow.list_(pyarrow.float32(), 3))) == rows

    class Tensor:
        """What is asked of a tensor of torch; its float() is what makes an array of bfloat16 possible."""

        def __init__(self, steps: str = "") -> None:
            self.steps = steps

        def __len__(self) -> int:
            return len(rows)

        def detach(self) -> "Tensor":
            return Tensor(self.steps + "d")

        def cpu(self) -> "Tensor":
            return Tensor(self.steps + "c")

        def float(self) -> "Tensor":
            return Tensor(self.steps + "f")

        def numpy(self) -> Any:
            assert self.steps == "dcf"
            return numpy.array(rows, dtype="float32")

    assert matrix(Tensor()) == rows

    class Exchanged:
        """DLPack alone."""

        def __len__(self) -> int:
            return len(rows)

        def __dlpack__(self, **options: Any) -> Any:
            return numpy.array(rows, dtype="float32").__dlpack__(**options)

        def __dlpack_device__(self) -> Any:
            return numpy.zeros(1).__dlpack_device__()

    assert matrix(Exchanged()) == rows
    for wrong in (pandas.Series([1, 2, 3]), pandas.Series(["a"]), pyarrow.array([True]), pandas.Series([pandas.Timestamp(0)])):
        with pytest.raises(ArgumentTypeError, match="made of|no number"):
            echo(wrong)


def test_bfloat16(matrix: Callable[[Any], List[Any]]) -> None:
    numpy, ml_dtypes = map(pytest.importorskip, ("numpy", "ml_dtypes"))
    assert matrix(numpy.array([[1.0, -0.5, 0.25], [3.0, 2.0, 8.0]], dtype=ml_dtypes.bfloat16)) == [[1.0, -0.5, 0.25], [3.0, 2.0, 8.0]]
