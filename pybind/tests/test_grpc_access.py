"""Who may call by gRPC: TLS in both directions, and tokens."""

import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple

import pytest

import toondb
from toondb import PermissionDeniedError, ToonDBClient

from conftest import Server, server_binary


class Pem(NamedTuple):
    """A certificate and its key."""

    cert: str
    key: str


def openssl(*arguments: str) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def authority(folder: Path, name: str) -> Pem:
    """A certificate that signs others."""
    pem = Pem(str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", pem.key]
    openssl("req", "-x509", *key, "-days", "2", "-subj", f"/CN={name}", "-out", pem.cert)
    return pem


def signed(folder: Path, name: str, by: Pem) -> Pem:
    """A certificate for this machine, signed by an authority."""
    pem = Pem(str(folder / f"{name}.pem"), str(folder / f"{name}.key"))
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", pem.key]
    about = ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    signer = ["-addext", "basicConstraints=critical,CA:FALSE", "-CA", by.cert, "-CAkey", by.key]
    openssl("req", "-x509", *key, "-days", "2", *about, *signer, "-out", pem.cert)
    return pem


class Secured(NamedTuple):
    """A server with TLS, and the certificates around it."""

    server: Server
    ca: Pem
    other_ca: Pem
    client: Pem
    stranger: Pem


@pytest.fixture(scope="module", params=["tls", "mutual"])
def secured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    ca, other_ca = authority(folder, "ca"), authority(folder, "other")
    mine = signed(folder, "server", ca)
    arguments = ["--grpc-cert", mine.cert, "--grpc-key", mine.key]
    if request.param == "mutual":
        arguments += ["--grpc-client-ca", ca.cert]
    running = Server(folder, *arguments)
    yield Secured(running, ca, other_ca, signed(folder, "client", ca), signed(folder, "stranger", other_ca))
    running.stop()


def is_mutual(secured: Secured) -> bool:
    return "--grpc-client-ca" in secured.server.process.args  # type: ignore[operator]


def test_over_tls(secured: Secured) -> None:
    address, identity = secured.server.address, {}
    if is_mutual(secured):
        identity = {"client_cert": secured.client.cert, "client_key": secured.client.key}
    localhost = f"localhost:{address.rpartition(':')[2]}"
    for each in (address, f"grpcs://{address}", localhost):
        for secure in (True, False):
            with ToonDBClient(each, secure, ca_cert=secured.ca.cert, **identity) as client:
                client.put(b"k", b"v")
                assert client.get(b"k") == b"v"


def test_servers_that_are_not_trusted(secured: Secured) -> None:
    address = secured.server.address
    identity = {"client_cert": secured.client.cert, "client_key": secured.client.key}
    with pytest.raises(toondb.ConnectionError, match="(?i)certificate"):
        ToonDBClient(address, secure=True, timeout=5, **identity)
    with pytest.raises(toondb.ConnectionError, match="(?i)certificate"):
        ToonDBClient(address, ca_cert=secured.other_ca.cert, timeout=5, **identity)


def test_clients_that_are_not_trusted(secured: Secured) -> None:
    if not is_mutual(secured):
        pytest.skip("this server asks for no certificate")
    address = secured.server.address
    with pytest.raises(toondb.ConnectionError):
        ToonDBClient(address, ca_cert=secured.ca.cert, timeout=5)
    with pytest.raises(toondb.ConnectionError):
        identity = {"client_cert": secured.stranger.cert, "client_key": secured.stranger.key}
        ToonDBClient(address, ca_cert=secured.ca.cert, timeout=5, **identity)


def test_in_the_clear_to_a_server_with_tls(secured: Secured) -> None:
    with pytest.raises(toondb.ConnectionError):
        ToonDBClient(secured.server.address, timeout=5)


def test_with_tls_to_a_server_without(server: Server) -> None:
    with pytest.raises(toondb.ConnectionError):
        ToonDBClient(server.address, secure=True, timeout=5)


def new_token(server: Server, *arguments: str) -> str:
    command = [server_binary(), "token", "create", "--data", server.data, *arguments]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode == 2 and "unrecognized subcommand" in made.stderr:
        pytest.skip("this server has no tokens")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip().splitlines()[-1].split()[-1]


def test_tokens(tmp_path: Path) -> None:
    running = Server(tmp_path)
    writer = new_token(running, "--name", "writer", "--all-namespaces", "--rights", "read,write")
    running.stop()
    # A server learns of its first token within a second; one that starts knows it.
    running = Server(tmp_path)
    reader = new_token(running, "--name", "reader", "--namespace", "default", "--rights", "read")
    with pytest.raises(PermissionDeniedError):
        ToonDBClient(running.address)
    with pytest.raises(PermissionDeniedError):
        ToonDBClient(running.address, token=f"{writer[:-1]}{'a' if writer[-1] != 'a' else 'b'}")
    with pytest.raises(toondb.InvalidArgumentError, match="token"):
        ToonDBClient(running.address, token="line\nbreak")
    with ToonDBClient(running.address, token=writer) as client:
        assert client.put(b"k", b"v")
        assert client.get(b"k") == b"v"
    running.stop()
    running = Server(tmp_path)
    with ToonDBClient(running.address, token=reader) as client:
        assert client.get(b"k") == b"v"
        with pytest.raises(PermissionDeniedError):
            client.put(b"k", b"w")
        with pytest.raises(PermissionDeniedError):
            client.get(b"k", namespace="other")
    running.stop()
