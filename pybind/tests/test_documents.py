"""Every code block of the documents is run, and every example in a docstring.

A block of Python runs as it is written, in names of its own and a folder of its own; only the addresses are those of the
servers of this test. Blocks that go on from the text before them find what it speaks of: see ``given``. Commands of
``toondb`` are run; of other commands, which would build or download, the files and options that they name are looked at.
A block that is not run stands in a table with the reason.
"""

import ast
import asyncio
import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shlex
import subprocess
import time
from pathlib import Path
from types import CodeType
from typing import Any, Dict, Iterator, List, NamedTuple

import pytest

import toondb
from toondb import Database
from toondb._command import program

import test_grpc_access
from conftest import ROOT, Server, server_binary

DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "pybind/*.md", "examples/**/*.md", "benches/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)

OTHERS = {
    "frame": "the bytes of the protocol: ipc/tests/protocol_document.rs sends them",
    "rust,no_run": "compiled with the examples of the crate toondb-ipc, see ipc/src/lib.rs",
}
"""Languages of blocks that another test runs."""

TEXTS = {
    "socket bytes": "a picture of the way of a request",
    "api, limits": "a picture of the layers",
    "<data>/LOCK": "names of files",
    "toondb serve [": "a synopsis: test_the_synopsis_is_that_of_the_command",
}
"""Beginnings of blocks that are no code."""

NOT_RUN = {
    "./scripts/": "builds everything; this test is part of it",
    "benches/run.sh": "measures for minutes",
    "cargo": "builds",
    "source .venv/": "of an interactive shell",
    "cd pybind && maturin": "builds",
    ".venv/bin/python -m pytest": "this is it",
    "pip install": "downloads",
    "npm ci": "downloads",
    "node quickstart.mjs": "scripts/node_example.sh runs it",
}
"""Beginnings of commands that are looked at and not run."""


class Block(NamedTuple):
    """A fenced block of a document."""

    document: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def blocks_of(document: Path) -> Iterator[Block]:
    text = document.read_text(encoding="utf-8")
    for found in re.finditer(r"^```([^\n`]*)\n(.*?)^```$", text, re.M | re.S):
        yield Block(document, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]


def each(*languages: str) -> Any:
    chosen = [block for block in BLOCKS if block.language in languages]
    return pytest.mark.parametrize("block", chosen, ids=[block.place for block in chosen])


def test_every_block_is_run_or_has_a_reason() -> None:
    for document in DOCUMENTS:
        fences = re.findall(r"^\s*```", document.read_text(encoding="utf-8"), re.M)
        assert len(fences) == 2 * sum(block.document == document for block in BLOCKS), document
        for line in document.read_text(encoding="utf-8").splitlines():
            assert not re.match(r"( {4}|\t)\s*(\$ |toondb )", line), f"{document}: fence this, so that it is run: {line}"
    unused = set(TEXTS)
    for block in BLOCKS:
        if block.language == "text":
            known = {start for start in TEXTS if block.text.lstrip().startswith(start)}
            assert known, f"{block.place}: what is this?"
            unused -= known
        else:
            assert block.language.split(" ")[0] in {"python", "sh", *OTHERS}, f"{block.place}: {block.language!r}"
    assert not unused


