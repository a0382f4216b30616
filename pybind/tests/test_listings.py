"""Lists of documents, the values of fields, and parts of what a search finds."""

import asyncio
from pathlib import Path
from typing import Any, List

import pytest

from toondb import (
    AsyncDatabase,
    CollectionNotFoundError,
    Document,
    FacetCount,
    InvalidArgumentError,
    LimitExceededError,
    Namespace,
    Query,
    Section,
)


def fill(home: Namespace, documents: int = 25) -> None:
    notes = home.collection("notes", 2, metric="euclidean")
    notes.add_documents(
        [
            {
                "id": f"d{i:03}",
                "content": f"text {i}",
                "embedding": [float(i), 0.0],
                "metadata": {"year": 2000 + i % 5, "lang": ["en", "de", "en", "fr"][i % 4], "tags": ["all", str(i % 2)]},
            }
            for i in range(documents)
        ]
    )
    notes.add("zzz", "no fields", [99.0, 0.0])


def ids(documents: Any) -> List[str]:
    return [document.id for document in documents]


def test_documents_come_in_order_and_without_embeddings(home: Namespace) -> None:
    fill(home)
    found = home.list_documents("notes").rows()
    assert ids(found) == [f"d{i:03}" for i in range(25)] + ["zzz"]
    assert found[3] == Document("d003", "text 3", [], {"year": 2003, "lang": "fr", "tags": ["all", "1"]})
    assert home.list_documents("notes", include_embeddings=True).rows()[3].embedding == [3.0, 0.0]
    assert ids(home.list_documents("notes", descending=True, limit=2)) == ["zzz", "d024"]
    assert ids(home.list_documents("notes", {"lang": "de"}, limit=3)) == ["d001", "d005", "d009"]
    newest = home.list_documents("notes", order_by="year", descending=True).rows()
    assert ids(newest)[:6] == ["d004", "d009", "d014", "d019", "d024", "d003"] and newest[-1].id == "zzz"
    assert list(home.list_document_ids("notes", {"year": {"$gte": 2004}})) == ["d004", "d009", "d014", "d019", "d024"]
    handle = home.collection("notes")
    assert ids(handle.list(limit=1)) == list(handle.list_ids(limit=1)) == ["d000"]


def test_columns_are_read_and_the_rest_stays_empty(home: Namespace) -> None:
    fill(home)
    first = next(home.list_documents("notes", columns=["id", "metadata.year"]))
    assert first == Document("d000", "", [], {"year": 2000})
    assert next(home.list_documents("notes", columns=["embedding"])) == Document("d000", "", [0.0, 0.0], {})
    with pytest.raises(InvalidArgumentError, match="score"):
        home.list_documents("notes", columns=["score"]).rows()


@pytest.mark.parametrize("order_by", [None, "year", "lang"])
def test_a_list_goes_on_at_its_cursor(home: Namespace, order_by: str) -> None:
    fill(home)
    whole = home.list_documents("notes", order_by=order_by).rows()
    found, cursor = [], None
    while True:
        page = home.list_documents("notes", order_by=order_by, limit=7, cursor=cursor)
        found.extend(page)
        cursor = page.cursor
        if cursor is None:
            break
        home.collection("notes").delete(found[-1].id)
    assert found == whole
    assert home.count("notes") == 26 - 3
    page = home.list_documents("notes", limit=2)
    list(page)
    with pytest.raises(InvalidArgumentError, match="cursor"):
        home.list_documents("notes", order_by="lang" if order_by is None else None, cursor=b"\x07").rows()
    with pytest.raises(InvalidArgumentError, match="cursor"):
        home.list_documents("notes", order_by="lang", cursor=page.cursor).rows()


def test_more_than_a_page(home: Namespace) -> None:
    notes = home.collection("many", 1)
    rows = [{"id": f"{i:05}", "content": "", "embedding": [1.0], "metadata": {"n": i}} for i in range(2_500)]
    notes.add_documents(rows)
    expected = [f"{i:05}" for i in range(2_500)]
    assert [document.id for document in notes.list()] == expected, "one by one, a thousand at a time"
    assert ids(notes.list(order_by="n", descending=True).rows()) == expected[::-1]
    assert list(notes.list_ids(limit=1_234)) == expected[:1_234]
    pages = notes.list()
    next(pages)
    assert ids(pages.rows()) == expected[1:]
    assert pages.cursor is None


