#!/usr/bin/env python3
"""ToonDB in one sitting: documents, search, graph and time travel; embedded, through a Unix socket, and over gRPC.

    python examples/20_quickstart.py [--server path/to/toondb] [--socket /tmp/toondb.sock]

The same function runs on each and the answers are compared. The server's binary is looked for in --server, $TOONDB_BIN,
target/release/toondb and on PATH; with --socket one that is already running is used instead, by its socket alone.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List, Union

from toondb import Database, IpcClient, ToonDBClient

import example_data
from example_data import heading, progress, table, words
from example_server import find_server, served

NAMESPACE = "quickstart"
COLLECTION = "synsets"
BATCH = 250

Store = Union[Database, IpcClient, ToonDBClient]


def load(db: Store, documents: List[Dict[str, Any]], vectors: example_data.Matrix) -> None:
    """Everything about the synsets: one document each with its embedding, one node each, one edge for each relation."""
    _, dimension = example_data.shape_of(vectors)
    if NAMESPACE in db.list_namespaces():
        db.delete_namespace(NAMESPACE)
    db.create_namespace(NAMESPACE, metadata={"source": "WordNet 3.0"})
    db.create_collection(COLLECTION, dimension=dimension, namespace=NAMESPACE)
    for start in range(0, len(documents), BATCH):
        rows = documents[start : start + BATCH]
        with db.transaction(namespace=NAMESPACE) as tx:
            fields = [{key: row[key] for key in ("id", "content", "metadata")} for row in rows]
            tx.add_documents(COLLECTION, fields, embeddings=example_data.rows_of(vectors, start, start + len(rows)))
            for row in rows:
                tx.add_node(row["id"], row["metadata"]["lex"], {"words": words(row)})
        progress("documents and nodes", start + len(rows), len(documents))
    edges = [(row["id"], kind, target) for row in documents for kind, target in row["edges"]]
    for start in range(0, len(edges), BATCH * 2):
        part = edges[start : start + BATCH * 2]
        with db.transaction(namespace=NAMESPACE) as tx:
            for edge in part:
                tx.add_edge(*edge)
        progress("edges", start + len(part), len(edges))


def ask(db: Store, queries: List[Dict[str, Any]], query_vectors: List[Any]) -> List[Any]:
    """Searches with real queries, without and with a filter. Returns what was found, for comparison."""
    answers: List[Any] = []
    for query, vector in list(zip(queries, query_vectors))[2:5]:
        found = db.search_collection(COLLECTION, vector, k=4, namespace=NAMESPACE)
        print(f"Near {query['content']!r}:\n")
        table(["score", "lex", "content"], [(hit.score, hit.metadata["lex"], hit.content) for hit in found])
        answers.append([(hit.id, hit.score) for hit in found])

    wanted = {"$or": [{"lex": "noun.body"}, {"lex": "verb.body"}], "pos": {"$in": ["n", "v"]}}
    query, vector = queries[4], query_vectors[4]
    found = db.search_collection(COLLECTION, vector, k=4, namespace=NAMESPACE, filter=wanted)
    print(f"Near {words(query)!r}, but only what has to do with the body:\n")
    table(["score", "lex", "content"], [(hit.score, hit.metadata["lex"], hit.content) for hit in found])
    answers.append([(hit.id, hit.score) for hit in found])
    return answers


def climb(db: Store, documents: List[Dict[str, Any]]) -> List[Any]:
    """From wort up to matter, and what lies below grain."""
    names = {row["id"]: words(row) for row in documents}
    wort = next(id for id, name in names.items() if name == "wort")
    nodes, edges = db.traverse(wort, max_depth=10, edge_types=["hypernym"], namespace=NAMESPACE)
    print("What is wort?\n\n  " + " > ".join(node.properties["words"] for node in nodes) + "\n")

    path = db.shortest_path("n07731952", "n07889193", namespace=NAMESPACE, direction="both", edge_types=["hypernym"])
    steps = [] if path is None else [names[id] for id in path.nodes]
    print("How are corn and wort related?\n\n  " + " - ".join(steps) + "\n")
    return [[node.id for node in nodes], [(edge.from_id, edge.to_id) for edge in edges], steps]


def travel(db: Store) -> List[Any]:
    """An agent that notes where things are is asked where they were."""
    minute = 60_000
    noon = 1_767_268_800_000  # 2026-01-01T12:00:00Z
    with db.transaction(namespace=NAMESPACE) as tx:
        tx.supersede_temporal_edge("wort", "IS_IN", "mash tun", noon - 90 * minute)
        tx.supersede_temporal_edge("wort", "IS_IN", "kettle", noon - 45 * minute, properties={"seen_by": "camera_2"})
        tx.supersede_temporal_edge("wort", "IS_IN", "fermenter", noon - 10 * minute)
    before = db.namespace_stats(NAMESPACE).commit_seq
    # A late note: on its way to the fermenter it was cooled, for three minutes from noon - 13.
    db.supersede_temporal_edge(NAMESPACE, "wort", "IS_IN", "cooler", noon - 13 * minute)

    answers: List[Any] = []
    rows = []
    for ago in (60, 30, 12, 0):
        now = db.query_temporal_graph(NAMESPACE, "wort", timestamp=noon - ago * minute)
        then = db.query_temporal_graph(NAMESPACE, "wort", timestamp=noon - ago * minute, as_of_seq=before)
        places = [", ".join(edge.to_id for edge in edges) for edges in (now, then)]
        rows.append((f"{ago} minutes before noon", *places))
        answers.append(places)
    print("Where was the wort?\n")
    table(["when", "as we know now", "as we knew before the late note"], rows)

    changes = db.query_temporal_graph(NAMESPACE, "wort", mode="RANGE", start_time=noon - 30 * minute, end_time=noon)
    answers.append([(edge.to_id, edge.valid_from, edge.valid_until) for edge in changes])
    return answers


def tour(db: Store) -> List[Any]:
    """Everything, on any kind of connection."""
    documents, vectors, queries, query_vectors = example_data.load()
    begun = time.perf_counter()
    load(db, documents, vectors)
    print(f"\nloaded in {time.perf_counter() - begun:.2f} s\n")
    return [ask(db, queries, query_vectors), climb(db, documents), travel(db)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="", help="the toondb binary to start a server with")
    parser.add_argument("--socket", default="", help="the socket of a server that is running already")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="toondb-quickstart-") as name:
        folder = Path(name)
        heading("Embedded: the engine in this process")
        with Database.open(folder / "embedded") as db:
            answers = [tour(db)]

        binary = find_server(arguments.server)
        if arguments.socket:
            heading("Served: the same through a Unix socket")
            with IpcClient(arguments.socket) as client:
                answers.append(tour(client))
                client.delete_namespace(NAMESPACE)
        elif binary:
            with served(binary, folder) as addresses:
                heading("Served: the same through a Unix socket")
                with IpcClient(addresses.socket) as client:
                    answers.append(tour(client))
                heading("Served: the same over gRPC")
                with ToonDBClient(addresses.grpc) as remote:
                    answers.append(tour(remote))
        else:
            print("No server binary found: build it with `cargo build --release`, or give --server or --socket.")
            return 1
    same = all(each == answers[0] for each in answers)
    print("All gave the same answers." if same else "The answers differ, which is a bug: please report it.")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
