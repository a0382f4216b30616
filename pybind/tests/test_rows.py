"""Reads in formats, over each transport: every format holds what the native objects hold, and only the columns asked
for.
"""

import importlib
import sys
from dataclasses import asdict
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import pytest

from toondb import (
    ArrowStream,
    ContextFormat,
    FormatConversionError,
    InvalidArgumentError,
    LimitExceededError,
    Namespace,
    Query,
    Rendered,
    Section,
    WireFormat,
    count_tokens,
    from_json,
    from_toon,
)
from toondb._store import Store

Row = Dict[str, Any]


class Sample(NamedTuple):
    """A read: how to ask for it, and its rows as told by the native objects."""

    read: Callable[..., Any]
    rows: Any


def flat(record: Row, group: str) -> Row:
    """A row: the record's own fields take the place of their group."""
    fields = record.pop(group)
    return {**record, **{f"{group}.{name}": value for name, value in fields.items()}}


def node_rows(nodes: Sequence[Any]) -> List[Row]:
    return [flat(asdict(node), "properties") for node in nodes]


def fact_rows(edges: Sequence[Any], believed: bool) -> List[Row]:
    rows = []
    for edge in edges:
        row = flat(asdict(edge), "properties")
        row["valid_until"] = row["valid_until"] or None
        if not believed:
            for name in ("asserted_seq", "asserted_at", "retracted_seq", "retracted_at"):
                del row[name]
        rows.append(row)
    return rows


def fill(home: Namespace) -> None:
    home.batch_put([(b"user:1", b"Ada"), (b"user:2", "Grüße".encode()), (b"\xff\x00", b"\x80")])
    notes = home.collection("notes", dimension=3)
    notes.add("a", "the door", [1.0, 0.0, 0.0], {"room": "hall", "year": 2026})
    notes.add("b", "the window, open", [0.9, 0.1, 0.0], {"room": "hall", "tags": ["x", "y"]})
    notes.add("c", "nothing", [0.0, 1.0, 0.0], {})
    home._store.create_index("points", 2, "euclidean", home.name)
    home._store.insert_vectors("points", [7, 2**64 - 1], [[0.0, 0.5], [1.0, 0.0]], home.name)
    for name, kind in (("p", "Person"), ("q", "Person"), ("t", "Team")):
        home.add_node(name, kind, {"label": name.upper()})
    home.add_edge("p", "knows", "q", {"since": 1})
    home.add_edge("p", "in", "t")
    home.add_temporal_edge("p", "lives_in", "rome", 0, 100, {"certain": True})
    home.supersede_temporal_edge("p", "lives_in", "oslo", 100, properties={"certain": False})


