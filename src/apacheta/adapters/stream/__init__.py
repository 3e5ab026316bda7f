"""Where transport streams come from: a file, a pipe, a UDP socket; `open_stream` picks by the address."""

from .address import is_live, open_live_stream, open_stream, stream_of_descriptor
from .file import FileStream
from .pipe import PipeStream
from .udp import UdpStream

__all__ = [
    "FileStream",
    "PipeStream",
    "UdpStream",
    "is_live",
    "open_live_stream",
    "open_stream",
    "stream_of_descriptor",
]
