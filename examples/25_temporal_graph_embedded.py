#!/usr/bin/env python3
"""Time travel: what was true at a time, and what we believed at a time.

python examples/25_temporal_graph_embedded.py
"""

import tempfile
from datetime import datetime, timezone
from typing import List

from toondb import Database, EdgeNotFoundError, TemporalEdge

from example_data import heading, table

HOME = "smart_home"
MINUTE = 60_000
TEN = int(datetime(2026, 1, 7, 10, 0, tzinfo=timezone.utc).timestamp() * 1000)


def clock(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, timezone.utc).strftime("%H:%M") if time_ms else "open"


def show(edges: List[TemporalEdge]) -> None:
    table(
        ["from", "type", "to", "valid from", "until", "properties"],
        [
            (
                edge.from_id,
                edge.edge_type,
                edge.to_id,
                clock(edge.valid_from),
                clock(edge.valid_until),
                edge.properties or "",
            )
            for edge in edges
        ],
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="toondb-temporal-") as folder, Database.open(folder) as db:
        heading("Facts with a period: [from, until)")
        db.add_temporal_edge(HOME, "door_front", "STATE", "closed", TEN, TEN + 30 * MINUTE)
        db.add_temporal_edge(
            HOME, "door_front", "STATE", "open", TEN + 30 * MINUTE, TEN + 45 * MINUTE, {"sensor": "motion_1"}
        )
        db.add_temporal_edge(HOME, "door_front", "STATE", "closed", TEN + 45 * MINUTE)
        db.add_temporal_edge(HOME, "door_front", "PART_OF", "hall", TEN)
        show(db.query_temporal_graph(HOME, "door_front", mode="RANGE", start_time=TEN, end_time=TEN + 60 * MINUTE))

        heading("Was the door open at 10:20, 10:30, 10:44, 10:45?")
        rows = []
        for minutes in (20, 30, 44, 45):
            edges = db.query_temporal_graph(HOME, "door_front", timestamp=TEN + minutes * MINUTE, edge_types=["STATE"])
            rows.append((clock(TEN + minutes * MINUTE), ", ".join(edge.to_id for edge in edges)))
        table(["time", "state"], rows)

        heading("What happened from 10:40 to 10:50? Cut to that window")
        show(
            db.query_temporal_graph(
                HOME,
                "door_front",
                mode="RANGE",
                start_time=TEN + 40 * MINUTE,
                end_time=TEN + 50 * MINUTE,
                edge_types=["STATE"],
                clip=True,
            )
        )

        heading("A single-valued relation: each value ends the one before")
        home = db.namespace(HOME)
        for minutes, room in ((0, "kitchen"), (20, "hall"), (50, "garden")):
            home.supersede_temporal_edge("ada", "IS_IN", room, TEN + minutes * MINUTE)
        late = home.supersede_temporal_edge("ada", "IS_IN", "cellar", TEN + 40 * MINUTE, properties={"seen": "camera"})
        print(f"  a late sighting is stored until the next one: {clock(late.asserted.valid_until)}\n")
        show(home.query_temporal_graph("ada", mode="RANGE", start_time=TEN, end_time=TEN + 60 * MINUTE))

        heading("Closing a fact at a time, and what cannot be closed")
        for closed in home.close_temporal_edge("ada", "IS_IN", "garden", at=TEN + 70 * MINUTE):
            print(f"  {closed.from_id} {closed.edge_type} {closed.to_id} until {clock(closed.valid_until)}")
        try:
            home.close_temporal_edge("ada", "IS_IN", "attic")
        except EdgeNotFoundError as error:
            print(f"  {error}\n")

        heading("What did we believe before a correction?")
        before = db.namespace_stats(HOME).commit_seq
        db.add_temporal_edge(
            HOME, "door_front", "STATE", "open", TEN + 30 * MINUTE, TEN + 35 * MINUTE, {"source": "video"}
        )
        at = TEN + 40 * MINUTE
        now = home.query_temporal_graph("door_front", timestamp=at, edge_types=["STATE"])
        then = home.query_temporal_graph("door_front", timestamp=at, edge_types=["STATE"], as_of_seq=before)
        print(f"  open at {clock(at)}? As we know now: {bool(now)}. As we believed then: {bool(then)}.\n")
        beliefs = home.temporal_history("door_front", edge_type="STATE", other_id="open")
        table(
            ["until", "properties", "believed from commit", "to commit"],
            [
                (clock(each.valid_until), each.properties, each.asserted_seq, each.retracted_seq or "now")
                for each in beliefs
            ],
        )

        heading("A walk at one instant: every edge of it valid at 10:32")
        nodes, edges = home.traverse_temporal("door_front", TEN + 32 * MINUTE, max_depth=2)
        print(f"  reached {[node.id for node in nodes]}\n")
        nodes, edges = home.traverse_temporal("hall", TEN + 32 * MINUTE, max_depth=1, direction="incoming")
        print(f"  in or at the hall: {sorted(edge.from_id for edge in edges)}\n")

        heading("Forgetting someone")
        print(f"  {home.erase_temporal('ada')} beliefs about ada erased; what is left: {home.temporal_history('ada')}")


if __name__ == "__main__":
    main()