def samples(home: Namespace) -> Iterator[Tuple[str, Sample]]:
    store, name = home._store, home.name
    pairs = list(home.scan())
    keys = [(text_or_bytes(key), text_or_bytes(value)) for key, value in pairs]
    versions = [row["version"] for row in home.scan(columns=["version"])]
    entries = [{"key": key, "value": value, "version": seq} for (key, value), seq in zip(keys, versions)]
    yield "scan", Sample(home.scan, entries)
    wanted = [pairs[1][0], b"missing", pairs[0][0]]
    yield "multi_get", Sample(lambda **to: home.multi_get(wanted, **to), [entries[1], entries[0]])

    notes = home.collection("notes")
    found = [flat(asdict(document), "metadata") for document in notes.get_documents(["b", "a"]) if document]
    for row in found:
        del row["score"], row["distance"], row["embedding"]
    yield "get_documents", Sample(lambda **to: notes.get_documents(["b", "missing", "a"], **to), found)
    hits = []
    for hit in notes.search([1.0, 0.0, 0.0], k=2):
        row = flat(asdict(hit), "metadata")
        del row["embedding"]
        hits.append({**row, "score": shortest(row["score"]), "distance": shortest(row["distance"])})
    yield "search_collection", Sample(lambda **to: notes.search([1.0, 0.0, 0.0], k=2, **to), hits)
    points = [asdict(hit) for hit in store.search("points", [0.0, 0.0], namespace=name)]
    for row in points:
        del row["embedding"]
        row.update(score=shortest(row["score"]), distance=shortest(row["distance"]))
        row["id"] = row["id"] if row["id"] < 2**63 else str(row["id"])
    yield "search", Sample(lambda **to: store.search("points", [0.0, 0.0], namespace=name, **to), points)

    yield "get_edges", Sample(lambda **to: home.get_edges("p", **to), node_rows(home.get_edges("p")))
    nodes, edges = home.traverse("p")
    walk = {"nodes": node_rows(nodes), "edges": node_rows(edges)}
    yield "traverse", Sample(lambda **to: home.traverse("p", **to), walk)
    nodes, edges = home.neighbors("q", direction="incoming")
    near = {"nodes": node_rows(nodes), "edges": node_rows(edges)}
    yield "neighbors", Sample(lambda **to: home.neighbors("q", direction="incoming", **to), near)

    facts = fact_rows(home.query_temporal_graph("p", timestamp=50), believed=False)
    yield "query_temporal_graph", Sample(lambda **to: home.query_temporal_graph("p", timestamp=50, **to), facts)
    nodes, temporal = home.traverse_temporal("p", 150)
    path = {"nodes": node_rows(nodes), "edges": fact_rows(temporal, believed=False)}
    yield "traverse_temporal", Sample(lambda **to: home.traverse_temporal("p", 150, **to), path)
    history = fact_rows(home.temporal_history("p"), believed=True)
    yield "temporal_history", Sample(lambda **to: home.temporal_history("p", **to), history)


READS = [
    "scan",
    "multi_get",
    "get_documents",
    "search_collection",
    "search",
    "get_edges",
    "traverse",
    "neighbors",
    "query_temporal_graph",
    "traverse_temporal",
    "temporal_history",
]


def text_or_bytes(data: bytes) -> object:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def shortest(number: float) -> float:
    """A 32-bit float with its own shortest digits, as rows have it."""
    import numpy

    return float(str(numpy.float32(number)))


@pytest.fixture(scope="session")
def filled(store: Store) -> Dict[str, Sample]:
    home = store.namespace("rows-in-formats")
    fill(home)
    return dict(samples(home))


@pytest.fixture(params=READS)
def sample(request: pytest.FixtureRequest, filled: Dict[str, Sample]) -> Sample:
    assert set(filled) == set(READS)
    return filled[request.param]


def count(rows: Any) -> int:
    return sum(map(len, rows.values())) if isinstance(rows, dict) else len(rows)


def test_text_formats_hold_what_the_objects_hold(sample: Sample) -> None:
    for format, decode in (("toon", from_toon), ("json", from_json)):
        text = sample.read(format=format)
        assert isinstance(text, Rendered) and isinstance(text, str)
        assert decode(text) == sample.rows
        assert (text.format_name, text.rows, text.tokens, text.truncated) == (format, count(sample.rows), None, False)
        assert text.cursor is None
    markdown = sample.read(format="markdown", tokenizer="cl100k")
    assert markdown.count("\n|") + markdown.startswith("|") == count(sample.rows) + 2 * tables(sample.rows)
    assert markdown.tokens == count_tokens(markdown, "cl100k")


def tables(rows: Any) -> int:
    return len(rows) if isinstance(rows, dict) else 1


def test_auto_takes_the_shorter(sample: Sample) -> None:
    texts = {name: sample.read(format=name, tokenizer="o200k") for name in ("toon", "json")}
    chosen = sample.read(format="auto")
    assert chosen == texts[chosen.format_name]
    assert chosen.tokens == min(text.tokens for text in texts.values()) == count_tokens(chosen)
    assert sample.read(format="auto", tokenizer="cl100k").tokens == count_tokens(
        sample.read(format="auto", tokenizer="cl100k"), "cl100k"
    )


