"""Reads in formats, over each transport: every format holds what the native objects hold, and only the columns asked
for.
"""

import importlib
import sys
from dataclasses import asdict
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

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
    Rows,
    Section,
    WireFormat,
    count_tokens,
    from_json,
    from_toon,
)
from toondb._store import Store

Row = Dict[str, Any]


class Sample(NamedTuple):
    """A read: where it is asked, the read as a value, what the method of its name gives, and its rows as these tell."""

    home: Namespace
    query: Query
    objects: Any
    rows: Any

    def render(self, **to: Any) -> Any:
        return self.home.render(self.query, **to)


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
        del row["ends_in_1970"]
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
    home._store.create_index("points", 2, "euclidean", namespace=home.name)
    home._store.insert_vectors("points", [7, 2**64 - 1], [[0.0, 0.5], [1.0, 0.0]], namespace=home.name)
    for name, kind in (("p", "Person"), ("q", "Person"), ("t", "Team")):
        home.add_node(name, kind, {"label": name.upper()})
    home.add_edge("p", "knows", "q", {"since": 1})
    home.add_edge("p", "in", "t")
    home.add_temporal_edge("p", "lives_in", "rome", 0, 100, {"certain": True})
    home.supersede_temporal_edge("p", "lives_in", "oslo", 100, properties={"certain": False})


def samples(home: Namespace) -> Iterator[Tuple[str, Sample]]:
    store, name = home._store, home.name

    def sample(query: Query, objects: Any, rows: Any) -> Sample:
        return Sample(home, query, objects, rows)

    pairs = list(home.scan())
    keys = [(text_or_bytes(key), text_or_bytes(value)) for key, value in pairs]
    versions = [row["version"] for row in from_json(home.render(Query.scan(), format="json", columns=["version"]))]
    entries = [{"key": key, "value": value, "version": seq} for (key, value), seq in zip(keys, versions)]
    yield "scan", sample(Query.scan(), Rows(pairs), entries)
    wanted = [pairs[1][0], b"missing", pairs[0][0]]
    yield "multi_get", sample(Query.multi_get(wanted), None, [entries[1], entries[0]])

    notes = home.collection("notes")
    documents = notes.get_documents(["b", "missing", "a"])
    found = [flat(asdict(document), "metadata") for document in documents if document]
    for row in found:
        del row["score"], row["distance"], row["embedding"], row["expires_at"]
    yield "get_documents", sample(Query.get_documents("notes", ["b", "missing", "a"]), documents, found)
    hits = []
    nearest = notes.search([1.0, 0.0, 0.0], k=2)
    for hit in nearest:
        row = flat(asdict(hit), "metadata")
        del row["embedding"], row["expires_at"]
        hits.append(row)
    yield "search_collection", sample(Query.search_collection("notes", [1.0, 0.0, 0.0], k=2), nearest, hits)
    vectors = store.search("points", [0.0, 0.0], namespace=name)
    points = [asdict(hit) for hit in vectors]
    for row in points:
        del row["embedding"]
        row["id"] = row["id"] if row["id"] < 2**63 else str(row["id"])
    yield "search", sample(Query.search("points", [0.0, 0.0]), vectors, points)

    leaving = home.get_edges("p")
    yield "get_edges", sample(Query.get_edges("p"), leaving, node_rows(leaving))
    walked = home.traverse("p")
    walk = {"nodes": node_rows(walked.nodes), "edges": node_rows(walked.edges)}
    yield "traverse", sample(Query.traverse("p"), walked, walk)
    around = home.neighbors("q", direction="incoming")
    near = {"nodes": node_rows(around.nodes), "edges": node_rows(around.edges)}
    yield "neighbors", sample(Query.neighbors("q", direction="incoming"), around, near)

    held = home.query_temporal_graph("p", timestamp=50)
    query = Query.query_temporal_graph("p", timestamp=50)
    yield "query_temporal_graph", sample(query, held, fact_rows(held, believed=False))
    then = home.traverse_temporal("p", 150)
    path = {"nodes": node_rows(then.nodes), "edges": fact_rows(then.edges, believed=False)}
    yield "traverse_temporal", sample(Query.traverse_temporal("p", 150), then, path)
    past = home.temporal_history("p")
    yield "temporal_history", sample(Query.temporal_history("p"), past, fact_rows(past, believed=True))


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
        text = sample.render(format=format)
        assert isinstance(text, Rendered) and isinstance(text, str)
        assert decode(text) == sample.rows
        assert (text.format_name, text.rows, text.tokens, text.truncated) == (format, count(sample.rows), None, False)
        assert text.cursor is None
    markdown = sample.render(format="markdown", tokenizer="cl100k")
    assert markdown.count("\n|") + markdown.startswith("|") == count(sample.rows) + 2 * tables(sample.rows)
    assert markdown.tokens == count_tokens(markdown, "cl100k")


