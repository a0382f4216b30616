#!/usr/bin/env python3
"""Tenants kept apart: each namespace has its own keys, collections, graph, quota and counters.

python examples/22_namespaces.py
"""

import tempfile

from toondb import Database, InvalidArgumentError, NamespaceNotFoundError, QuotaExceededError

from example_data import heading, table

TENANTS = {"acme": "Acme Corp", "globex": "Globex", "initech": "Initech"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="toondb-namespaces-") as folder, Database.open(folder) as db:
        heading("The same key in three namespaces")
        for name, customer in TENANTS.items():
            db.create_namespace(name, metadata={"customer": customer})
            tenant = db.namespace(name)
            tenant.put(b"plan", f"{customer}'s own plan".encode())
            tenant.put(b"users/1", b"ada")
        rows = [(name, (db.get(b"plan", namespace=name) or b"").decode()) for name in db.list_namespaces() if name in TENANTS]
        table(["namespace", "plan"], rows)

        heading("A key that looks like another tenant's stays in its own namespace")
        db.put(b"globex/plan", b"an intruder's", namespace="acme")
        print(f"  globex still reads {db.get(b'plan', namespace='globex')!r}")
        print(f"  acme scans {list(db.scan_keys(namespace='acme'))}\n")

        heading("Names are checked, and a read never creates a namespace")
        for name in ("../etc", "a/b", "two words"):
            try:
                db.put(b"key", b"value", namespace=name)
            except InvalidArgumentError as error:
                print(f"  {error}")
        print(f"  reading in a namespace that does not exist: {db.get(b'key', namespace='nobody')!r}")
        try:
            db.describe_namespace("nobody")
        except NamespaceNotFoundError as error:
            print(f"  describing it: {error}\n")

        heading("Quotas bound what a tenant may hold")
        db.set_quota("initech", bytes_max=4096)
        stored = 0
        try:
            while True:
                db.put(f"report/{stored}".encode(), b"x" * 500, namespace="initech")
                stored += 1
        except QuotaExceededError as error:
            print(f"  after {stored} reports: {error}\n")

        heading("Counters")
        stats = {name: db.namespace_stats(name) for name in TENANTS}
        table(
            ["namespace", "customer", "keys", "live bytes", "commits"],
            [
                (name, db.describe_namespace(name).metadata["customer"], each.keys, each.live_bytes, each.commit_seq)
                for name, each in stats.items()
            ],
        )

        heading("Deleting a tenant deletes everything of it, and nothing else")
        db.delete_namespace("acme")
        print(f"  namespaces: {db.list_namespaces()}")
        print(
            f"  acme's plan: {db.get(b'plan', namespace='acme')!r}; globex's: {db.get(b'plan', namespace='globex')!r}"
        )


if __name__ == "__main__":
    main()