class Machines(NamedTuple):
    """The servers that the documents speak of."""

    near: Server
    far: Server
    token: str
    authority: str


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    folder = tmp_path_factory.mktemp("machines")
    ca = test_grpc_access.authority(folder, "ca")
    pem = test_grpc_access.signed(folder, "server", ca)
    (folder / "near").mkdir()
    (folder / "far").mkdir()
    near = Server(folder / "near")
    far = Server(folder / "far", "--grpc-cert", pem.cert, "--grpc-key", pem.key)
    command = [server_binary(), "token", "create", "--data", far.data, "--name", "docs", "--namespace", "tenant_123"]
    command += ["--rights", "read,write"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    token = re.search(r"tdb_\S+", made.stdout)
    assert token is not None, made.stdout
    # The server looks for new tokens a few times a second.
    deadline = time.monotonic() + 20
    while True:
        try:
            toondb.ToonDBClient(far.address, secure=True, token=token[0], ca_cert=ca.cert).close()
            break
        except toondb.PermissionDeniedError:
            assert time.monotonic() < deadline, "the token is not taken up"
    yield Machines(near, far, token[0], ca.cert)
    near.stop()
    far.stop()


@pytest.fixture
def given(tmp_path: Path, machines: Machines) -> Iterator[Dict[str, object]]:
    """What the text around a block has spoken of: an open database with some content, and some values."""
    with Database.open(tmp_path / "given") as db:
        for name in ("notes", "documents"):
            db.create_collection(name, dimension=3)
        db.add_documents("notes", [{"id": "n1", "content": "the door was repaired", "embedding": [0.1, 0.9, 0.2]}])
        for node in ("alice", "lamp", "door"):
            db.add_node(node, "thing")
        db.add_edge("alice", "KNOWS", "lamp")
        db.put(b"user:alice", b"1")
        db.put(b"k", b"v", namespace="tenant_123")
        for namespace in ("default", "home"):
            db.add_temporal_edge(namespace, "door", "STATE", "open", valid_from=9_000, valid_until=0)
        yield {
            "db": db,
            "embedding": [0.1, 0.8, 0.3],
            "other_embedding": [0.1, 0.8, 0.31],
            "matrix": [[0.1, 0.8, 0.3], [0.2, 0.7, 0.1]],
            "some_earlier_time": int(time.time() * 1000),
            "token": machines.token,
        }


def compiled(block: Block, source: str) -> CodeType:
    # The line of the document, in a traceback and in a message of the compiler.
    lines = "\n" * block.line + source
    return compile(lines, str(block.document), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@each("python")
def test_python(
    block: Block,
    machines: Machines,
    given: Dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    # Whom the system trusts, and the file beside the program.
    monkeypatch.setenv("SSL_CERT_FILE", machines.authority)
    (tmp_path / "ca.pem").write_bytes(Path(machines.authority).read_bytes())
    source = block.text
    for written, meant in {
        "/tmp/toondb.sock": machines.near.socket,
        "localhost:50051": machines.near.address,
        "db.example.com:50051": machines.far.address,
        '"tdb_..."': repr(machines.token),
    }.items():
        source = source.replace(written, meant)
    code = compiled(block, source)
    scope = dict(given)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, scope))
    else:
        exec(code, scope)
    client = scope.get("client")
    if isinstance(client, toondb.ToonDBClient):
        client.close()


def commands(block: Block) -> List[str]:
    lines = (shlex.split(line, comments=True) for line in block.text.splitlines())
    return [shlex.join(words).replace("'&&'", "&&").replace("'>'", ">") for words in lines if words]


@each("sh")
def test_commands(block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in commands(block):
        words = shlex.split(command)
        if words[0] in ("toondb", "target/release/toondb"):
            # After `pip install` it is the wheel's; the other one was built.
            run_toondb(program() if words[0] == "toondb" else [server_binary()], words[1:], tmp_path)
            continue
        assert any(command.startswith(start) for start in NOT_RUN), f"{block.place}: {command}"
        if words[:2] == ["pip", "install"]:
            assert f'name = "{words[2]}"' in (ROOT / "pybind" / "pyproject.toml").read_text()
            continue
        paths = [word for word in words if re.search(r"\w/\w|\.mjs$", word) and not word.startswith((".venv/", "/dev/"))]
        for path in paths:
            assert (ROOT / path).exists() or (block.document.parent / path).exists(), f"{block.place}: {path}"
        if words[0].endswith(".sh"):
            script = (ROOT / words[0]).read_text(encoding="utf-8")
            for option in words[1:]:
                assert not option.startswith("--") or option in script, f"{block.place}: {option}"


def run_toondb(command: List[str], arguments: List[str], folder: Path) -> None:
    """Runs a command as it is written, but for addresses; a server is stopped as soon as it serves."""
    meant = {
        "/tmp/toondb.sock": str(folder / "toondb.sock"),
        "localhost:50051": "127.0.0.1:0",
        "unix:/run/user/1000/toondb-grpc.sock": f"unix:{folder / 'grpc.sock'}",
    }
    arguments = [meant.get(word, word) for word in arguments]
    if arguments[0] != "serve":
        subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=60)
        return
    environment = {**os.environ, "TOONDB_SOCKET": str(folder / "default.sock")}
    process = subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if "ToonDB is ready" in line:
            process.terminate()
    assert process.wait(timeout=60) == 0 and any("ToonDB is ready" in line for line in said), "".join(said)


def helped(*names: str) -> str:
    return subprocess.run([server_binary(), "help", *names], check=True, capture_output=True, text=True).stdout


def test_the_synopsis_is_that_of_the_command() -> None:
    (synopsis,) = [block.text for block in BLOCKS if block.text.startswith("toondb serve [")]
    name, kinds = "", []
    seen = set()
    for line in synopsis.splitlines():
        words = line.split()
        if words[0] == "toondb":
            name = words[1]
            seen.add(name)
            kinds = words[2].split("|") if words[2].replace("|", "").islower() and words[2][0].isalpha() else []
        said = "".join(helped(name, *kind) for kind in ([[each] for each in kinds] or [[]]))
        for option in re.findall(r"--[a-z][a-z-]*", line):
            assert option in said, f"toondb {name} {option}"
    listed = helped().split("Commands:\n")[1].split("\n\n")[0]
    assert seen == set(re.findall(r"^ {2}([a-z-]+) ", listed, re.M)) - {"help"}, listed


def modules() -> Iterator[Any]:
    yield toondb
    for found in pkgutil.walk_packages(toondb.__path__, "toondb."):
        yield importlib.import_module(found.name)


def test_examples_in_docstrings() -> None:
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner()
    for module in modules():
        for example in finder.find(module):
            assert "```" not in (example.docstring or ""), f"{example.name}: write an example as >>>, which is run"
            runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


NAMES = {**vars(toondb), "db": Database, "client": toondb.IpcClient, "tx": toondb.Transaction, "str": str, "bytes": bytes}
"""What a name in front of a dot means in a docstring."""


def test_names_in_docstrings() -> None:
    """What a docstring refers to is there: ``:meth:`Database.flush```, and calls written out as code."""
    wrong = []
    known = {name for module in modules() for name in vars(module)}
    for module in modules():
        for text in docstrings(module):
            for owner, name in re.findall(r":(?:meth|attr):`\.?(\w+)\.(\w+)`", text):
                kind = NAMES.get(owner)
                if kind is None or not (hasattr(kind, name) or name in getattr(kind, "__annotations__", ())):
                    wrong.append(f"{module.__name__}: {owner}.{name}")
            for name in re.findall(r":class:`\.?(\w+)`", text):
                if name not in known:
                    wrong.append(f"{module.__name__}: {name}")
            for code in re.findall(r"``([^`]+)``", text):
                if re.match(r"[\w.]+\(.*\)$", code, re.S) or code.startswith(("with ", "async with ", "async for ")):
                    wrong += [f"{module.__name__}: {code}: {fault}" for fault in faults_of(code)]
    assert not wrong, "\n".join(wrong)


def docstrings(module: Any) -> Iterator[str]:
    source = inspect.getsource(module) if module.__name__ != "toondb._toondb" else ""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "``" in node.value + "``":
            yield node.value
    if not source:
        for kind in vars(module).values():
            yield from filter(None, [getattr(kind, "__doc__", None)])
            if inspect.isclass(kind):
                yield from filter(None, [getattr(member, "__doc__", None) for member in vars(kind).values()])


def fits(signature: inspect.Signature, positions: int, keywords: Dict[str, None]) -> bool:
    try:
        signature.bind(*[None] * positions, **keywords)
    except TypeError:
        return False
    return True


def faults_of(code: str) -> List[str]:
    """Code in a sentence: it must be Python, and its calls must fit what they call."""
    code = " ".join(code.split())
    try:
        tree = ast.parse(code)
    except SyntaxError:
        try:
            tree = ast.parse("async def f():\n  " + code)
        except SyntaxError as error:
            return [str(error)]
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        target: Any = None
        if isinstance(call.func, ast.Name):
            target = NAMES.get(call.func.id)
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            owner = NAMES.get(call.func.value.id)
            if inspect.isclass(owner):
                target = getattr(owner, call.func.attr, None)
                if target is None:
                    found.append(f"no {call.func.attr}")
        if target is None or any(isinstance(each, ast.Constant) and each.value is ... for each in call.args):
            continue
        try:
            signature = inspect.signature(target)
        except (TypeError, ValueError):
            continue
        keywords = {each.arg: None for each in call.keywords if each.arg}
        # A name in front of the dot may stand for the class or for an object of it.
        if not any(fits(signature, len(call.args) + bound, keywords) for bound in (0, 1)):
            found.append(f"does not fit {signature}")
    return found