def tables(rows: Any) -> int:
    return len(rows) if isinstance(rows, dict) else 1


def test_auto_takes_the_shorter(sample: Sample) -> None:
    texts = {name: sample.render(format=name, tokenizer="o200k") for name in ("toon", "json")}
    chosen = sample.render(format="auto")
    assert chosen == texts[chosen.format_name]
    assert chosen.tokens == min(text.tokens for text in texts.values()) == count_tokens(chosen)
    assert sample.render(format="auto", tokenizer="cl100k").tokens == count_tokens(
        sample.render(format="auto", tokenizer="cl100k"), "cl100k"
    )


UNSHOWN = ("version",)


def test_rows_write_themselves(sample: Sample) -> None:
    """What the objects tell of themselves is what the engine writes, but for what they do not show."""
    if sample.objects is None:
        return

    def shown(rows: Any) -> Any:
        if isinstance(rows, dict):
            return {name: shown(table) for name, table in rows.items()}
        return [{name: value for name, value in row.items() if name not in UNSHOWN} for row in rows]

    rows = sample.objects
    assert from_json(rows.to_json()) == from_toon(rows.to_toon()) == shown(sample.rows)
    if shown(sample.rows) == sample.rows:
        for format in ("toon", "json", "markdown"):
            assert getattr(rows, f"to_{format}")() == sample.render(format=format)
    assert rows.tokens() == count_tokens(rows.to_toon()) >= rows.tokens(format="auto")
    assert rows.tokens("cl100k", format="json") == count_tokens(rows.to_json(), "cl100k")
    pytest.importorskip("pandas")
    assert rows.to_arrow().num_rows == len(rows.to_pandas()) == count(sample.rows)


def test_columns_are_what_is_given(sample: Sample) -> None:
    walk = isinstance(sample.rows, dict)
    rows = sample.rows["edges"] if walk else sample.rows
    first, last = list(rows[-1])[0], list(rows[-1])[-1]
    text = sample.render(columns=[last, first], format="json")
    given = from_json(text)
    table = given["edges"] if walk else given
    assert table == [{last: row.get(last), first: row[first]} for row in rows]
    assert text.index(f'"{last}"') < text.index(f'"{first}"')
    one = from_json(sample.render(columns=[first], format="json"))
    assert one == [{first: row[first]} for row in rows]
    for wrong, says in ((["nonsense"], "there is no column"), ([], "columns is empty"), ([first, first], "twice")):
        with pytest.raises(InvalidArgumentError, match=says):
            sample.render(columns=wrong)


def test_arguments_are_checked(sample: Sample) -> None:
    with pytest.raises(FormatConversionError, match="no format for this; choose one of toon, json"):
        sample.render(format="yaml")
    with pytest.raises(InvalidArgumentError, match="o200k cl100k"):
        sample.render(format="toon", tokenizer="gpt2")
    with pytest.raises(TypeError):
        sample.render(format="toon", columns="id")
    for format in (WireFormat.TOON, ContextFormat.TOON, " TOON "):
        assert sample.render(format=format) == sample.render(format="toon")


