"""The package's types: strict mypy over its sources, and its stub against the native module."""

import subprocess
import sys
from pathlib import Path

import pytest

import toondb

PACKAGE = Path(toondb.__file__).parent


def run(*arguments: str) -> None:
    pytest.importorskip("mypy")
    ran = subprocess.run([sys.executable, "-m", *arguments], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_is_typed(tmp_path: Path) -> None:
    assert (PACKAGE / "py.typed").exists()
    run("mypy", "--strict", "--cache-dir", str(tmp_path), "-p", "toondb")


def test_the_stub_matches_the_native_module() -> None:
    run("mypy.stubtest", "toondb._toondb")


def test_user_code_is_checked(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    script.write_text(
        "from typing import List, Optional\n"
        "from toondb import Database, Document, GraphNode, IpcClient\n"
        "with Database.open('x') as db:\n"
        "    value: Optional[bytes] = db.get(b'k')\n"
        "    found: List[Document] = db.search_collection('c', [1.0])\n"
        "    nodes, edges = db.traverse('a')\n"
        "    node: GraphNode = nodes[0]\n"
        "    with IpcClient.connect() as client:\n"
        "        names: List[str] = client.list_namespaces()\n"
    )
    run("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(script))
