"""The command that the wheel carries: the script beside the interpreter, and ``python -m toondb``, never one from PATH."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Dict, List

import pytest

import toondb
from toondb import Database, IpcClient
from toondb._command import program

SCRIPT = Path(sys.executable).parent / "toondb"
WAYS: Dict[str, List[str]] = {"script": [str(SCRIPT)], "module": [sys.executable, "-m", "toondb"], "anew": program()}
"""How people start it, and how it is started anew by units and by the package itself."""

PATIENCE_S = 60


@pytest.fixture(params=WAYS)
def command(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> List[str]:
    if not SCRIPT.exists():
        pytest.skip("the package is not installed as a wheel")
    # Nothing of this machine's is found by its name.
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path)
    return WAYS[request.param]


def ran(command: List[str], *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*command, *arguments], input=given, capture_output=True, text=True, timeout=PATIENCE_S)


def started(command: List[str], *arguments: str, **how: object) -> "subprocess.Popen[str]":
    """A server that is ready."""
    process = subprocess.Popen([*command, "serve", *arguments], stderr=subprocess.PIPE, text=True, **how)  # type: ignore
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "ToonDB is ready" in line:
            return process
    pytest.fail(f"the server ended with {process.wait()}: {''.join(said)}")


def ended(process: "subprocess.Popen[str]") -> str:
    """What it says until it has ended, in order."""
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    assert "stopped complete=true" in said and "Traceback" not in said, said
    return said


def test_it_is_the_command_of_this_version(command: List[str]) -> None:
    said = ran(command, "--version")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"toondb {toondb.__version__}\n", "")
    refused = ran(command, "serve", "--frob")
    assert refused.returncode == 2 and "Usage: toondb serve" in refused.stderr, refused
    assert "Usage: toondb [OPTIONS] <COMMAND>" in ran(command, "--help").stdout


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(command: List[str], end: signal.Signals) -> None:
    process = started(command, "--socket", "s", "--data", "data")
    with IpcClient.connect("s") as client:
        client.put(b"k", b"v")
        client.add_temporal_edge("default", "door", "STATE", "open", valid_from=1, valid_until=0)
    # Ctrl-C of a terminal is this signal.
    process.send_signal(end)
    assert f"signal={end.name!r}".replace("'", '"') in ended(process)
    assert not Path("s").exists()
    with Database.open("data") as db:
        assert db.get(b"k") == b"v"


def test_requests_under_way_are_answered_before_it_ends(command: List[str]) -> None:
    process = started(command, "--socket", "s", "--data", "data")
    acknowledged = 0
    with IpcClient.connect("s", timeout=PATIENCE_S) as client:
        enough = threading.Event()

        def write() -> None:
            nonlocal acknowledged
            try:
                for number in range(1_000_000):
                    client.put(b"%d" % number, b"v")
                    acknowledged = number + 1
                    if acknowledged == 20:
                        enough.set()
            except toondb.ToonDBError:
                enough.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert enough.wait(PATIENCE_S)
        process.terminate()
        ended(process)
        writer.join(PATIENCE_S)
    assert acknowledged >= 20
    with Database.open("data") as db:
        assert all(db.get(b"%d" % number) == b"v" for number in range(acknowledged))


def test_it_checks_and_converts(command: List[str]) -> None:
    with Database.open("data") as db:
        db.put(b"k", b"v")
        locked = ran(command, "check", "data")
        assert locked.returncode == 1 and str(os.getpid()) in locked.stderr, locked
    sound = ran(command, "check", "data")
    assert sound.returncode == 0 and sound.stdout.startswith("sound: "), sound
    rows = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]
    toon = ran(command, "convert", "--from", "json", "--format", "toon", given=json.dumps(rows))
    assert toon.returncode == 0 and toon.stdout == toondb.to_toon(rows) + "\n", toon
    wrong = ran(command, "convert", "--from", "json", "--format", "toon", given="{")
    assert wrong.returncode == 1 and wrong.stderr.startswith("toondb: "), wrong
    # What has no line's end is written out too.
    assert ran(command, "tokens", given="one two").stdout == f"{toondb.count_tokens('one two')}\n"


def test_nobody_reads_what_it_prints(command: List[str]) -> None:
    process = subprocess.Popen([*command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    with process.stderr as said:
        assert said.read() == b""
    process.wait(PATIENCE_S)


def test_it_loads_nothing_else_of_the_package(tmp_path: Path) -> None:
    """A server that clients wait for must not load asyncio first."""
    code = "import sys, toondb.__main__; print(*(name for name in sys.modules if name.startswith(('toondb', 'asyncio'))))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert set(loaded.stdout.split()) == {"toondb", "toondb.__main__", "toondb._command", "toondb._toondb"}


def test_a_unit_starts_it_by_this_interpreter(command: List[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(character in sys.executable for character in " %$\\;'\""):
        pytest.skip("such a path cannot stand in a unit")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert ran(command, "install-units", "--user").returncode == 0
    unit = (tmp_path / "config/systemd/user/toondb.service").read_text()
    (said,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    interpreter, *rest = said.replace("ExecStart=", "").split()
    assert os.path.isabs(interpreter) and os.path.normpath(interpreter) == os.path.normpath(program()[0])
    assert rest[: len(program())] == [*program()[1:], "serve"]


def test_it_makes_the_memory_of_a_project_that_git_does_not_see(command: List[str], tmp_path: Path) -> None:
    git = shutil.which("git", path=os.defpath)
    if git is not None:
        subprocess.run([git, "init", "--quiet", "."], check=True)
    for _ in range(2):
        made = ran(command, "init", "--isolated")
        memory = f"{tmp_path / '.toondb'} is the memory of this project (isolated)\n"
        assert (made.returncode, made.stdout, made.stderr) == (0, memory, "")
    assert (tmp_path / ".toondb").stat().st_mode & 0o777 == 0o700
    if git is not None:
        status = subprocess.run([git, "status", "--porcelain"], check=True, capture_output=True, text=True)
        assert status.stdout == ""
    other = ran(command, "init", "--shared")
    assert other.returncode == 1 and "is isolated among worktrees" in other.stderr, other


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has no -P before 3.11")
def test_a_folder_of_the_same_name_is_not_started(tmp_path: Path) -> None:
    (tmp_path / "toondb").mkdir()
    (tmp_path / "toondb/__init__.py").write_text("raise SystemExit('somebody else')")
    said = subprocess.run([*program(), "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE_S)
    assert said.stdout == f"toondb {toondb.__version__}\n", said


def test_public_names_are_loaded_when_asked_for(tmp_path: Path) -> None:
    code = """
import sys, toondb
assert "toondb._public" not in sys.modules
assert not hasattr(toondb, "__wrapped__") and "toondb._public" not in sys.modules
assert "Database" in dir(toondb) and "IpcClient" in toondb.__all__
try:
    toondb.frob
    raise SystemExit("found")
except AttributeError as error:
    assert "frob" in str(error)
assert toondb.Database.__module__ == "toondb"
from toondb import *
assert issubclass(ConnectionError, OSError) and ConnectionError is not toondb.ConnectionError
assert Database is toondb.Database
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