def test_columnar_is_a_table(sample: Sample) -> None:
    pytest.importorskip("pyarrow")
    table = sample.render(format="columnar")
    assert table.num_rows == count(sample.rows)
    assert table.schema.metadata[b"toondb.truncated"] == b"false"
    several = isinstance(sample.rows, dict)
    rows = [row for part in sample.rows.values() for row in part] if several else sample.rows
    texts = {field.name for field in table.schema if (field.metadata or {}).get(b"toondb.encoding") == b"json"}
    for given, row in zip(table.to_pylist(), rows):
        assert {name: from_json(given[name]) if name in texts else given[name] for name in row} == row


def test_columnar_is_a_frame(sample: Sample) -> None:
    pandas = pytest.importorskip("pandas")
    frame = sample.render(format="pandas")
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == count(sample.rows)
    assert frame.attrs["truncated"] is False


def test_columnar_is_bytes_without_pyarrow(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pyarrow", "pyarrow.ipc"):
        monkeypatch.setitem(sys.modules, name, None)
    stream = sample.render(format=WireFormat.COLUMNAR)
    assert isinstance(stream, ArrowStream)
    assert (stream.rows, stream.truncated, stream.cursor) == (count(sample.rows), False, None)
    assert stream.startswith(b"\xff\xff\xff\xff")
    with pytest.raises(ImportError):
        sample.render(format="pandas")


def test_embeddings_are_left_out_unless_asked(home: Namespace) -> None:
    fill(home)
    notes, near = home.collection("notes"), [1.0, 0.0, 0.0]
    assert "embedding" not in from_toon(home.render(Query.search_collection("notes", near)))[0]
    assert "embedding" not in from_toon(notes.search(near).to_toon())[0]
    for asked in (
        home.render(Query.search_collection("notes", near, include_embeddings=True)),
        notes.search(near, include_embeddings=True).to_toon(),
    ):
        row = from_toon(asked)[0]
        assert row["embedding"] == [1.0, 0.0, 0.0] and row["content"] == "the door"
    query = Query.search_collection("notes", near, k=1)
    named = from_json(home.render(query, format="json", columns=["id", "embedding"]))
    assert named == [{"id": "a", "embedding": [1.0, 0.0, 0.0]}]
    by_id = from_json(home.render(Query.get_documents("notes", ["a"], include_embeddings=True), format="json"))
    assert by_id[0]["embedding"] == [1.0, 0.0, 0.0]
    points = Query.search("points", [0.0, 0.0], 1, include_embeddings=True)
    assert from_json(home.render(points, format="json", columns=["id"])) == [{"id": 7}]


def test_a_field_that_a_row_lacks_is_null_if_it_is_named(home: Namespace) -> None:
    fill(home)
    query = Query.get_documents("notes", ["a", "b"])
    rows = from_json(home.render(query, format="json", columns=["metadata.year", "id"]))
    assert rows == [{"metadata.year": 2026, "id": "a"}, {"metadata.year": None, "id": "b"}]
    assert from_json(home.render(query, format="json", columns=["metadata"])) == [
        {"metadata.room": "hall", "metadata.year": 2026},
        {"metadata.room": "hall", "metadata.tags": ["x", "y"]},
    ]


def test_pages_in_a_format(home: Namespace) -> None:
    home.batch_put([(b"k%03d" % number, b"%d" % number) for number in range(25)])
    pages: List[Rendered] = [home.render(Query.scan(b"k", limit=10), format="json")]
    assert pages[0].truncated and pages[0].cursor is not None
    while pages[-1].cursor is not None:
        pages.append(home.render(Query.scan(b"k", limit=10, cursor=pages[-1].cursor), format="json"))
    assert [page.rows for page in pages] == [10, 10, 5]
    assert [row["value"] for page in pages for row in from_json(page)] == [str(number) for number in range(25)]
    assert list(home.scan(b"k", limit=2, cursor=pages[0].cursor)) == [(b"k010", b"10"), (b"k011", b"11")]
    assert from_json(home.scan(b"k", limit=2).to_json()) == [{"key": f"k00{n}", "value": str(n)} for n in range(2)]
    assert home.scan_keys(b"k", limit=2).to_toon() == "[2]{key}:\n  k000\n  k001"


def test_all_rows_or_an_error_without_a_limit(home: Namespace) -> None:
    home.batch_put([(b"%05d" % number, b"") for number in range(10_001)])
    for query in (Query.scan(), Query.scan(limit=11_000)):
        with pytest.raises(LimitExceededError, match="10000"):
            home.render(query)
    assert home.render(Query.scan(limit=10_000)).truncated
    assert home.render(Query.scan(b"0000")).rows == 10
    home.add_node("hub", "Hub")
    for number in range(4):
        home.add_temporal_edge("hub", "to", f"n{number}", 0)
        home.add_node(f"n{number}", "Leaf")
        home.add_edge("hub", "to", f"n{number}")
    assert home.render(Query.query_temporal_graph("hub", mode="CURRENT", limit=2)).truncated
    assert home.render(Query.traverse("hub", limit=2)).truncated
    edges = home.render(Query.get_edges("hub", limit=3), format="json")
    assert home.render(Query.get_edges("hub", cursor=edges.cursor), format="json").rows == 1
    believed = home.render(Query.temporal_history("hub", limit=3), format="json")
    assert home.render(Query.temporal_history("hub", cursor=believed.cursor), format="json").rows == 1


def test_tables_hold_as_many_answers_as_there_are(home: Namespace) -> None:
    pytest.importorskip("pandas")
    home.batch_put([(b"%05d" % number, b"") for number in range(11_000)])
    for query, rows in ((Query.scan(), 11_000), (Query.scan(limit=10_500), 10_500), (Query.scan(limit=7), 7)):
        frame = home.render(query, format="pandas")
        assert len(frame) == rows and frame["key"].is_unique
        assert home.render(query, format="columnar").num_rows == rows


def test_nothing_found_is_an_empty_table(home: Namespace) -> None:
    assert from_toon(home.render(Query.scan())) == from_toon(home.scan().to_toon()) == []
    assert home.render(Query.scan(), format="json") == "[]"
    assert from_toon(home.render(Query.traverse("nobody"))) == {"nodes": [], "edges": []}
    assert from_toon(home.traverse("nobody").to_toon()) == {"nodes": [], "edges": []}
    if importlib.util.find_spec("pyarrow"):
        assert home.render(Query.scan(), format="columnar").num_rows == 0


def test_a_rendered_text_is_a_str(home: Namespace) -> None:
    import copy
    import pickle

    home.put(b"k", b"v")
    text = home.render(Query.scan(), tokenizer="o200k")
    assert f"{text}" == str(text) == "[1]{key,value,version}:\n  k,v,1"
    for again in (copy.copy(text), pickle.loads(pickle.dumps(text))):
        assert again == text and (again.rows, again.tokens, again.format_name) == (1, text.tokens, "toon")


def test_queries_are_checked_when_they_are_made() -> None:
    with pytest.raises(InvalidArgumentError, match="mode RANGE takes"):
        Query.query_temporal_graph("a", mode="RANGE", timestamp=1)
    with pytest.raises(TypeError):
        Query()  # type: ignore[call-arg]
    with pytest.raises(InvalidArgumentError):
        Query.search_collection("c", [1.0], filter={"a": {"$nonsense": 1}})


def test_a_scan_of_keys_has_no_values(home: Namespace) -> None:
    home.put(b"k", b"v")
    text = home.query_context([Section("", Query.scan_keys())], 100)
    assert text == "[1]{key,version}:\n  k,1"
    with pytest.raises(InvalidArgumentError, match="keys only"):
        home.query_context([Section("", Query.scan_keys(), columns=["value"])], 100)
