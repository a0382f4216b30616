#!/usr/bin/env python3
"""Documents with embeddings: add, search, filter, update and delete, on real data; JSON beside them in one transaction.

python examples/23_collections_embedded.py
"""

import json
import tempfile
import time

from toondb import AlreadyExistsError, Database, InvalidArgumentError

import example_data
from example_data import heading, progress, table, words

BATCH = 500


def main() -> None:
    documents, vectors, queries, query_vectors = example_data.load()
    _, dimension = example_data.shape_of(vectors)
    with tempfile.TemporaryDirectory(prefix="toondb-collections-") as folder, Database.open(folder) as db:
        library = db.namespace("library")
        synsets = library.collection("synsets", dimension=dimension, metric="cosine", metadata={"language": "en"})

        heading("Adding documents, a batch at a time")
        begun = time.perf_counter()
        for start in range(0, len(documents), BATCH):
            rows = documents[start : start + BATCH]
            fields = [
                {
                    "id": row["id"],
                    "content": row["content"],
                    "metadata": {**row["metadata"], "words": int(row["metadata"]["words"])},
                }
                for row in rows
            ]
            # One matrix for all of them; each document may also carry its own "embedding".
            synsets.add_documents(fields, embeddings=example_data.rows_of(vectors, start, start + len(rows)))
            progress("documents", start + len(rows), len(documents))
        seconds = time.perf_counter() - begun
        print(f"\n  {synsets.count():,} documents in {seconds:.2f} s, each durable when acknowledged\n")

        heading("Search")
        for query, vector in list(zip(queries, query_vectors))[-5:-2]:
            print(f"  {query['content']}\n")
            found = synsets.search(vector, k=3)
            table(
                ["score", "distance", "words"],
                [(hit.score, hit.distance, hit.content.split(":")[0]) for hit in found],
            )

        heading("Search with a filter: exactly k, whenever k match")
        conditions = [
            None,
            {"pos": "v"},
            {"words": {"$gte": 4}},
            {"$or": [{"lex": "noun.act"}, {"lex": {"$in": ["verb.contact", "verb.motion"]}}], "words": {"$lt": 3}},
        ]
        lines = []
        for condition in conditions:
            found = synsets.search(query_vectors[5], k=3, filter=condition)
            listed = "; ".join(hit.content.split(":")[0] for hit in found)
            lines.append((synsets.count(filter=condition), listed, json.dumps(condition)))
        table(["matching", f"nearest to {words(queries[5])!r}", "filter"], lines)

        heading("Update, read and delete")
        first = synsets.get(documents[0]["id"], include_embeddings=True)
        assert first is not None
        first.metadata["checked"] = True
        synsets.add_documents([first])
        again = synsets.get(first.id)
        print(f"  {again}")
        print(f"  deleted one: {synsets.delete(first.id)}, once more: {synsets.delete(first.id)}")
        removed = synsets.delete_by_filter({"lex": {"$in": ["noun.food", "noun.plant"]}})
        print(f"  deleted {removed} about food and plants, {synsets.count():,} left\n")

        heading("A document and its JSON record, together or not at all")
        with library.transaction() as tx:
            tx.add_documents("synsets", [{"id": "note-1", "content": "a note", "embedding": query_vectors[0]}])
            tx.put_kv("record/note-1", json.dumps({"author": "ada", "pages": 3}).encode())
        print(f"  {synsets.get('note-1')}\n  {json.loads(library.get_kv('record/note-1') or b'null')}\n")

        heading("What is refused, and how it says so")
        for attempt in (
            lambda: synsets.search([0.1, 0.2]),
            lambda: synsets.add(None, "not a number", [float("nan")] * dimension),
            lambda: synsets.search(query_vectors[0], filter={"words": {"$above": 3}}),
            lambda: library.collection("synsets", dimension=3),
        ):
            try:
                attempt()
            except (InvalidArgumentError, AlreadyExistsError) as error:
                print(f"  {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
