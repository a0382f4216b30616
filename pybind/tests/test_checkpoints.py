"""Checkpoints: the parts of exports and imports by themselves, everything else over each transport."""

import asyncio
import io
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from toondb import (
    AlreadyExistsError,
    CheckpointInfo,
    CheckpointNotFoundError,
    InvalidArgumentError,
    ToonDBError,
    _toondb,
)
from toondb._checkpoints import PART_BYTES, CheckpointMethods
from toondb._store import Store

from conftest import Door

INFO = CheckpointInfo("ns/" + "0" * 32, "name", "ns", 1, 2, 3, 4, {})


class Parts(CheckpointMethods):
    """An engine whose checkpoint is a run of bytes."""

    held = b""
    broken_at: Optional[int] = None
    imports: Dict[int, bytes]

    def _call(self, operation: str, namespace: Optional[str], arguments: Dict[str, Any], then: object = None) -> Any:
        if operation == "ExportCheckpoint":
            return self.export_part(arguments["offset"], arguments["bytes_max"])
        assert operation == "ImportCheckpoint"
        return self.import_part(arguments["data"], arguments["continues"], arguments["more"])

    def export_part(self, offset: int, bytes_max: int) -> Tuple[bytes, Optional[int]]:
        if self.broken_at is not None and offset >= self.broken_at:
            raise ToonDBError("the connection broke")
        end = min(offset + bytes_max, len(self.held))
        return self.held[offset:end], end if end < len(self.held) else None

    def import_part(
        self, data: object, continues: Optional[int], more: bool
    ) -> Tuple[Optional[CheckpointInfo], Optional[int]]:
        assert isinstance(data, bytes)
        if continues is None:
            self.imports = {7: b""}
        else:
            assert continues == 7
        self.imports[7] += data
        return (None, 7) if more else (INFO, None)


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    opened = Parts(_toondb.open_embedded(str(tmp_path / "unused")))
    yield opened
    opened.close()


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_parts_make_the_whole(parts: Parts, size: int, tmp_path: Path) -> None:
    parts.held = bytes(range(256)) * (size // 256 + 1)
    parts.held = parts.held[:size]
    target = tmp_path / "copy.toondb"
    target.write_bytes(b"older")
    assert parts.export_checkpoint(INFO.id, target) == size
    assert target.read_bytes() == parts.held
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.toondb"]
    assert parts.import_checkpoint(str(target)) is INFO
    assert parts.imports[7] == parts.held

    file = io.BytesIO()
    assert parts.export_checkpoint(INFO.id, file) == size
    assert file.getvalue() == parts.held
    file.seek(0)
    assert parts.import_checkpoint(file, namespace="ns", name="name") is INFO
    assert parts.imports[7] == parts.held and not file.closed


def test_an_export_that_breaks_leaves_the_older_file(parts: Parts, tmp_path: Path) -> None:
    parts.held, parts.broken_at = bytes(3 * PART_BYTES), PART_BYTES
    target = tmp_path / "copy.toondb"
    target.write_bytes(b"older")
    with pytest.raises(ToonDBError):
        parts.export_checkpoint(INFO.id, target)
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.toondb"]
    assert target.read_bytes() == b"older"


def test_ids_are_checked(store: Store, ns: str) -> None:
    for id in ("", "nonsense", "ns/123", "a b/" + "0" * 32):
        for use in (store.delete_checkpoint, store.restore_checkpoint):
            with pytest.raises(InvalidArgumentError):
                use(id)
        with pytest.raises(InvalidArgumentError):
            store.export_checkpoint(id, io.BytesIO())
    gone = f"{ns}/" + "0" * 32
    store.create_namespace(ns)
    assert store.delete_checkpoint(gone) is False
    with pytest.raises(CheckpointNotFoundError, match="there is no checkpoint"):
        store.restore_checkpoint(gone)
    with pytest.raises(CheckpointNotFoundError):
        store.export_checkpoint(gone, io.BytesIO())
    with pytest.raises(InvalidArgumentError, match="choose one of binary json"):
        store.export_checkpoint(INFO.id, io.BytesIO(), format="xml")  # type: ignore[arg-type]


def fill(store: Store, ns: str) -> None:
    home = store.namespace(ns)
    home.batch_put([(b"user:ada", b"1"), (b"user:bob", b"2"), (b"log:1", b"x")])
    home.collection("notes", 2).add("n1", "first", [1.0, 0.0])
    home.add_node("ada", "person")
    home.add_temporal_edge("ada", "IS_IN", "hall", 1_000)


def test_create_list_delete(store: Store, ns: str) -> None:
    fill(store, ns)
    home = store.namespace(ns)
    made = home.create_checkpoint("before", metadata={"why": "test"})
    assert made.id.startswith(f"{ns}/")
    assert (made.name, made.namespace, made.keys, made.metadata) == ("before", ns, 3, {"why": "test"})
    assert made.size_bytes > 0 and made.commit_seq == home.stats().commit_seq
    other = store.create_checkpoint(namespace=ns)
    assert [info.id for info in home.list_checkpoints()] == [made.id, other.id]
    assert store.delete_checkpoint(made.id) is True
    assert store.delete_checkpoint(made.id) is False
    assert [info.id for info in store.list_checkpoints(namespace=ns)] == [other.id]


def test_restore(store: Store, ns: str) -> None:
    fill(store, ns)
    home = store.namespace(ns)
    made = home.create_checkpoint()
    home.put(b"user:ada", b"changed")
    home.put(b"user:eve", b"3")
    with pytest.raises(AlreadyExistsError):
        store.restore_checkpoint(made.id)
    assert store.restore_checkpoint(made.id, overwrite=True).keys == 3
    assert dict(home.scan()) == {b"user:ada": b"1", b"user:bob": b"2", b"log:1": b"x"}
    assert home.collection("notes").count() == 1

    copy = store.namespace(f"{ns}-copy")
    assert copy.restore_checkpoint(made.id).keys == 3
    assert copy.get(b"user:bob") == b"2"
    (edge,) = copy.query_temporal_graph("ada", mode="CURRENT")
    assert edge.to_id == "hall"

    store.delete_namespace(ns)
    assert [info.id for info in store.list_checkpoints(namespace=ns)] == [made.id]
    assert store.restore_checkpoint(made.id).keys == 3
    assert home.get(b"user:ada") == b"1"


def test_patterns(store: Store, ns: str) -> None:
    fill(store, ns)
    made = store.create_checkpoint("users", namespace=ns, include_patterns=["user:*"])
    assert made.keys == 2
    store.restore_checkpoint(made.id, namespace=f"{ns}-users")
    assert list(store.scan_keys(namespace=f"{ns}-users")) == [b"user:ada", b"user:bob"]
    assert store.list_collections(namespace=f"{ns}-users") == []


@pytest.mark.parametrize("format", ["binary", "json"])
def test_export_and_import(store: Store, ns: str, tmp_path: Path, format: str) -> None:
    fill(store, ns)
    made = store.create_checkpoint("kept", namespace=ns)
    path = tmp_path / "kept.checkpoint"
    assert store.export_checkpoint(made.id, path, format=format) == path.stat().st_size  # type: ignore[arg-type]
    there = store.namespace(f"{ns}-there")
    brought = there.import_checkpoint(path, format=format)  # type: ignore[arg-type]
    assert (brought.name, brought.namespace, brought.keys) == ("kept", there.name, 3)
    there.restore_checkpoint(brought.id)
    assert there.get(b"log:1") == b"x"
    document = there.collection("notes").get("n1", include_embeddings=True)
    assert document is not None and document.embedding == [1.0, 0.0]


def test_damage_is_refused(store: Store, ns: str) -> None:
    fill(store, ns)
    file = io.BytesIO()
    store.export_checkpoint(store.create_checkpoint(namespace=ns).id, file)
    whole = file.getvalue()
    turned = bytearray(whole)
    turned[len(whole) // 2] ^= 1
    damaged: List[bytes] = [b"", b"nonsense", whole[:-1], bytes(turned)]
    for each in damaged:
        with pytest.raises(ToonDBError):
            store.import_checkpoint(io.BytesIO(each), namespace=f"{ns}-damaged")
    assert store.list_checkpoints(namespace=f"{ns}-damaged") == []


def test_awaited(door: Door, ns: str, tmp_path: Path) -> None:
    async def body() -> None:
        async with door.mirror(door.address) as client:
            home = client.namespace(ns)
            await home.put(b"k", b"v")
            made = await home.create_checkpoint()
            await client.export_checkpoint(made.id, tmp_path / "kept")
            brought = await client.import_checkpoint(tmp_path / "kept", namespace=f"{ns}-there")
            assert (await client.restore_checkpoint(brought.id)).keys == 1
            assert await client.get(b"k", namespace=f"{ns}-there") == b"v"

    asyncio.run(body())
