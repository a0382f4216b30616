"""Collections over both transports."""

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any, Dict, List

import numpy as np
import pytest

from toondb import (
    AlreadyExistsError,
    ArgumentTypeError,
    Collection,
    CollectionNotFoundError,
    Document,
    InvalidArgumentError,
    Namespace,
)
from toondb._store import Store


def document(id: str, embedding: List[float], **metadata: Any) -> Dict[str, Any]:
    return {"id": id, "content": f"content of {id}", "embedding": embedding, "metadata": metadata}


@pytest.fixture
def points(home: Namespace) -> Collection:
    """Four points in the plane, under the euclidean metric."""
    collection = home.collection("points", dimension=2, metric="euclidean")
    collection.add_documents(
        [
            document("a", [0.0, 0.0], color="red", size=1, tags=["x", "y"]),
            document("b", [1.0, 0.0], color="blue", size=2.5, deep={"er": 1}),
            document("c", [0.0, 2.0], color="red", size=3, flag=True),
            document("d", [3.0, 3.0], note=None),
        ]
    )
    return collection


def ids(found: List[Document]) -> List[str]:
    return [each.id for each in found]


def test_life_of_a_collection(store: Store, ns: str) -> None:
    assert store.list_collections(namespace=ns) == []
    assert store.create_collection("docs", 3, namespace=ns, metric="dot", metadata={"by": "ada"}) is True
    assert store.create_collection("docs", 3, namespace=ns, metric="dot") is True
    with pytest.raises(AlreadyExistsError):
        store.create_collection("docs", 4, namespace=ns, metric="dot")
    with pytest.raises(AlreadyExistsError):
        store.create_collection("docs", 3, namespace=ns)
    info = store.describe_collection("docs", namespace=ns)
    assert (info.name, info.dimension, info.metric, info.metadata, info.count) == ("docs", 3, "dot", {"by": "ada"}, 0)
    assert store.list_collections(namespace=ns) == ["docs"]
    assert store.drop_collection("docs", namespace=ns) is True
    assert store.drop_collection("docs", namespace=ns) is False
    for use in (
        lambda: store.describe_collection("docs", namespace=ns),
        lambda: store.search_collection("docs", [1.0, 0.0, 0.0], namespace=ns),
        lambda: store.add_documents("docs", [document("a", [1.0, 0.0, 0.0])], namespace=ns),
        lambda: store.namespace(ns).collection("docs"),
    ):
        with pytest.raises(CollectionNotFoundError):
            use()


def test_documents_come_back_as_they_went_in(points: Collection) -> None:
    found = points.get("a", include_embeddings=True)
    assert found == Document("a", "content of a", [0.0, 0.0], {"color": "red", "size": 1, "tags": ["x", "y"]})
    assert type(found.metadata["size"]) is int
    without = points.get("b")
    assert without is not None and without.embedding == []
    assert without.metadata == {"color": "blue", "size": 2.5, "deep": {"er": 1}}
    assert points.get("missing") is None
    several = points.get_documents(["d", "missing", "c"])
    assert [each and each.id for each in several] == ["d", None, "c"]
    assert several[0] is not None and several[0].metadata == {"note": None}


def test_ids_are_given_where_there_are_none(home: Namespace) -> None:
    collection = home.collection("docs", dimension=2)
    given = collection.add_documents(
        [{"content": "x", "embedding": [1, 0]}, {"id": None, "content": "y", "embedding": [0, 1]}]
    )
    assert len(set(given)) == 2
    assert [each and each.content for each in collection.get_documents(given)] == ["x", "y"]
    assert collection.add("mine", "z", [1, 1]) == "mine"


def test_an_id_that_exists_is_replaced(points: Collection) -> None:
    points.add("a", "new", [9.0, 9.0])
    assert points.count() == 4
    assert ids(points.search([9.0, 9.0], k=1)) == ["a"]
    found = points.get("a")
    assert found is not None and (found.content, found.metadata) == ("new", {})


def test_a_document_object_goes_in_as_it_came_out(points: Collection) -> None:
    found = points.search([0.0, 2.0], k=1, include_embeddings=True)[0]
    found.metadata["checked"] = True
    assert points.add_documents([found]) == ["c"]
    again = points.get("c")
    assert again is not None and again.metadata == {"color": "red", "size": 3, "flag": True, "checked": True}


