"""The temporal graph over both transports."""

import random
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Tuple

import pytest

from toondb import (
    ArgumentTypeError,
    EdgeNotFoundError,
    InvalidArgumentError,
    Namespace,
    TemporalEdge,
    from_json,
)
from toondb._toondb import time_ms


def periods(edges: List[TemporalEdge]) -> List[Tuple[str, int, int]]:
    return [(edge.to_id, edge.valid_from, edge.valid_until) for edge in edges]


@pytest.fixture
def door(home: Namespace) -> Namespace:
    """Closed over [100, 200), open over [200, 300), closed from 300 on."""
    assert home.add_temporal_edge("door", "STATE", "closed", 100, 200) is True
    home.add_temporal_edge("door", "STATE", "open", 200, 300, {"sensor": "m1"})
    home.add_temporal_edge("door", "STATE", "closed", valid_from=300)
    return home


def test_point_in_time_is_half_open(door: Namespace) -> None:
    states = {
        time: [edge.to_id for edge in door.query_temporal_graph("door", timestamp=time)]
        for time in (99, 100, 199, 200, 300)
    }
    assert states == {99: [], 100: ["closed"], 199: ["closed"], 200: ["open"], 300: ["closed"]}


def test_a_fact_comes_back_whole(door: Namespace) -> None:
    (edge,) = door.query_temporal_graph("door", timestamp=250)
    assert edge == TemporalEdge(
        "door", "STATE", "open", 200, 300, {"sensor": "m1"}, edge.asserted_seq, edge.asserted_at, None, None
    )
    assert edge.asserted_seq >= 2 and edge.asserted_at > 1_600_000_000_000
    (still,) = door.query_temporal_graph("door", mode="CURRENT")
    assert (still.to_id, still.valid_from, still.valid_until) == ("closed", 300, 0)


def test_ranges_and_clipping(door: Namespace) -> None:
    found = door.query_temporal_graph("door", mode="RANGE", start_time=150, end_time=201)
    assert periods(found) == [("closed", 100, 200), ("open", 200, 300)]
    clipped = door.query_temporal_graph("door", mode="range", start_time=150, end_time=350, clip=True)
    assert periods(clipped) == [("closed", 150, 200), ("open", 200, 300), ("closed", 300, 350)]
    assert door.query_temporal_graph("door", mode="RANGE", start_time=0, end_time=100) == []


