"""TOON beside another implementation: what one writes the other reads, and both write the same."""

import random
import string
from typing import Any

import pytest

from toondb import from_toon, to_toon

peer = pytest.importorskip("toon_format", reason="pip install toon_format: the reference to compare with")

VALUES = 5_000
SEED = 20261130
TEXTS = ["", " ", "a", "true", "null", "1", "-1.5", "007", "a,b", "a|b", "a:b", "- a", "[2]", "{x}", '"', "\\", "é", "🦀", "a b", "#"]


def scalar(draw: random.Random) -> Any:
    return draw.choice(
        [
            None,
            True,
            False,
            draw.randint(-(2**53), 2**53),
            draw.choice([0.5, -1.25, 3.75, 1e-3, 123.456]),
            draw.choice(TEXTS),
            "".join(draw.choices(string.printable[:95] + "äß名", k=draw.randint(0, 12))),
        ]
    )


def name(draw: random.Random) -> str:
    return draw.choice(["id", "name", "a.b", "x y", "1a", "_", "über", "z", "k-1"])


def value(draw: random.Random, depth: int) -> Any:
    kind = draw.randint(0, 5 if depth else 0)
    if kind <= 1:
        return scalar(draw)
    if kind == 2:
        return [value(draw, depth - 1) for _ in range(draw.randint(0, 4))]
    if kind == 3:
        columns = sorted({name(draw) for _ in range(draw.randint(1, 3))}, key=lambda _: draw.random())
        return [{column: scalar(draw) for column in columns} for _ in range(draw.randint(1, 4))]
    return {name(draw): value(draw, depth - 1) for _ in range(draw.randint(0, 4))}


def same(a: Any, b: Any) -> bool:
    """Equal, with the same order of keys, and no bool taken for a number."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def test_random_values_both_ways() -> None:
    draw = random.Random(SEED)
    differences = []
    for number in range(VALUES):
        given = value(draw, 3)
        ours, theirs = to_toon(given), peer.encode(given)
        if ours != theirs:
            differences.append((number, given, ours, theirs))
        elif not same(from_toon(theirs), given) or not same(peer.decode(ours), given):
            differences.append((number, given, from_toon(theirs), peer.decode(ours)))
    assert not differences, f"seed {SEED}: {len(differences)} of {VALUES} differ, the first: {differences[:3]}"