def test_search_gives_distance_and_score(points: Collection) -> None:
    found = points.search([0.0, 0.0], k=3)
    assert ids(found) == ["a", "b", "c"]
    assert [each.distance for each in found] == pytest.approx([0.0, 1.0, 2.0])
    assert [each.score for each in found] == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert all(each.embedding == [] for each in found)
    assert points.search([0.0, 0.0], k=1, include_embeddings=True)[0].embedding == [0.0, 0.0]
    assert ids(points.search([0.0, 0.0], k=100, ef=50)) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("metric", "distance", "score"),
    [("cosine", 1 - 1 / math.sqrt(2), 1 / math.sqrt(2)), ("euclidean", 1.0, 0.5), ("dot", -1.0, 1.0)],
)
def test_metrics(home: Namespace, metric: Any, distance: float, score: float) -> None:
    collection = home.collection(metric, dimension=2, metric=metric)
    collection.add("a", "", [1.0, 1.0])
    (found,) = collection.search([1.0, 0.0])
    assert [found.distance, found.score] == pytest.approx([distance, score])


@pytest.mark.parametrize(
    ("condition", "matching"),
    [
        ({"color": "red"}, "ac"),
        ({"color": {"$ne": "red"}}, "b"),
        ({"size": {"$gt": 1, "$lte": 2.5}}, "b"),
        ({"size": 3.0}, "c"),
        ({"color": {"$in": ["blue", "green"]}}, "b"),
        ({"color": {"$exists": False}}, "d"),
        ({"tags": {"$contains": "y"}}, "a"),
        ({"$or": [{"flag": True}, {"color": "blue"}]}, "bc"),
        ({"$not": {"color": "red"}}, "bd"),
        ({"note": None}, "d"),
        ({"tags": {"$all": ["y", "x"]}}, "a"),
        ({"tags": {"$any": ["z", "y"]}}, "a"),
        ({"color": {"$startswith": "bl"}}, "b"),
        ({"color": {"$icontains": "RE"}}, "ac"),
        ({"$id": {"$in": ["a", "d", "z"]}}, "ad"),
        ({"$id": {"$gt": "a", "$lte": "c"}}, "bc"),
        ({"$id": {"$nin": ["a"]}, "color": "red"}, "c"),
        ({}, "abcd"),
        (None, "abcd"),
    ],
)
def test_filters(points: Collection, condition: Any, matching: str) -> None:
    assert points.count(condition) == len(matching)
    assert sorted(ids(points.search([0.0, 0.0], filter=condition))) == list(matching)


@pytest.mark.parametrize("condition", [{"a": {"$above": 1}}, {"$xor": []}, {"a": {"$in": 3}}, "red", [1]])
def test_bad_filters_are_refused(points: Collection, condition: Any) -> None:
    with pytest.raises(InvalidArgumentError):
        points.search([0.0, 0.0], filter=condition)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"size": {"gte": 2}}, r'write "\$gte"'),
        ({"size": {"$gte_": 2}}, r"did you mean \$gte\?"),
        ({"color": {"$startsWith": "r"}}, r"did you mean \$startswith\?"),
        ({"size": {"$gt": [2]}}, "takes a number, a text, bytes or a truth value, not a list"),
        ({"tags": {"$any": "x"}}, "takes a list, not a text"),
        ({"or": [{"size": 1}]}, r'write "\$or"'),
        ({"$size": 1}, r'\[\["\$size"\], condition\]'),
        ({"$id": 1}, "compares with texts only, not with a number"),
    ],
)
def test_a_wrong_filter_names_what_was_meant(points: Collection, condition: Any, told: str) -> None:
    for ask in (points.count, points.delete_by_filter):
        with pytest.raises(InvalidArgumentError, match=told):
            ask(condition)


def test_filters_lead_into_nested_metadata(home: Namespace) -> None:
    notes = home.collection("notes", dimension=1)
    for id, metadata in [
        ("a", {"by": {"name": "Ada", "tags": ["x", "y"]}}),
        ("b", {"by": {"name": "Bob"}, "$price": 3}),
        ("c", {"by.name": "Ada", "by": "nobody"}),
    ]:
        notes.add(id, f"Text of {id}", [1.0], metadata)

    def found(condition: Any) -> str:
        hits = ids(notes.search([1.0], filter=condition))
        assert notes.count(condition) == len(hits)
        return "".join(hits)

    assert found({"by.name": "Ada"}) == "ac"
    assert found({"by.name": {"$startswith": "B"}}) == "b"
    assert found({"by.tags": {"$all": ["y"]}}) == "a"
    assert found({"by.name": {"$exists": False}}) == ""
    assert found({"by": {"name": "Bob"}}) == "b"
    assert found({"$field": [["by", "name"], "Ada"]}) == "a"
    assert found({"$field": [["$price"], {"$gt": 2}]}) == "b"
    assert found({"$content": {"$icontains": "OF B"}}) == "b"
    assert found({"$not": {"$content": {"$contains": "b"}}, "$id": {"$ne": "c"}}) == "a"