def test_directions_types_and_limits(door: Namespace) -> None:
    door.add_temporal_edge("door", "PART_OF", "hall", 100)
    assert len(door.query_temporal_graph("door", timestamp=150)) == 2
    assert periods(door.query_temporal_graph("door", timestamp=150, edge_types=["PART_OF"])) == [("hall", 100, 0)]
    (incoming,) = door.query_temporal_graph("hall", timestamp=150, direction="incoming")
    assert incoming.from_id == "door"
    assert len(door.query_temporal_graph("door", timestamp=150, limit=1)) == 1


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"timestamp": 5, "start_time": 1},
        {"mode": "RANGE", "start_time": 5},
        {"mode": "RANGE", "start_time": 5, "end_time": 5},
        {"mode": "CURRENT", "timestamp": 5},
        {"mode": "SOMETIME"},
        {"timestamp": 5, "as_of": 1, "as_of_seq": 1},
    ],
)
def test_contradictory_questions_are_refused(door: Namespace, question: Dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        door.query_temporal_graph("door", **question)


def test_a_period_must_not_be_empty(home: Namespace) -> None:
    for until in (100, 50, -1):
        with pytest.raises(InvalidArgumentError):
            home.add_temporal_edge("a", "T", "b", 100, until)
    home.add_temporal_edge("a", "T", "b", -5_000, -4_000)
    assert len(home.query_temporal_graph("a", timestamp=-4_500)) == 1


def test_closing(home: Namespace) -> None:
    home.add_temporal_edge("ada", "IS_IN", "hall", 100)
    (closed,) = home.close_temporal_edge("ada", "IS_IN", "hall", at=180)
    assert (closed.valid_from, closed.valid_until) == (100, 180)
    assert home.query_temporal_graph("ada", timestamp=180) == []
    with pytest.raises(EdgeNotFoundError):
        home.close_temporal_edge("ada", "IS_IN", "hall")
    home.add_temporal_edge("ada", "IS_IN", "yard", 200)
    with pytest.raises(InvalidArgumentError):
        home.close_temporal_edge("ada", "IS_IN", "yard", at=200)


def test_superseding_and_late_facts(home: Namespace) -> None:
    first = home.supersede_temporal_edge("ada", "IS_IN", "hall", 100)
    assert (first.asserted.valid_until, first.closed) == (0, [])
    second = home.supersede_temporal_edge("ada", "IS_IN", "yard", 200)
    assert periods(second.closed) == [("hall", 100, 200)]
    late = home.supersede_temporal_edge("ada", "IS_IN", "attic", 50)
    assert (late.asserted.valid_from, late.asserted.valid_until) == (50, 100)
    found = home.query_temporal_graph("ada", mode="RANGE", start_time=0, end_time=1_000)
    assert sorted(periods(found)) == [("attic", 50, 100), ("hall", 100, 200), ("yard", 200, 0)]


def test_as_of_and_history(home: Namespace) -> None:
    home.add_temporal_edge("lamp", "STATE", "on", 100, 200)
    believed = home.stats().commit_seq
    home.add_temporal_edge("lamp", "STATE", "on", 100, 150, {"corrected": True})
    assert home.query_temporal_graph("lamp", timestamp=180) == []
    assert periods(home.query_temporal_graph("lamp", timestamp=180, as_of_seq=believed)) == [("on", 100, 200)]
    history = home.temporal_history("lamp", edge_type="STATE", other_id="on")
    assert sorted(periods(history)) == [("on", 100, 150), ("on", 100, 200)]
    (old,) = [edge for edge in history if edge.valid_until == 200]
    assert old.retracted_seq is not None and old.retracted_seq > old.asserted_seq
    assert old.retracted_at is not None and old.retracted_at >= old.asserted_at
    assert home.query_temporal_graph("lamp", timestamp=180, as_of=old.asserted_at - 1) == []


def test_history_pages_by_itself(home: Namespace) -> None:
    with home.transaction() as tx:
        for time in range(1, 1_301):
            tx.add_temporal_edge("meter", "READS", "value", time * 10, time * 10 + 10)
    assert len(home.temporal_history("meter")) == 1_300
    assert len(home.temporal_history("meter", limit=1_100)) == 1_100


def test_walks_at_one_instant(home: Namespace) -> None:
    home.add_temporal_edge("ada", "IS_IN", "hall", 100, 200)
    home.add_temporal_edge("hall", "PART_OF", "house", 100)
    home.add_temporal_edge("hall", "PART_OF", "ruin", 300)
    nodes, edges = home.traverse_temporal("ada", 150)
    assert [node.id for node in nodes] == ["ada", "hall", "house"]
    assert periods(edges) == [("hall", 100, 200), ("house", 100, 0)]
    nodes, _ = home.traverse_temporal("ada", 250)
    assert [node.id for node in nodes] in (["ada"], [])
    nodes, _ = home.traverse_temporal("house", 150, direction="incoming", max_depth=1)
    assert [node.id for node in nodes] == ["house", "hall"]


def test_erasing(door: Namespace) -> None:
    assert door.erase_temporal("door", "STATE", "open") == 1
    assert door.query_temporal_graph("door", timestamp=250) == []
    assert len(door.temporal_history("door")) == 2
    assert door.erase_temporal("door") == 2
    assert door.temporal_history("door") == []


def test_times_are_given_in_any_form(home: Namespace) -> None:
    """To the millisecond that they lie in, whatever their zone; a time of nobody knows which zone is refused."""
    hours = timezone(timedelta(hours=5, minutes=30))
    for number, (start, ms) in enumerate(
        [
            (datetime(2026, 1, 31, 12, 0, tzinfo=timezone.utc), 1_769_860_800_000),
            (datetime(2026, 1, 31, 17, 30, tzinfo=hours), 1_769_860_800_000),
            ("2026-01-31T12:00:00Z", 1_769_860_800_000),
            ("2026-01-31T17:30:00.001999+05:30", 1_769_860_800_001),
            (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc), -1),
            (datetime(1, 1, 1, tzinfo=timezone.utc), -62_135_596_800_000),
            (-5, -5),
        ]
    ):
        home.add_temporal_edge("a", "IS", f"b{number}", start)
        (fact,) = [each for each in home.temporal_history("a") if each.to_id == f"b{number}"]
        assert fact.valid_from == ms
        assert fact.start == datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=ms)
        assert fact.to_id in [each.to_id for each in home.query_temporal_graph("a", timestamp=start)]
    for naive in (datetime(2026, 1, 31), "2026-01-31T12:00:00", "2026-01-31"):
        with pytest.raises(InvalidArgumentError, match="has no time zone"):
            home.query_temporal_graph("a", timestamp=naive)
    with pytest.raises(InvalidArgumentError, match="ISO 8601"):
        home.query_temporal_graph("a", timestamp="yesterday")
    for wrong in (True, 1.5, b"2026"):
        with pytest.raises(ArgumentTypeError, match="a time is an int of milliseconds"):
            home.query_temporal_graph("a", timestamp=wrong)  # type: ignore[arg-type]


def test_every_microsecond_belongs_to_its_millisecond(home: Namespace) -> None:
    """Floats would put one in 160 of them into the millisecond before."""
    moments = random.Random(7)
    for _ in range(2_000):
        since = timedelta(microseconds=moments.randrange(-(10**15), 10**15))
        assert time_ms(datetime(1970, 1, 1, tzinfo=timezone.utc) + since) == since // timedelta(milliseconds=1)


def test_a_fact_that_ends_at_the_epoch_is_not_open(home: Namespace) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    home.add_temporal_edge("a", "IS", "ended", -10, epoch)
    home.add_temporal_edge("a", "IS", "open", -10, 0)
    home.add_temporal_edge("a", "IS", "open too", -10, None)
    facts = {each.to_id: each for each in home.query_temporal_graph("a", timestamp=-5)}
    assert [facts[name].is_open for name in ("ended", "open", "open too")] == [False, True, True]
    assert [facts[name].valid_until for name in ("ended", "open")] == [0, 0]
    assert (facts["ended"].end, facts["open"].end) == (epoch, None)
    rows = {row["to_id"]: row["valid_until"] for row in from_json(home.temporal_history("a").to_json())}
    assert rows == {"ended": 0, "open": None, "open too": None}