def test_columns_are_what_is_given(sample: Sample) -> None:
    walk = isinstance(sample.rows, dict)
    rows = sample.rows["edges"] if walk else sample.rows
    first, last = list(rows[-1])[0], list(rows[-1])[-1]
    given = sample.read(columns=[last, first])
    table = given["edges"] if walk else given
    assert table == [{last: row.get(last), first: row[first]} for row in rows]
    text = sample.read(columns=[last, first], format="json")
    assert from_json(text) == ({name: given[name] for name in given if name != "truncated"} if walk else given)
    assert text.index(f'"{last}"') < text.index(f'"{first}"')
    one = sample.read(columns=[first])
    expected = [{first: row[first]} for row in rows]
    assert one == ({"edges": expected, "truncated": False} if walk else expected)
    for wrong, says in ((["nonsense"], "there is no column"), ([], "columns is empty"), ([first, first], "twice")):
        with pytest.raises(InvalidArgumentError, match=says):
            sample.read(columns=wrong, format="toon")


def test_arguments_are_checked(sample: Sample) -> None:
    with pytest.raises(FormatConversionError, match="no format for this; choose one of toon, json"):
        sample.read(format="yaml")
    with pytest.raises(InvalidArgumentError, match="name a format for it"):
        sample.read(tokenizer="o200k")
    with pytest.raises(InvalidArgumentError, match="o200k cl100k"):
        sample.read(format="toon", tokenizer="gpt2")
    with pytest.raises(TypeError):
        sample.read(format="toon", columns="id")
    for format in (WireFormat.TOON, ContextFormat.TOON, " TOON "):
        assert sample.read(format=format) == sample.read(format="toon")


def test_columnar_is_a_table(sample: Sample) -> None:
    pytest.importorskip("pyarrow")
    table = sample.read(format="columnar")
    assert table.num_rows == count(sample.rows)
    assert table.schema.metadata[b"toondb.truncated"] == b"false"
    several = isinstance(sample.rows, dict)
    rows = [row for part in sample.rows.values() for row in part] if several else sample.rows
    texts = {field.name for field in table.schema if (field.metadata or {}).get(b"toondb.encoding") == b"json"}
    for given, row in zip(table.to_pylist(), rows):
        assert {name: from_json(given[name]) if name in texts else given[name] for name in row} == row


def test_columnar_is_a_frame(sample: Sample) -> None:
    pandas = pytest.importorskip("pandas")
    frame = sample.read(format="pandas")
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == count(sample.rows)
    assert frame.attrs["truncated"] is False


