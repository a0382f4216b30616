"""``Get`` over gRPC by ``ToonDBClient`` against the same call by ``grpcio``.

``ToonDBClient`` asks ToonDB; ``grpcio``, with the stubs that it makes of ToonDB's own files, asks a bare tonic echo
(``toondb-bench grpc-echo``) that answers the same message at once. So the peer's server has less to do, and what the figure shows is
what a Python program waits for. Each call is followed by one of the peer; a figure is the ratio of the medians of a round, and the
median over the rounds.
"""

import argparse
import contextlib
import os
import random
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import grpc
import toondb
from grpc_tools import protoc
from report import note, row

KEYS = 10_000
VALUE = b"x" * 100
ROOT = Path(__file__).parents[2]

Get = Callable[[bytes], object]


def make_stubs(folder: str) -> None:
    """Makes the modules ``toondb.v1.*`` in ``folder``, and lets the package ``toondb`` have them."""
    protos = ROOT / "grpc/proto"
    files = [str(protos / "toondb/v1" / name) for name in ("common.proto", "kv.proto")]
    if protoc.main(["protoc", f"-I{protos}", f"--python_out={folder}", f"--grpc_python_out={folder}", *files]) != 0:
        raise RuntimeError("the stubs could not be made")
    toondb.__path__.append(os.path.join(folder, "toondb"))


@contextlib.contextmanager
def serving(command: List[str], ready: str) -> Iterator[str]:
    """Runs a server and gives the address that its first line with ``ready`` names; ends it afterwards."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            output = []
            for line in server.stdout:
                found = re.search(rf"{ready}.*?(?:grpc|address)=(\S+)", line)
                if found:
                    yield found[1]
                    return
                output.append(line)
            raise RuntimeError(f"{command[0]} did not become ready:\n{''.join(output)}")
        finally:
            server.kill()


@contextlib.contextmanager
def grpcio_get(address: str) -> Iterator[Get]:
    """``get`` as a program with ``grpcio`` has it."""
    from toondb.v1 import kv_pb2, kv_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        stub = kv_pb2_grpc.KvServiceStub(channel)

        def get(key: bytes) -> object:
            answer = stub.Get(kv_pb2.KvGetRequest(key=key))
            return answer.value if answer.found else None

        yield get


def interleave(sides: Tuple[Get, Get], keys: List[bytes]) -> List[float]:
    """The median of each side in microseconds, a call of one after a call of the other."""
    samples: Tuple[List[int], List[int]] = ([], [])
    for key in keys:
        for get, times in zip(sides, samples):
            start = time.perf_counter_ns()
            get(key)
            times.append(time.perf_counter_ns() - start)
    return [statistics.median(times) / 1e3 for times in samples]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", default="target/bench", help="where temporary data goes")
    parser.add_argument("--programs", default="target/release", help="where toondb and toondb-bench are")
    parser.add_argument("--quick", action="store_true", help="shows that it runs, not how fast it is")
    options = parser.parse_args()
    rounds, calls = (1, 500) if options.quick else (5, 5_000)
    os.makedirs(options.dir, exist_ok=True)
    draw = random.Random(9)
    keys = [b"key:%012d" % number for number in range(KEYS)]
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.dir, prefix="python-"))
        make_stubs(folder)
        data = os.path.join(folder, "data")
        serve = [os.path.join(options.programs, "toondb"), "serve", "--grpc", "127.0.0.1:0", "--data", data]
        server = stack.enter_context(serving([*serve, "--log", "info"], "ToonDB is ready"))
        echo_command = [os.path.join(options.programs, "toondb-bench"), "grpc-echo"]
        echo = stack.enter_context(serving(echo_command, "echo is ready"))
        client = stack.enter_context(toondb.ToonDBClient(server))
        peer = stack.enter_context(grpcio_get(echo))
        for key in keys:
            client.put(key, VALUE, durability="volatile")
        # Into the store, where nearly all data of a server is at any time.
        client.flush()
        assert client.get(keys[0]) == peer(keys[0]) == VALUE
        sides = (client.get, peer)
        interleave(sides, draw.choices(keys, k=500))
        medians = []
        for _ in range(rounds):
            medians.append(interleave(sides, draw.choices(keys, k=calls)))
            note("p50 {:.1f} against {:.1f} us".format(*medians[-1]))
    ratio = statistics.median(ours / theirs for ours, theirs in medians)
    ours, theirs = (statistics.median(side) for side in zip(*medians))
    figure = "`Get` over gRPC from Python, `ToonDBClient` p50 / `grpcio` against a bare tonic echo"
    row(figure, "<= 0.8", f"{ratio:.2f} ({ours:.1f} us, grpcio {theirs:.1f} us)")


if __name__ == "__main__":
    main()