def test_dates_are_texts_in_the_order_of_time(home: Namespace) -> None:
    utc = timezone.utc
    events = home.collection("events", dimension=1)
    noon = datetime(2026, 1, 31, 12, 0, 0, 999_999, utc)
    east = timezone(timedelta(hours=5, minutes=30))
    times = {"a": noon, "b": datetime(2026, 1, 31, 17, 30, 1, tzinfo=east), "c": datetime(99, 12, 31, tzinfo=utc)}
    for id, at in times.items():
        events.add(id, "", [1.0], {"at": at, "on": at.date(), "when": {"at": [at]}})
    stored = {id: document.metadata for id in times if (document := events.get(id)) is not None}
    assert stored["a"] == {"at": "2026-01-31T12:00:00.999Z", "on": "2026-01-31", "when": {"at": ["2026-01-31T12:00:00.999Z"]}}
    assert (stored["b"]["at"], stored["c"]["at"]) == ("2026-01-31T12:00:01.000Z", "0099-12-31T00:00:00.000Z")
    for bound in times.values():
        after = "".join(sorted(id for id, at in times.items() if at.replace(microsecond=0) >= bound.replace(microsecond=0)))
        found = events.search([1.0], filter={"at": {"$gte": bound}})
        assert "".join(sorted(ids(found))) == after
    assert events.count({"on": {"$gt": date(2026, 1, 30)}}) == 2
    assert events.count({"at": datetime(2026, 1, 31, 12, 0, 1, tzinfo=utc)}) == 1
    with pytest.raises(InvalidArgumentError, match=r"metadata\.at: .*has no time zone"):
        events.add("x", "", [1.0], {"at": datetime(2026, 1, 31)})
    with pytest.raises(InvalidArgumentError, match="no time zone"):
        events.count({"at": {"$lt": datetime(2026, 1, 31)}})
    with pytest.raises(InvalidArgumentError, match="outside the years"):
        events.count({"at": datetime(1, 1, 1, tzinfo=east)})
    with pytest.raises(ArgumentTypeError, match="aware datetime"):
        events.count({"at": np.datetime64(0, "ns")})


def test_deleting(points: Collection) -> None:
    assert points.delete("a") is True
    assert points.delete("a") is False
    assert points.delete_documents(["b", "missing"]) == 1
    assert points.delete_by_filter({"color": "red"}) == 1
    assert ids(points.search([0.0, 0.0])) == ["d"]
    for always in ({}, {"$and": []}, {"$and": [{}]}, {"$or": [{}, {"color": "blue"}]}, {"$not": {"$or": []}}):
        with pytest.raises(InvalidArgumentError, match="delete them all"):
            points.delete_by_filter(always)
    assert points.count() == 1


def test_batch_search_is_several_searches(points: Collection) -> None:
    queries = [[0.0, 0.0], [3.0, 3.0], [1.0, 0.0]]
    batch = points.search_batch(queries, k=2, filter={"size": {"$exists": True}})
    assert batch == [points.search(query, k=2, filter={"size": {"$exists": True}}) for query in queries]


@pytest.mark.parametrize(
    "given",
    [
        {"id": "x", "content": "two times", "ttl": 1, "expires_at": 1},
        {"id": "x", "embedding": [1.0, 2.0, 3.0]},
        {"id": "x", "embedding": [float("nan"), 0.0]},
        {"id": "x", "embedding": [float("inf"), 0.0]},
        {"id": "x", "embedding": [1.0, 0.0], "metadata": {"nan": float("nan")}},
        {"id": "x", "embedding": [1.0, 0.0], "metadata": {"large": 2**63}},
        {"id": "", "embedding": [1.0, 0.0]},
        {"id": "x", "embedding": [1.0, 0.0], "metdata": {}},
    ],
)
def test_bad_documents_are_refused_and_nothing_is_written(points: Collection, given: Dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        points.add_documents([document("e", [5.0, 5.0]), given])
    assert points.count() == 4


def test_wrong_types_are_refused(points: Collection) -> None:
    for given in ({"id": 5, "embedding": [0, 0]}, {"embedding": [0, 0], "metadata": {"a": object()}}, 5, "text"):
        with pytest.raises(TypeError):
            points.add_documents([given])  # type: ignore[list-item]


def test_a_zero_vector_has_no_direction(home: Namespace) -> None:
    collection = home.collection("angles", dimension=2)
    with pytest.raises(InvalidArgumentError):
        collection.add("a", "", [0.0, 0.0])
    with pytest.raises(InvalidArgumentError):
        collection.search([0.0, 0.0])


def test_a_value_that_contains_itself_is_refused(points: Collection) -> None:
    endless: List[Any] = []
    endless.append(endless)
    with pytest.raises(Exception, match="nested deeper"):
        points.add("e", "", [0.0, 0.0], {"endless": endless})