def test_columnar_is_bytes_without_pyarrow(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyarrow", "pyarrow.ipc"):
        monkeypatch.setitem(sys.modules, name, None)
    stream = sample.read(format=WireFormat.COLUMNAR)
    assert isinstance(stream, ArrowStream)
    assert (stream.rows, stream.truncated, stream.cursor) == (count(sample.rows), False, None)
    assert stream.startswith(b"\xff\xff\xff\xff")
    with pytest.raises(ImportError):
        sample.read(format="pandas")


def test_embeddings_are_left_out_unless_asked(home: Namespace) -> None:
    fill(home)
    notes, query = home.collection("notes"), [1.0, 0.0, 0.0]
    assert "embedding" not in from_toon(notes.search(query, format="toon"))[0]
    asked = from_toon(notes.search(query, include_embeddings=True, format="toon"))
    assert asked[0]["embedding"] == [1.0, 0.0, 0.0] and asked[0]["content"] == "the door"
    named = notes.search(query, k=1, columns=["id", "embedding"])
    assert named == [{"id": "a", "embedding": [1.0, 0.0, 0.0]}]
    by_id = from_json(notes.get_documents(["a"], include_embeddings=True, format="json"))
    assert by_id[0]["embedding"] == [1.0, 0.0, 0.0]
    points = home._store.search("points", [0.0, 0.0], 1, home.name, include_embeddings=True, columns=["id"])
    assert points == [{"id": 7}]


def test_a_field_that_a_row_lacks_is_null_if_it_is_named(home: Namespace) -> None:
    fill(home)
    rows = home.collection("notes").get_documents(["a", "b"], columns=["metadata.year", "id"])
    assert rows == [{"metadata.year": 2026, "id": "a"}, {"metadata.year": None, "id": "b"}]
    whole = home.collection("notes").get_documents(["a", "b"], columns=["metadata"])
    assert whole == [
        {"metadata.room": "hall", "metadata.year": 2026},
        {"metadata.room": "hall", "metadata.tags": ["x", "y"]},
    ]


def test_pages_in_a_format(home: Namespace) -> None:
    home.batch_put([(b"k%03d" % number, b"%d" % number) for number in range(25)])
    pages: List[Rendered] = [home.scan(b"k", limit=10, format="json")]
    assert pages[0].truncated and pages[0].cursor is not None
    while pages[-1].cursor is not None:
        pages.append(home.scan(b"k", limit=10, format="json", cursor=pages[-1].cursor))
    assert [page.rows for page in pages] == [10, 10, 5]
    assert [row["value"] for page in pages for row in from_json(page)] == [str(number) for number in range(25)]
    assert home.scan(b"k", columns=["key"], limit=3) == [{"key": f"k00{number}"} for number in range(3)]
    assert list(home.scan(b"k", limit=2, cursor=pages[0].cursor)) == [(b"k010", b"10"), (b"k011", b"11")]


def test_all_rows_or_an_error_without_a_limit(home: Namespace) -> None:
    home.batch_put([(b"%05d" % number, b"") for number in range(10_001)])
    with pytest.raises(LimitExceededError, match="10000"):
        home.scan(format="toon")
    assert home.scan(limit=10_000, format="toon").truncated
    assert home.scan(b"0000", format="toon").rows == 10
    # Dicts have no such bound: they come page by page.
    assert len(home.scan(columns=["key"])) == 10_001
    home.add_node("hub", "Hub")
    for number in range(4):
        home.add_temporal_edge("hub", "to", f"n{number}", 0)
        home.add_node(f"n{number}", "Leaf")
        home.add_edge("hub", "to", f"n{number}")
    assert home.query_temporal_graph("hub", mode="CURRENT", limit=2, format="toon").truncated
    assert home.traverse("hub", limit=2, format="toon").truncated
    assert home.traverse("hub", limit=2, columns=["id"])["truncated"] is True
    edges = home.get_edges("hub", limit=3, format="json")
    assert home.get_edges("hub", format="json", cursor=edges.cursor).rows == 1
    believed = home.temporal_history("hub", limit=3, format="json")
    assert home.temporal_history("hub", format="json", cursor=believed.cursor).rows == 1


def test_nothing_found_is_an_empty_table(home: Namespace) -> None:
    assert from_toon(home.scan(format="toon")) == []
    assert home.scan(format="json") == "[]"
    assert home.scan(columns=["key"]) == []
    assert from_toon(home.traverse("nobody", format="toon")) == {"nodes": [], "edges": []}
    if importlib.util.find_spec("pyarrow"):
        assert home.scan(format="columnar").num_rows == 0


def test_a_rendered_text_is_a_str(home: Namespace) -> None:
    import copy
    import pickle

    home.put(b"k", b"v")
    text = home.scan(format="toon", tokenizer="o200k")
    assert f"{text}" == str(text) == "[1]{key,value,version}:\n  k,v,1"
    for again in (copy.copy(text), pickle.loads(pickle.dumps(text))):
        assert again == text and (again.rows, again.tokens, again.format_name) == (1, text.tokens, "toon")


def test_queries_are_checked_when_they_are_made() -> None:
    with pytest.raises(InvalidArgumentError, match="mode RANGE takes"):
        Query.query_temporal_graph("a", mode="RANGE")
    with pytest.raises(TypeError):
        Query()  # type: ignore[call-arg]
    with pytest.raises(InvalidArgumentError):
        Query.search_collection("c", [1.0], filter={"a": {"$nonsense": 1}})


def test_a_scan_of_keys_has_no_values(home: Namespace) -> None:
    home.put(b"k", b"v")
    text = home.query_context([Section("", Query.scan(keys_only=True))], 100)
    assert text == "[1]{key,version}:\n  k,1"
    with pytest.raises(InvalidArgumentError, match="keys only"):
        home.query_context([Section("", Query.scan(keys_only=True), columns=["value"])], 100)
