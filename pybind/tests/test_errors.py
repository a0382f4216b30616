"""Exceptions: one class for each code, and the right base for each class."""

import builtins
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Callable

import pytest

import toondb
from toondb import _toondb
from toondb._errors import CLASSES, ErrorCode, from_code

from conftest import Door


def test_every_code_of_the_engine_has_its_class() -> None:
    engine = {number: name for name, number, _ in _toondb.ERROR_CODES}
    assert engine == {code.value: code.name.title().replace("_", "") for code in ErrorCode}
    assert set(CLASSES) == set(ErrorCode)


@pytest.mark.parametrize("code", list(ErrorCode))
def test_exceptions_carry_code_and_message(code: ErrorCode) -> None:
    error = from_code(code.value, "what to do")
    assert type(error) is CLASSES[code]
    assert isinstance(error, toondb.ToonDBError)
    assert (error.code, str(error)) == (code, "what to do")
    assert error.retryable == {number: again for _, number, again in _toondb.ERROR_CODES}[code.value]
    assert getattr(toondb, type(error).__name__) is type(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, str(again)) == (type(error), code, "what to do")


def test_a_code_from_the_future_is_a_database_error() -> None:
    error = from_code(9_999, "something new")
    assert type(error) is toondb.DatabaseError and "9999" in str(error)


def test_an_argument_of_a_wrong_type_is_told_by_its_name(database: toondb.Database) -> None:
    for use, name in (
        (lambda: database.get(5), "key"),  # type: ignore[arg-type]
        (lambda: database.put(b"k", 1.5), "value"),  # type: ignore[arg-type]
        (lambda: database.multi_get([b"k", None]), r"keys\[1\]"),  # type: ignore[list-item]
        (lambda: database.add_node("a", 5), "node.node_type"),  # type: ignore[arg-type]
        (lambda: database.add_documents("c", [{"id": "x", "content": 5}]), r"documents\[0\].content"),
        (lambda: database.search_collection("c", "text"), "a vector"),
    ):
        with pytest.raises(toondb.ArgumentTypeError, match=name) as caught:
            use()
        assert isinstance(caught.value, TypeError) and caught.value.code == ErrorCode.INVALID_ARGUMENT
        assert not caught.value.retryable


def test_the_hierarchy() -> None:
    for base in (toondb.ConnectionError, toondb.TransactionError, toondb.ProtocolError, toondb.DatabaseError):
        assert issubclass(base, toondb.ToonDBError)
    assert issubclass(toondb.TransactionConflictError, toondb.TransactionError)
    assert issubclass(toondb.InvalidArgumentError, (toondb.DatabaseError, ValueError))
    assert issubclass(toondb.ConnectionError, builtins.ConnectionError)
    assert issubclass(toondb.TimeoutError, builtins.TimeoutError)
    assert issubclass(toondb.FormatConversionError, ValueError)


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(toondb.ConnectionError):
        toondb.IpcClient.connect(tmp_path / "nothing.sock")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(toondb.ToonDBError):
        toondb.IpcClient.connect(tmp_path / "file")
    with pytest.raises(toondb.InvalidArgumentError):
        toondb.IpcClient.connect(tmp_path / "nothing.sock", timeout=0)
    with pytest.raises(toondb.ConnectionError):
        toondb.ToonDBClient(f"unix:{tmp_path}/nothing.sock")


def in_the_way(folder: Path, name: str) -> Path:
    """A place where a database cannot be opened, for a reason that is the caller's to mend."""
    if name == "a file":
        (folder / "data").write_bytes(b"mine")
        return folder / "data"
    if name == "below a file":
        (folder / "file").write_bytes(b"mine")
        return folder / "file" / "data"
    if name == "too long":
        return folder / ("x" * 300)
    if name == "a loop of links":
        (folder / "loop").symlink_to(folder / "loop")
        return folder / "loop" / "data"
    if name == "where nothing can be made":
        return Path("/proc/toondb-test/data")
    data = folder / "data"
    with toondb.Database.open(data) as db:
        db.put(b"k", b"v")
    (data / "LOCK").unlink()
    (data / "LOCK").mkdir()
    return data


@pytest.mark.parametrize(
    "name", ["a file", "below a file", "too long", "a loop of links", "where nothing can be made", "a folder as lock"]
)
def test_what_the_file_system_refuses_is_no_defect(tmp_path: Path, name: str) -> None:
    path = in_the_way(tmp_path, name)
    before = sorted(tmp_path.rglob("*")) if name != "a loop of links" else []
    for _ in range(2):
        with pytest.raises(toondb.UnavailableError) as caught:
            toondb.Database.open(path)
        assert caught.value.code == ErrorCode.UNAVAILABLE
        assert isinstance(caught.value, OSError)
        assert str(path)[:100] in str(caught.value) or path.name in str(caught.value), caught.value
    if before:
        assert sorted(tmp_path.rglob("*")) == before, "a refusal changes nothing"


def exit_code_as_nobody(act: Callable[[], object]) -> int:
    """Does something in a child to which, unlike to root, not everything is permitted."""
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65_534)
                os.setuid(65_534)
            act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_no_permission_is_no_defect(tmp_path: Path) -> None:
    def refused() -> None:
        with pytest.raises(toondb.UnavailableError, match="ermission"):
            toondb.Database.open(tmp_path / "data")

    tmp_path.chmod(0o500)
    try:
        assert exit_code_as_nobody(refused) == 0
    finally:
        tmp_path.chmod(0o700)
    assert not (tmp_path / "data").exists()


def test_one_process_at_a_time(tmp_path: Path) -> None:
    with toondb.Database.open(tmp_path / "data") as db:
        db.put(b"k", b"v")
        script = (
            "import sys, toondb\ntry:\n    toondb.Database.open(sys.argv[1])\nexcept toondb.LockedError:\n    print(1)"
        )
        said = subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], capture_output=True, text=True)
        assert said.stdout.strip() == "1", said.stderr
        assert db.get(b"k") == b"v"


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    db = toondb.Database.open(tmp_path / "data")
    db.put(b"k", b"v")
    db.close()
    db.close()
    for use in (lambda: db.get(b"k"), lambda: db.put(b"k", b"v"), db.ping, lambda: list(db.scan())):
        with pytest.raises(toondb.ShuttingDownError):
            use()
    with toondb.Database.open(tmp_path / "data") as again:
        assert again.get(b"k") == b"v"


def test_a_closed_client_says_so(door: Door) -> None:
    client = door.kind(door.address)
    client.close()
    client.close()
    with pytest.raises(toondb.ShuttingDownError):
        client.ping()


def test_an_open_database_needs_no_closing(tmp_path: Path) -> None:
    script = "import sys, toondb\ndb = toondb.Database.open(sys.argv[1])\ndb.put(b'k', b'v')\nkeep = [db]"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "data")], check=True, timeout=60)
    with toondb.Database.open(tmp_path / "data") as db:
        assert db.get(b"k") == b"v"
