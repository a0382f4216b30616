"""The package's types: strict mypy over its sources, and its stub against the native module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import toondb

PACKAGE = Path(toondb.__file__).parent


def run(folder: Path, *arguments: str) -> None:
    pytest.importorskip("mypy")
    environment = dict(os.environ)
    # mypy finds installed packages by itself, and refuses to have their folder named.
    if PACKAGE.parent.name != "site-packages":
        environment["MYPYPATH"] = str(PACKAGE.parent)
    command = [sys.executable, "-m", *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_is_typed(tmp_path: Path) -> None:
    assert (PACKAGE / "py.typed").exists()
    # What a call gives only its method knows: see toondb._methods.
    run(tmp_path, "mypy", "--strict", "--no-warn-return-any", "-p", "toondb")


def test_the_stub_matches_the_native_module(tmp_path: Path) -> None:
    run(tmp_path, "mypy.stubtest", "toondb._toondb")


def test_user_code_is_checked(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "from typing import List, Optional\n"
        "from toondb import Database, Document, GraphNode, IpcClient, Query, Rendered, Section, ToonDBClient\n"
        "from toondb import WireFormat\n"
        "with Database.open('x') as db:\n"
        "    value: Optional[bytes] = db.get(b'k')\n"
        "    found: List[Document] = db.search_collection('c', [1.0])\n"
        "    nodes, edges = db.traverse('a')\n"
        "    node: GraphNode = nodes[0]\n"
        "    text: str = db.search_collection('c', [1.0]).to_toon()\n"
        "    query: Query = Query.scan(b'k')\n"
        "    same: Rendered = db.namespace('n').render(query, format=WireFormat.JSON, tokenizer='cl100k')\n"
        "    table = db.render(Query.traverse('a'), format='columnar')\n"
        "    section = Section('s', Query.search_collection('c', [1.0]), 1)\n"
        "    prompt: str = db.query_context([section, Section('t', 'text')], 100)\n"
        "    wrong: str = db.search_collection('c', [1.0])  # type: ignore[assignment]\n"
        "    db.render(query, format='yaml')  # type: ignore[call-overload]\n"
        "    with IpcClient.connect() as client:\n"
        "        names: List[str] = client.list_namespaces()\n"
        "    with ToonDBClient('localhost:50051', secure=True, token='t', timeout=1) as remote:\n"
        "        size: int = remote.count('c')\n"
    )
    run(tmp_path, "mypy", "--strict", "--warn-unused-ignores", str(script))


def test_awaited_user_code_is_checked(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "from typing import List, Optional, Tuple\n"
        "from toondb import AsyncIpcClient, AsyncTransaction, CacheHit, CheckpointInfo, Document, GraphNode, Query, Rendered\n"
        "async def count(tx: AsyncTransaction) -> int:\n"
        "    await tx.put(b'k', b'v')\n"
        "    before: Optional[bytes] = await tx.get(b'k')\n"
        "    return 1\n"
        "async def main() -> None:\n"
        "    async with AsyncIpcClient('x', timeout=1) as client:\n"
        "        value: Optional[bytes] = await client.get(b'k')\n"
        "        pairs: List[Tuple[bytes, bytes]] = [pair async for pair in client.scan()]\n"
        "        pairs = await client.scan(b'k').rows()\n"
        "        nodes, edges = await client.traverse('a')\n"
        "        node: GraphNode = nodes[0]\n"
        "        hit: Optional[CacheHit] = await client.cache_get('c', embedding=[1.0])\n"
        "        made: CheckpointInfo = await client.namespace('n').create_checkpoint()\n"
        "        number: int = await client.run_transaction(count)\n"
        "        async with client.transaction() as tx:\n"
        "            found: Optional[Document] = await tx.get_document('c', 'id')\n"
        "        wrong: int = await client.get(b'k')  # type: ignore[assignment]\n"
        "        await client.get(5)  # type: ignore[arg-type]\n"
        "        text: Rendered = await client.render(Query.scan())\n"
        "        found_text: str = (await client.namespace('n').get_edges('a')).to_markdown()\n"
        "    async with await AsyncIpcClient.connect() as other:\n"
        "        names: List[str] = await other.list_namespaces()\n"
    )
    run(tmp_path, "mypy", "--strict", "--warn-unused-ignores", str(script))
