#!/usr/bin/env python3
"""Choose the example data: a connected part of WordNet with embeddings, and queries that are not in it.

    python scripts/make_example_data.py SOURCE [--out examples/data] [--documents 2000] [--queries 20]

SOURCE holds ``documents.jsonl.gz`` (one object a row: id, content, metadata, edges) and ``vectors.f16.npy`` (a row for
each), the first 30,000 rows being the base and the rest queries. The choice is deterministic:

1. Order the base rows by the length of their longest hypernym chain inside the base, longest first, then by row.
2. Take them in this order, each with all its hypernyms, theirs and so on, until there are as many documents as asked
for.
3. Keep the order of the rows; drop edges that leave the choice, and repeated ones.
4. Of the query rows keep those whose nearest chosen document has the highest cosine, in the order of the rows.

Needs numpy.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy

BASE_ROWS = 30_000


def read_rows(source: Path) -> list[dict]:
    with gzip.open(source / "documents.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def hypernyms_of(rows: list[dict]) -> dict[str, list[str]]:
    known = {row["id"] for row in rows}
    return {row["id"]: [to for kind, to in row["edges"] if kind == "hypernym" and to in known] for row in rows}


def chain_lengths(hypernyms: dict[str, list[str]]) -> dict[str, int]:
    """The number of synsets on the longest chain upwards from each; a cycle counts once."""
    lengths: dict[str, int] = {}

    def length(synset: str, below: frozenset[str]) -> int:
        if synset not in lengths:
            above = [length(to, below | {synset}) for to in hypernyms[synset] if to not in below]
            lengths[synset] = 1 + max(above, default=0)
        return lengths[synset]

    for synset in hypernyms:
        length(synset, frozenset())
    return lengths


def with_hypernyms(synset: str, hypernyms: dict[str, list[str]]) -> set[str]:
    found, waiting = {synset}, [synset]
    while waiting:
        new = set(hypernyms[waiting.pop()]) - found
        found |= new
        waiting.extend(new)
    return found


def choose(rows: list[dict], wanted: int) -> list[int]:
    hypernyms = hypernyms_of(rows)
    lengths = chain_lengths(hypernyms)
    chosen: set[str] = set()
    for row in sorted(rows, key=lambda row: -lengths[row["id"]]):
        closure = with_hypernyms(row["id"], hypernyms)
        if len(chosen | closure) <= wanted:
            chosen |= closure
        if len(chosen) == wanted:
            break
    return [index for index, row in enumerate(rows) if row["id"] in chosen]


def nearest_queries(vectors: numpy.ndarray, chosen: list[int], wanted: int) -> list[int]:
    documents = vectors[chosen].astype(numpy.float32)
    queries = vectors[BASE_ROWS:].astype(numpy.float32)
    best = (queries @ documents.T).max(axis=1)
    return sorted(BASE_ROWS + int(row) for row in numpy.argsort(-best, kind="stable")[:wanted])


def write_rows(path: Path, rows: list[dict]) -> None:
    # No time stamp and no file name inside, so that the same choice gives the same bytes.
    with path.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        for row in rows:
            packed.write((json.dumps(row, ensure_ascii=False) + "\n").encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "examples" / "data")
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--queries", type=int, default=20)
    arguments = parser.parse_args()

    rows = read_rows(arguments.source)
    vectors = numpy.load(arguments.source / "vectors.f16.npy")
    chosen = choose(rows[:BASE_ROWS], arguments.documents)
    inside = {rows[index]["id"] for index in chosen}
    documents = []
    for index in chosen:
        row = rows[index]
        edges = dict.fromkeys((kind, to) for kind, to in row["edges"] if to in inside)
        documents.append({**row, "edges": [list(edge) for edge in edges]})
    queries = nearest_queries(vectors, chosen, arguments.queries)
    query_rows = [{key: rows[index][key] for key in ("id", "content", "metadata")} for index in queries]

    arguments.out.mkdir(parents=True, exist_ok=True)
    write_rows(arguments.out / "documents.jsonl.gz", documents)
    write_rows(arguments.out / "queries.jsonl.gz", query_rows)
    numpy.save(arguments.out / "vectors.f16.npy", vectors[chosen])
    numpy.save(arguments.out / "queries.f16.npy", vectors[queries])
    edges = sum(len(document["edges"]) for document in documents)
    print(f"{len(documents)} documents with {edges} edges and {len(queries)} queries in {arguments.out}")


if __name__ == "__main__":
    main()
