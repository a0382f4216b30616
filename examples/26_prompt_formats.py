#!/usr/bin/env python3
"""What a prompt is made of: rows in the format with the fewest tokens, and several reads in one text under a limit.

    python examples/26_prompt_formats.py

A cook's assistant is asked about spareribs. Its prompt is put together from documents that a search finds, from the
graph around one of them, from notes that were kept as facts, and from plain instructions. No server needed.
"""

import tempfile
from pathlib import Path

from toondb import Database, Query, Section, count_tokens, from_toon, to_json, to_toon

import example_data
from example_data import heading, table

NOON = 1_767_268_800_000  # 2026-01-01T12:00:00Z
MINUTE = 60_000
DOCUMENTS = 500


def load(db: Database) -> None:
    documents, vectors, _, _ = example_data.load()
    documents, known = documents[:DOCUMENTS], {row["id"] for row in documents[:DOCUMENTS]}
    _, dimension = example_data.shape_of(vectors)
    db.create_collection("synsets", dimension=dimension)
    fields = [{key: row[key] for key in ("id", "content", "metadata")} for row in documents]
    db.add_documents("synsets", fields, embeddings=example_data.rows_of(vectors, 0, len(documents)))
    with db.transaction() as tx:
        for row in documents:
            tx.add_node(row["id"], row["metadata"]["lex"], {"words": example_data.words(row)})
        for row in documents:
            for kind, target in row["edges"]:
                if target in known:
                    tx.add_edge(row["id"], kind, target)
    with db.transaction() as tx:
        for ago, place in ((90, "freezer"), (45, "marinade"), (10, "oven")):
            tx.supersede_temporal_edge("spareribs", "IS_IN", place, NOON - ago * MINUTE)


def compare(db: Database, vector: object) -> None:
    """The same rows in each format, with their tokens; and only the columns that matter."""
    nearest = Query.search_collection("synsets", vector, k=10)
    rows = []
    for columns in (None, ["id", "content"]):
        for name in ("toon", "json", "markdown"):
            text = db.render(nearest, format=name, columns=columns, tokenizer="o200k")
            rows.append((name, "all" if columns is None else ", ".join(columns), text.rows, text.tokens))
    table(["format", "columns", "rows", "tokens"], rows)
    best = db.render(nearest, format="auto", columns=["id", "content"])
    print(f"auto takes {best.format_name}: {best.tokens} tokens. It begins:\n")
    print("\n".join(f"  {line}" for line in best.splitlines()[:4]) + "\n")

    found = db.search_collection("synsets", vector, k=10)
    told = [{"id": document.id, "content": document.content} for document in found]
    assert from_toon(best) == told, "what TOON says reads back as the same rows"
    print(f"The ten documents themselves write {found.tokens()} tokens of TOON, with everything they hold.\n")


def nested() -> None:
    """Where TOON loses: nested settings without rows of one shape."""
    settings = {"oven": {"steps": [{"celsius": 120, "hold": {"hours": 3}}, {"celsius": 200}], "rack": {"level": 2}}}
    tokens = {name: count_tokens(write(settings)) for name, write in (("toon", to_toon), ("json", to_json))}
    print(f"Nested settings: {tokens['toon']} tokens as TOON, {tokens['json']} as JSON.\n")


def prompt(db: Database, vector: object, node: str) -> None:
    """One text, most important sections first served, never more tokens than allowed."""
    sections = [
        Section("Instructions", "Answer in one sentence.\nUse only what is said below.", priority=0),
        Section("Where it is", Query.query_temporal_graph("spareribs", timestamp=NOON), priority=0),
        Section("Documents", Query.search_collection("synsets", vector, k=50), priority=1, columns=["id", "content"]),
        Section("Related", Query.neighbors(node), priority=2, columns=["id", "properties.words"]),
    ]
    for limit in (1_000, 300):
        context = db.query_context(sections, token_limit=limit)
        print(f"At most {limit} tokens: {context.tokens} used.\n")
        table(
            ["section", "priority", "tokens", "rows", "left out"],
            [
                (result.name, section.priority, result.tokens, result.rows, result.rows_dropped)
                for section, result in zip(sections, context.sections)
            ],
        )
        assert count_tokens(context) == context.tokens <= limit
    print("\n".join(f"  {line}"[:100] for line in context.splitlines()) + "\n")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="toondb-formats-") as name, Database.open(Path(name) / "data") as db:
        load(db)
        _, _, queries, vectors = example_data.load()
        vector = vectors[2]
        nearest = db.search_collection("synsets", vector, k=1)[0]
        heading(f"What is near {example_data.words(queries[2])!r}, in each format")
        compare(db, vector)
        nested()
        heading("A prompt under a limit")
        prompt(db, vector, nearest.id)


if __name__ == "__main__":
    main()
