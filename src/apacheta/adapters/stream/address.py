"""Addresses of streams: a path or `file:PATH` (a recording; live where a pipe or device lies there), `-` (standard
input), `udp://HOST:PORT` (HOST may be a group or empty)."""

import os
from urllib.parse import unquote, urlsplit

from apacheta.core.errors import InputFault
from apacheta.ports import StreamSource

from .file import FileStream, opened
from .pipe import PipeStream
from .udp import UdpStream

_REMEDY = "Give a file's path, file:PATH, - for standard input, or udp://HOST:PORT."


def open_live_stream(address: str) -> UdpStream | PipeStream:
    """The source behind a live address (`is_live`), which has a descriptor. Raises as `open_stream` does."""
    source = open_stream(address)
    assert isinstance(source, UdpStream | PipeStream)
    return source


def stream_of_descriptor(address: str, descriptor: int, *, idle_timeout_s: float | None = None) -> StreamSource:
    """The source behind a live address that somebody else holds open: what came while nobody read waits in it. Closing
    it closes this process's own descriptor alone."""
    if address.startswith("udp:"):
        return UdpStream.of_descriptor(descriptor, idle_timeout_s=idle_timeout_s)
    return PipeStream(descriptor, name=address)


def open_stream(address: str | os.PathLike[str], *, idle_timeout_s: float | None = None) -> StreamSource:
    """The source behind an address. Raises InputFault where it is none, or where nothing is there."""
    text = os.fspath(address)
    if text == "-":
        return PipeStream(0, name="stdin")
    if text.startswith("udp:"):
        host, port = _host_and_port(text)
        return UdpStream(host, port, idle_timeout_s=idle_timeout_s)
    if not _is_path(text):
        scheme = text.split("://", 1)[0]
        raise InputFault(
            "unknown_stream_scheme", f"{scheme} streams are not read here.", field="stream", remedy=_REMEDY
        )
    path = _path_of(text)
    return PipeStream(opened(path), name=os.path.basename(path)) if _hands_out(path) else FileStream(path)


def is_live(address: str | os.PathLike[str]) -> bool:
    """Whether the address is that of a live stream, not of a recording: of what is reached by a path only a regular
    file is a recording."""
    text = os.fspath(address)
    return text == "-" or not _is_path(text) or _hands_out(_path_of(text))


def _is_path(address: str) -> bool:
    return address.startswith("file:") or "://" not in address


def _hands_out(path: str) -> bool:
    """Whether something other than a file lies there, as a pipe or a device does, that hands out what comes to it."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _path_of(address: str) -> str:
    """The path in a file: address (`file:name`, `file:/name` and `file:///name` all occur); any other as it is."""
    if not address.startswith("file:"):
        return address
    parts = urlsplit(address)
    return unquote(parts.path if parts.netloc in ("", "localhost") else parts.netloc + parts.path)


def _host_and_port(address: str) -> tuple[str, int]:
    """Host (empty: any) and port; `udp://@:5000` and `udp://@239.1.2.3:5000` are how players write it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        port = None
    if not port:
        raise InputFault(
            "bad_stream_address", f"{address} names no port from 1 to 65535.", field="stream", remedy=_REMEDY
        )
    return parts.hostname or "", port
