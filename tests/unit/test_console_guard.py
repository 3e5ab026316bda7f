"""The console answers this machine's own page, and nobody else."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_room import SOON_S, Console, console
from websockets.exceptions import InvalidStatus

from apacheta.console import bound_socket
from apacheta.console.guard import is_loopback_name
from apacheta.console.server import server_of
from apacheta.core.errors import EnvironmentFault, InputFault


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("post")) as asked:
        yield asked


@pytest.mark.parametrize("path", ["/", "/api/night", "/api/state", "/nowhere", "/api/video/x", "/api/decisions"])
def test_every_answer_carries_the_headers(room: Console, path: str) -> None:
    _, headers, _ = room.ask(path)
    assert headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "10.0.0.1", "", "a:b"])
def test_a_foreign_host_is_misdirected(room: Console, host: str) -> None:
    status, headers, _ = room.ask("/api/night", Host=host)
    assert status == 421
    assert "content-security-policy" in headers


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_has_its_names_with_and_without_a_port(name: str) -> None:
    assert is_loopback_name(name)
    assert is_loopback_name(f"{name}:8080")
    assert not is_loopback_name(f"{name}:80x")
    assert not is_loopback_name(f"{name}.example")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(room: Console, origin: str) -> None:
    origin = origin.format(port=room.port)
    assert room.ask("/api/night", Origin=origin)[0] == 403
    body = b'{"alert":"a","state":"confirmed","reason":"person","note":""}'
    assert room.ask("/api/decisions", "POST", body, Origin=origin, Idempotency_Key="foreign")[0] == 403
    assert "foreign" not in room.core.written


def test_the_pages_own_origin_is_let_through(room: Console) -> None:
    assert room.ask("/api/night", Origin=f"http://127.0.0.1:{room.port}")[0] == 200


@pytest.mark.parametrize("path", ["/ws/live", "/ws/video/drone-1"])
@pytest.mark.parametrize(("name", "value", "status"), [("Origin", "http://evil.example", 403), ("Host", "evil", 421)])
def test_a_foreign_websocket_is_refused(room: Console, path: str, name: str, value: str, status: int) -> None:
    if name == "Origin":
        with pytest.raises(InvalidStatus) as refused, room.connect(path, origin=value):
            pass
        assert refused.value.response.status_code == status
        return
    with socket.create_connection(("127.0.0.1", room.port), timeout=20) as raw:
        raw.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {value}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert raw.recv(64).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_websocket_of_the_page_itself_is_taken(room: Console) -> None:
    with room.connect("/ws/live", origin=f"http://127.0.0.1:{room.port}") as reader:
        assert b"snapshot" in reader.recv(timeout=SOON_S).encode()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "::1", "example.org", "127.0.0.2", ""])
def test_no_other_address_is_served_and_the_reason_said(host: str) -> None:
    with pytest.raises(InputFault, match="no accounts") as refused:
        bound_socket(host, 0)
    assert refused.value.line.code == "not_loopback"


def test_a_socket_bound_elsewhere_is_not_served(tmp_path: Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere, pytest.raises(InputFault, match="no accounts"):
        server_of(lambda *_: None, everywhere)  # type: ignore[arg-type,return-value]


def test_a_port_that_is_held_is_named() -> None:
    with bound_socket("127.0.0.1", 0) as first, pytest.raises(EnvironmentFault, match="cannot be bound"):
        bound_socket("127.0.0.1", first.getsockname()[1])


def test_what_is_no_path_of_ours_is_said_as_json(room: Console) -> None:
    assert room.json("/nowhere")["code"] == "not_there"
    assert room.ask("/docs")[0] == room.ask("/openapi.json")[0] == 404
    assert room.ask("/api/night", "DELETE")[0] == 405
