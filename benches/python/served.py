"""A server of the release build, for as long as a benchmark runs."""

import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).parents[2]


@contextmanager
def served() -> Iterator[str]:
    """Starts one on an empty directory beside the build, where the disk is; gives its socket."""
    with tempfile.TemporaryDirectory(dir=ROOT / "target") as folder:
        path = f"{folder}/s"
        command = [str(ROOT / "target/release/toondb"), "serve", "--socket", path, "--data", f"{folder}/data"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                while "ready" not in server.stderr.readline():
                    pass
                yield path
            finally:
                server.kill()
