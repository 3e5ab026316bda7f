"""What every StreamSource promises, and what only one kind does."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apacheta.adapters.stream import FileStream, PipeStream, UdpStream, is_live, open_stream
from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta.ports import Chunk, StreamSource

DATA = bytes(range(256)) * 400
Opened = tuple[StreamSource, Callable[[], None]]
"""A source, and what makes its bytes come and then ends the stream."""


def file_source(folder: Path) -> Opened:
    path = folder / "stream.ts"
    path.write_bytes(DATA)
    return FileStream(path, chunk_bytes=4_000), lambda: None


def pipe_source(folder: Path) -> Opened:
    read_end, write_end = os.pipe()

    def send() -> None:
        with open(write_end, "wb") as writer:
            writer.write(DATA)

    return PipeStream(read_end), threading.Thread(target=send).start


def udp_source(folder: Path) -> Opened:
    source = UdpStream("127.0.0.1", 0, idle_timeout_s=0.2)

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for at in range(0, len(DATA), 1316):
                sender.sendto(DATA[at : at + 1316], ("127.0.0.1", source.port))

    return source, threading.Thread(target=send).start


def inherited_source(folder: Path) -> Opened:
    """A socket that somebody else bound, with the first datagrams in it before there is a reader."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        address = bound.getsockname()
        _send_from(address, DATA[:13_160])
        source = UdpStream.of_descriptor(os.dup(bound.fileno()), idle_timeout_s=0.2)
    return source, threading.Thread(target=_send_from, args=(address, DATA[13_160:])).start


def _send_from(address: tuple[str, int], data: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for at in range(0, len(data), 1316):
            sender.sendto(data[at : at + 1316], address)


@pytest.fixture(params=[file_source, pipe_source, udp_source, inherited_source])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    source, begin = request.param(tmp_path)
    yield source, begin
    source.close()


def test_bytes_come_whole_and_in_order_and_the_stream_ends(opened: Opened) -> None:
    source, begin = opened
    begin()
    chunks = list(source.chunks())
    assert b"".join(c.data for c in chunks) == DATA
    assert source.dropped_bytes == 0
    times = [c.received_monotonic_ns for c in chunks]
    assert times == sorted(times)


def test_it_has_a_name_and_may_be_closed_twice(opened: Opened) -> None:
    source, _ = opened
    assert source.name
    source.close()
    source.close()
    assert [c.data for c in source.chunks()] == []


@pytest.mark.parametrize("make", [pipe_source, udp_source])
def test_a_silent_source_shows_its_silence_within_a_second(make: Callable[[Path], Opened], tmp_path: Path) -> None:
    source, _ = make(tmp_path)
    began = time.monotonic()
    first = next(source.chunks())
    assert first.data == b""
    assert time.monotonic() - began <= 1.0
    source.close()


def test_a_pipe_holds_its_writer_back_and_loses_nothing() -> None:
    read_end, write_end = os.pipe()
    source, sent, big = PipeStream(read_end, chunk_bytes=4096), threading.Event(), DATA * 20

    def send() -> None:
        with open(write_end, "wb") as writer:
            writer.write(big)
        sent.set()

    threading.Thread(target=send).start()
    chunks = source.chunks()
    first = next(chunks)
    assert not sent.wait(0.1)
    assert b"".join([first.data, *(c.data for c in chunks)]) == big
    assert sent.wait(5.0)
    source.close()


def test_a_datagram_source_counts_what_the_machine_could_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apacheta.adapters.stream.udp.RECEIVE_BUFFER_BYTES", 8_192)
    source = UdpStream("127.0.0.1", 0, idle_timeout_s=0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(200):
            sender.sendto(bytes(1316), ("127.0.0.1", source.port))
        got = sum(len(c.data) for c in source.chunks())
    assert got < 200 * 1316
    assert got + source.dropped_bytes == 200 * 1316
    source.close()
    assert got + source.dropped_bytes == 200 * 1316


def test_what_waits_in_an_inherited_socket_outlives_its_reader() -> None:
    """A reader is killed; its socket, which another process holds too, keeps what comes for the next."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        first = UdpStream.of_descriptor(os.dup(bound.fileno()))
        first.close()
        _send_from(bound.getsockname(), DATA[:2632])
        second = UdpStream.of_descriptor(os.dup(bound.fileno()), idle_timeout_s=0.1)
        assert (second.port, second.name) == (first.port, first.name)
        assert b"".join(c.data for c in second.chunks()) == DATA[:2632]
        second.close()


def test_a_port_that_another_socket_holds_is_named() -> None:
    first = UdpStream("127.0.0.1", 0)
    with pytest.raises(EnvironmentFault) as fault:
        UdpStream("127.0.0.1", first.port)
    assert (fault.value.line.code, fault.value.exit_code) == ("port_is_held", 4)
    first.close()


def test_a_missing_file_and_a_folder_are_input_faults(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.ts", tmp_path):
        with pytest.raises(InputFault) as fault:
            FileStream(path)
        assert fault.value.line.file == str(path)


def first_kind(address: str) -> tuple[type, str, bool]:
    source = open_stream(address)
    source.close()
    return type(source), source.name, is_live(address)


def test_addresses_open_what_they_say(tmp_path: Path) -> None:
    path = tmp_path / "a night.ts"
    path.write_bytes(b"x")
    assert first_kind(str(path)) == (FileStream, "a night.ts", False)
    assert first_kind(path.as_uri()) == (FileStream, "a night.ts", False)
    assert first_kind(f"file:{path}") == (FileStream, "a night.ts", False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert first_kind(f"udp://127.0.0.1:{port}") == (UdpStream, f"udp://127.0.0.1:{port}", True)
    assert first_kind(f"udp://@:{port}") == (UdpStream, f"udp://:{port}", True)


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}"])
def test_what_a_pipe_or_device_hands_out_is_live_whatever_it_is_called(tmp_path: Path, form: str) -> None:
    """Else the mandate that a live stream needs could be passed by with another name for the same stream."""
    read_end, write_end = os.pipe()
    fifo, link, none = tmp_path / "fifo", tmp_path / "link.ts", tmp_path / "none.ts"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    for path in (fifo, link, f"/dev/fd/{read_end}"):
        writer = os.open(fifo, os.O_RDWR)
        kind, name, live = first_kind(form.format(path))
        os.close(writer)
        assert (kind, name, live) == (PipeStream, os.path.basename(path), True)
    os.close(write_end)
    os.close(read_end)
    assert [is_live(form.format(p)) for p in (tmp_path, none)] == [False, False]


def test_a_named_pipe_hands_out_its_bytes(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(DATA,))
    writer.start()
    source = open_stream(fifo)
    assert b"".join(c.data for c in source.chunks()) == DATA
    writer.join()
    source.close()


@pytest.mark.parametrize(
    "address", ["udp://127.0.0.1", "udp://127.0.0.1:99999", "rtsp://127.0.0.1:5000/x", "udp://h:0"]
)
def test_a_wrong_address_is_an_input_fault(address: str) -> None:
    with pytest.raises(InputFault):
        open_stream(address)


def test_chunks_are_bytes_with_the_time_of_their_arrival(tmp_path: Path) -> None:
    ticks = iter(range(100, 200))
    path = tmp_path / "s.ts"
    path.write_bytes(b"abcdef")
    source = FileStream(path, chunk_bytes=4, monotonic_ns=lambda: next(ticks))
    assert list(source.chunks()) == [Chunk(b"abcd", 100), Chunk(b"ef", 101)]
    source.close()
