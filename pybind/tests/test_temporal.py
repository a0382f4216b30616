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
        {"mode": "RANGE", "timestamp": 5},
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
    for _ in range(100_000):
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


def test_an_end_of_a_range_may_be_left_out(door: Namespace) -> None:
    def ask(**times: Any) -> List[Tuple[str, int, int]]:
        return periods(door.query_temporal_graph("door", mode="RANGE", **times))

    everything = [("closed", 100, 200), ("open", 200, 300), ("closed", 300, 0)]
    assert ask() == everything
    assert ask(start_time=200) == everything[1:]
    assert ask(end_time=200) == everything[:1]
    assert ask(start_time=250, clip=True) == [("open", 250, 300), ("closed", 300, 0)]


def test_closing_brings_a_planned_end_forward(home: Namespace) -> None:
    home.add_temporal_edge("ada", "IS_IN", "hall", 100, 500)
    assert periods(home.close_temporal_edge("ada", "IS_IN", "hall", at=180)) == [("hall", 100, 180)]
    for ended in (180, 500):
        with pytest.raises(EdgeNotFoundError):
            home.close_temporal_edge("ada", "IS_IN", "hall", at=ended)


def test_stating_a_value_again_writes_nothing(home: Namespace) -> None:
    first = home.state_fact("lamp", "STATE", "on", {"by": "ada"}, valid_from=100)
    assert (periods([first.asserted]), first.closed, first.changed) == ([("on", 100, 0)], [], True)
    seq = home.stats().commit_seq
    again = home.state_fact("lamp", "STATE", "on", {"by": "ada"}, valid_from=150)
    assert (again.asserted, again.changed, home.stats().commit_seq) == (first.asserted, False, seq)
    other = home.state_fact("lamp", "STATE", "on", {"by": "bob"}, valid_from=200)
    assert (periods(other.closed), other.changed) == ([("on", 100, 200)], True)
    before = datetime.now(timezone.utc)
    now = home.state_fact("lamp", "STATE", "off")
    assert before - timedelta(seconds=1) < now.asserted.start <= datetime.now(timezone.utc) + timedelta(seconds=1)
    with home.transaction() as tx:
        tx.state_fact("door", "STATE", "open", valid_from=0)
        tx.state_fact("door", "STATE", "open", valid_from=10)
        tx.state_fact("door", "STATE", "shut", valid_from=20, valid_until=30)
    found = home.query_temporal_graph("door", mode="RANGE")
    assert periods(found) == [("open", 0, 20), ("shut", 20, 30), ("open", 30, 0)]


def test_facts_across_nodes(home: Namespace) -> None:
    home.add_temporal_edge("ada", "LIVES", "rome", 10, 20)
    home.add_temporal_edge("bob", "LIVES", "rome", 15, properties={"source": "letter"})
    home.add_temporal_edge("ada", "KNOWS", "bob", 5)
    assert [(each.from_id, each.to_id) for each in home.list_facts()] == [("ada", "bob"), ("bob", "rome")]
    assert periods(home.list_facts("LIVES", mode="RANGE")) == [("rome", 10, 20), ("rome", 15, 0)]
    assert periods(home.list_facts("LIVES", at=12)) == [("rome", 10, 20)]
    assert periods(home.list_facts(to_id="rome", start_time=20)) == [("rome", 15, 0)]
    assert periods(home.list_facts(filter={"source": "letter"})) == [("rome", 15, 0)]
    assert periods(home.list_facts(from_id="ada", limit=1)) == [("bob", 5, 0)]
    seq = home.stats().commit_seq
    assert home.list_facts(changed_since_seq=seq) == []
    home.close_temporal_edge("ada", "KNOWS", "bob", 50)
    changed = home.list_facts(changed_since_seq=seq)
    assert periods(changed) == [("bob", 5, 0), ("bob", 5, 50)]
    assert [each.retracted_seq is None for each in changed] == [False, True]
    assert "retracted_seq" in changed.to_toon() and "retracted_seq" not in home.list_facts().to_toon()
    assert home.list_facts(as_of_seq=1, at=12) == home.list_facts("LIVES", at=12)
    for wrong in ({"at": 5, "start_time": 1}, {"mode": "CURRENT", "at": 5}, {"as_of": 1, "as_of_seq": 1}):
        with pytest.raises(InvalidArgumentError):
            home.list_facts(**wrong)  # type: ignore[arg-type]


