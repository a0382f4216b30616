#!/usr/bin/env python3
"""Time travel over gRPC: several agents share one memory, and ask what was true and what was believed.

    python examples/21_temporal_graph.py [--server path/to/toondb]

A server is started for the example and ends with it. Its binary is looked for in --server, $TOONDB_BIN, target/release
and on PATH.
"""

import argparse
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import List

from toondb import TemporalEdge, ToonDBClient

from example_data import heading, table
from example_server import find_server, served

MEMORY = "agent_memory"
MINUTE = 60_000
HOUR = 60 * MINUTE


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


def record_and_ask(client: ToonDBClient, now: int) -> None:
    """A period is recorded; a question about a time inside it finds the fact, one about a time outside does not."""
    client.add_temporal_edge(
        namespace=MEMORY,
        from_id="door_1",
        edge_type="is_open",
        to_id="room_5",
        valid_from=now - HOUR,
        valid_until=now - 15 * MINUTE,
        properties={"sensor": "motion_1"},
    )
    for ago in (90, 30, 0):
        edges = client.query_temporal_graph(
            namespace=MEMORY, node_id="door_1", mode="POINT_IN_TIME", timestamp=now - ago * MINUTE
        )
        print(f"  was door_1 open {ago} minutes ago? {'yes' if edges else 'no'}")
    print("\n  what held at some time in the last hour:\n")
    show(
        client.query_temporal_graph(
            namespace=MEMORY, node_id="door_1", mode="RANGE", start_time=now - HOUR, end_time=now
        )
    )


def sense(address: str, agent: str, rooms: List[str], begun: int) -> None:
    """One agent, with a connection of its own: notes where it is, ten minutes in each room."""
    with ToonDBClient(address) as client:
        for turn, room in enumerate(rooms):
            client.supersede_temporal_edge(MEMORY, agent, "IS_IN", room, begun + turn * 10 * MINUTE)


def agents_at_once(address: str, client: ToonDBClient, now: int) -> None:
    """Three agents write at the same time; a fourth asks where each of them was."""
    routes = {
        "agent_a": ["hall", "kitchen", "lab"],
        "agent_b": ["lab", "lab_store", "hall"],
        "agent_c": ["kitchen", "garden", "hall"],
    }
    begun = now - 30 * MINUTE
    threads = [threading.Thread(target=sense, args=(address, agent, rooms, begun)) for agent, rooms in routes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = []
    for minutes in (25, 15, 5):
        places = []
        for agent in routes:
            edges = client.query_temporal_graph(MEMORY, agent, timestamp=now - minutes * MINUTE)
            places.append(", ".join(edge.to_id for edge in edges))
        rows.append((f"{minutes} minutes ago", *places))
    table(["when", *routes], rows)
    edges = client.query_temporal_graph(MEMORY, "hall", mode="CURRENT", direction="incoming")
    print(f"  in the hall now: {sorted(edge.from_id for edge in edges)}\n")


def correct_and_look_back(client: ToonDBClient, now: int) -> None:
    """A belief is corrected: the new answer and the one that was given before can both be had."""
    before = client.namespace_stats(MEMORY).commit_seq
    client.add_temporal_edge(
        namespace=MEMORY,
        from_id="door_1",
        edge_type="is_open",
        to_id="room_5",
        valid_from=now - HOUR,
        valid_until=now - 40 * MINUTE,
        properties={"source": "video"},
    )
    at = now - 30 * MINUTE
    known = client.query_temporal_graph(MEMORY, "door_1", timestamp=at)
    believed = client.query_temporal_graph(MEMORY, "door_1", timestamp=at, as_of_seq=before)
    print(f"  open 30 minutes ago? As we know now: {bool(known)}. As we believed before the video: {bool(believed)}.\n")
    table(
        ["until", "properties", "believed from commit", "to commit"],
        [
            (clock(each.valid_until), each.properties, each.asserted_seq, each.retracted_seq or "now")
            for each in client.temporal_history(MEMORY, "door_1")
        ],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="", help="the toondb binary to start a server with")
    binary = find_server(parser.parse_args().server)
    if not binary:
        print("No server binary found: build it with `cargo build --release`, or give --server.")
        return 1
    now = int(time.time() * 1000)
    with tempfile.TemporaryDirectory(prefix="toondb-temporal-") as folder, served(binary, Path(folder)) as addresses:
        with ToonDBClient(addresses.grpc) as client:
            heading("Facts with a period, and questions about a time")
            record_and_ask(client, now)
            heading("Several agents, one memory")
            agents_at_once(addresses.grpc, client, now)
            heading("What did we believe before a correction?")
            correct_and_look_back(client, now)
    return 0


if __name__ == "__main__":
    sys.exit(main())