def test_values_of_a_field(home: Namespace) -> None:
    fill(home)
    found = home.facet("notes", "lang")
    assert found == [FacetCount("en", 13), FacetCount("de", 6), FacetCount("fr", 6)]
    assert dict(home.facet("notes", "tags", {"lang": "de"})) == {"all": 6, "1": 6}
    assert [value for value, _ in home.facet("notes", "year", limit=2)] == [2000, 2001]
    assert found.to_toon() == "[3]{value,count}:\n  en,13\n  de,6\n  fr,6"
    assert home.min_max("notes", "year") == (2000, 2004)
    assert home.min_max("notes", "lang", {"year": 2000}) == ("de", "fr")
    assert home.min_max("notes", "nothing") is None
    assert home.min_max("notes", "tags") is None
    with pytest.raises(LimitExceededError):
        home.facet("notes", "lang", limit=1_001)


def test_parts_of_a_search(home: Namespace) -> None:
    fill(home)
    whole = home.search_collection("notes", [0.0, 0.0], 20)
    assert home.search_collection("notes", [0.0, 0.0], 5, offset=10) == whole[10:15]
    near = home.search_collection("notes", [0.0, 0.0], 20, threshold=0.25)
    assert ids(near) == ["d000", "d001", "d002", "d003"], "1 / (1 + 3) is 0.25"
    grouped = home.search_collection("notes", [0.0, 0.0], 10, group_by="lang")
    assert ids(grouped) == ["d000", "d001", "d003", "zzz"], "what lacks the field stands for itself"
    two = home.search_collection("notes", [0.0, 0.0], 4, group_by="lang", group_size=2)
    assert ids(two) == ["d000", "d001", "d002", "d003"]
    for results in home.search_collection_batch("notes", [[0.0, 0.0]] * 2, 10, group_by="lang", offset=1):
        assert ids(results) == ["d001", "d003", "zzz"]
    home.create_index("v", 1, "euclidean")
    home.insert_vectors("v", [1, 2, 3], [[1.0], [2.0], [3.0]])
    assert [hit.id for hit in home.search("v", [0.0], 1, offset=1)] == [2]
    assert [[hit.id for hit in hits] for hits in home.search_batch("v", [[0.0], [9.0]], threshold=0.3)] == [[1, 2], []]
    with pytest.raises(LimitExceededError, match="offset"):
        home.search_collection("notes", [0.0, 0.0], 10, offset=9_991)
    with pytest.raises(InvalidArgumentError, match="group_by"):
        home.search_collection("notes", [0.0, 0.0], group_size=2)


def test_collections_that_do_not_exist(home: Namespace) -> None:
    with pytest.raises(CollectionNotFoundError):
        home.list_documents("none").rows()
    for found in (
        home.list_documents("none", missing_ok=True).rows(),
        home.list_document_ids("none", missing_ok=True).rows(),
        home.facet("none", "f", missing_ok=True),
        home.search_collection("none", [1.0], missing_ok=True),
    ):
        assert found == []
    assert home.search_collection_batch("none", [[1.0, 2.0], [3.0, 4.0]], missing_ok=True) == [[], []]
    assert home.count("none", missing_ok=True) == 0
    assert home.min_max("none", "f", missing_ok=True) is None
    assert home.get_document("none", "a", missing_ok=True) is None
    assert home.get_documents("none", ["a", "b"], missing_ok=True) == [None, None]
    assert home.render(Query.list_documents("none", missing_ok=True)).rows == 0


def test_lists_are_rendered_and_put_into_contexts(home: Namespace) -> None:
    fill(home)
    query = Query.list_documents("notes", {"year": 2004}, order_by="lang", limit=2)
    assert home.render(query, columns=["id", "metadata.lang"]) == "[2]{id,metadata.lang}:\n  d009,de\n  d004,en"
    page = home.render(query, columns=["id"])
    rest = home.render(Query.list_documents("notes", {"year": 2004}, order_by="lang", cursor=page.cursor), columns=["id"])
    assert rest == "[3]{id}:\n  d014\n  d024\n  d019"
    assert home.render(Query.list_document_ids("notes", limit=1)) == "[1]{id}:\n  d000"
    assert home.render(Query.facet("notes", "lang", limit=1)) == "[1]{value,count}:\n  en,13"
    sections = [Section("By language", Query.facet("notes", "lang")), Section("Notes", query, columns=["content"])]
    text = home.query_context(sections, 200)
    assert "en,13" in text and "text 9" in text


def test_lists_of_an_event_loop(tmp_path: Path) -> None:
    async def run() -> None:
        async with AsyncDatabase(tmp_path / "data") as db:
            home = db.namespace("default")
            await home.create_collection("notes", 1)
            documents = [{"id": str(i), "content": "", "embedding": [1.0], "metadata": {"n": i}} for i in range(5)]
            await home.add_documents("notes", documents)
            assert [each.id async for each in home.list_documents("notes", order_by="n", descending=True)] == list("43210")
            assert await home.list_document_ids("notes", limit=2).rows() == ["0", "1"]
            assert await home.min_max("notes", "n") == (0, 4)
            assert (await home.facet("notes", "n", limit=1))[0].count == 1

    asyncio.run(run())