def test_many_facts_are_listed_and_erased_in_parts(home: Namespace) -> None:
    with home.transaction() as tx:
        for number in range(2_300):
            tx.add_temporal_edge(f"n{number}", "READS", "value", number, properties={"odd": number % 2 == 1})
    listed = home.list_facts("READS")
    assert len(listed) == 2_300 and len({each.from_id for each in listed}) == 2_300
    assert len(home.list_facts("READS", limit=1_100)) == 1_100
    assert home.erase_temporal(edge_type="READS", filter={"odd": True}) == 1_150
    assert home.erase_temporal(node_id="value") == 1_150
    assert home.list_facts(mode="RANGE") == []


def test_paths_and_neighbours_at_an_instant(home: Namespace) -> None:
    home.add_temporal_edge("ada", "IS_IN", "hall", 100, 200)
    home.add_temporal_edge("hall", "PART_OF", "house", 100, properties={"floor": 1})
    path = home.temporal_shortest_path("ada", "house", 150)
    assert path is not None and path.nodes == ["ada", "hall", "house"]
    assert [each.properties for each in path.edges] == [{}, {"floor": 1}]
    assert home.temporal_shortest_path("ada", "house", 200) is None
    assert home.temporal_shortest_path("ada", "house", 150, 1) is None
    back = home.temporal_shortest_path("house", "ada", 150, direction="incoming")
    assert back is not None and back.nodes == ["house", "hall", "ada"]
    nodes, edges = home.temporal_neighbors("hall", 150, direction="both")
    assert ([node.id for node in nodes], len(edges)) == (["house", "ada"], 2)
    nodes, _ = home.temporal_neighbors("hall", 150, ["IS_IN"], direction="both")
    assert [node.id for node in nodes] == ["ada"]


def test_histories_with_the_newest_first_and_in_a_window(door: Namespace) -> None:
    newest = door.temporal_history("door", newest_first=True)
    assert [each.valid_from for each in newest] == [300, 200, 100]
    assert [each.valid_from for each in door.temporal_history("door", newest_first=True, limit=1)] == [300]
    assert [each.valid_from for each in door.temporal_history("door", start_time=150, end_time=300)] == [100, 200]
    first = newest[-1]
    known = door.temporal_history("door", as_of_seq=first.asserted_seq)
    assert [each.valid_from for each in known] == [100]


def test_erasing_what_a_window_and_a_filter_mean(door: Namespace) -> None:
    with pytest.raises(InvalidArgumentError, match="nothing says which facts"):
        door.erase_temporal()
    with pytest.raises(InvalidArgumentError, match="true of every fact"):
        door.erase_temporal("door", filter={})
    door.close_temporal_edge("door", "STATE", "closed", 400)
    assert door.erase_temporal("door", end_time=300) == 2
    assert [each.valid_from for each in door.temporal_history("door")] == [300, 300]
    assert door.erase_temporal(end_time=400) == 2, "what was believed before goes with it"


def test_a_row_is_a_fact(home: Namespace) -> None:
    """Of every kind that reads give: rows of JSON, with their properties in columns, and dataclasses."""
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    home.add_temporal_edge("a", "IS", "open", -10, None, {"by": "ada", "n": 1})
    home.add_temporal_edge("a", "IS", "closed", -10, 20)
    home.add_temporal_edge("a", "IS", "ended", -10, epoch)
    facts = home.list_facts(mode="RANGE")
    with home.transaction() as tx:
        for number, row in enumerate(from_json(home.list_facts(at=-5).to_json())):
            tx.add_temporal_edge(**{**row, "from_id": f"json{number}"})
        for row in from_json(home.temporal_history("a").to_json()):
            tx.add_temporal_edge(**{**row, "from_id": "history"})
    for fact in facts:
        home.add_temporal_edge(**{**vars(fact), "from_id": "vars"})
    copies = home.list_facts(from_id="vars", mode="RANGE")
    assert [(each.to_id, each.valid_from, each.end, each.properties) for each in copies] == [
        (each.to_id, each.valid_from, each.end, each.properties) for each in facts
    ]
    found = {each.to_id: each for each in home.query_temporal_graph("history", timestamp=100)}
    assert sorted(found) == ["ended", "open"], "an end of 0, as a row of JSON has it, is open"
    assert found["open"].properties == {"by": "ada", "n": 1}
    closed, _, opened = sorted(
        (each for number in range(3) for each in home.list_facts(from_id=f"json{number}", mode="RANGE")),
        key=lambda each: each.to_id,
    )
    assert (closed.valid_until, opened.is_open, opened.properties) == (20, True, {"by": "ada", "n": 1})
    with pytest.raises(ArgumentTypeError, match="a fact has no 'colour'"):
        home.add_temporal_edge("a", "IS", "b", 1, colour="red")
