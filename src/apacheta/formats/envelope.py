"""One access unit with what is known of its camera, as core, console and page pass it on (docs/page.md).

A head of 28 bytes, big-endian; metadata; the access unit as it came. Envelopes may follow each other without a break.
"""

import struct
from collections.abc import Iterator

import msgspec

from ..core.errors import InputFault, LocalProtocolError
from .ts import streams

MAGIC = b"APV1"
HEAD_BYTES = 28
KEY, DAMAGED, GAP, OWN_METADATA = 1, 2, 4, 8
"""Bits of the flags."""
OTHER, H264, H265, MPEG2 = 0, 1, 2, 3
"""Codecs."""
LONGEST_METADATA, LONGEST_PAYLOAD = 0xFFFF, 0xFFFF_FFFF

_HEAD = struct.Struct(">4sBBHIqq")
_FLAGS_AT = 4
_CODECS = {streams.H264: H264, streams.HEVC: H265, streams.MPEG2_VIDEO: MPEG2}
_NO_PTS = -1
"""2^64 - 1, read as a signed number: a stream whose clock steps back behind its start has negative times."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """`gap`: units before this one are missing. `own_metadata`: the metadata belongs to this very frame.

    `pts_90k`: 90 kHz without wrap, None where the stream gives none. `complete_utc_ns`: when the unit was complete on
    this machine. `metadata`: one UTF-8 JSON object or nothing. `payload`: Annex B, as it came.
    """

    key: bool
    damaged: bool
    gap: bool
    own_metadata: bool
    codec: int
    pts_90k: int | None
    complete_utc_ns: int
    metadata: bytes
    payload: bytes

    @property
    def flags(self) -> int:
        """The four marks as the envelope's flag byte."""
        return KEY * self.key | DAMAGED * self.damaged | GAP * self.gap | OWN_METADATA * self.own_metadata


def codec_of(stream_type: int) -> int:
    """The envelope's codec for a transport stream's type."""
    return _CODECS.get(stream_type, OTHER)


def encode_envelope(e: Envelope) -> bytes:
    """The bytes of one envelope. Raises LocalProtocolError where metadata or payload are too long for it."""
    if len(e.metadata) > LONGEST_METADATA or len(e.payload) > LONGEST_PAYLOAD:
        text = f"{len(e.metadata)} bytes of metadata and {len(e.payload)} of video do not fit in one envelope."
        raise LocalProtocolError("envelope_too_long", text)
    pts = _NO_PTS if e.pts_90k is None else e.pts_90k
    head = _HEAD.pack(MAGIC, e.flags, e.codec, len(e.metadata), len(e.payload), pts, e.complete_utc_ns)
    return head + e.metadata + e.payload


def decode_envelope(data: bytes) -> Envelope:
    """The one envelope that these bytes are. Raises InputFault (`bad_envelope`) for bytes too few or too many."""
    size = _size_at(data, 0)
    if len(data) != size:
        raise _bad(f"{len(data)} bytes, of which {size} are one envelope")
    return _envelope_at(data, 0)


def envelopes_of(data: bytes) -> Iterator[Envelope]:
    """Envelopes that follow each other. Raises InputFault (`bad_envelope`) where the last one is cut off."""
    at = 0
    while at < len(data):
        yield _envelope_at(data, at)
        at += _size_at(data, at)


def flags_of(data: bytes) -> int:
    """The flags of an envelope, without a look at the rest. Raises InputFault (`bad_envelope`) where it is none."""
    _check_head(data, 0)
    return data[_FLAGS_AT]


def with_gap(data: bytes) -> bytes:
    """The same envelope, saying that units before it are missing. Raises InputFault (`bad_envelope`)."""
    flags = flags_of(data) | GAP
    return data[:_FLAGS_AT] + bytes((flags,)) + data[_FLAGS_AT + 1 :]


def _envelope_at(data: bytes, at: int) -> Envelope:
    size = _size_at(data, at)
    _, flags, codec, metadata_bytes, _, pts, complete_utc_ns = _HEAD.unpack_from(data, at)
    payload_at = at + HEAD_BYTES + metadata_bytes
    return Envelope(
        key=bool(flags & KEY),
        damaged=bool(flags & DAMAGED),
        gap=bool(flags & GAP),
        own_metadata=bool(flags & OWN_METADATA),
        codec=codec,
        pts_90k=None if pts == _NO_PTS else pts,
        complete_utc_ns=complete_utc_ns,
        metadata=data[at + HEAD_BYTES : payload_at],
        payload=data[payload_at : at + size],
    )


def _size_at(data: bytes, at: int) -> int:
    """Bytes of the envelope that begins here, all of them there."""
    _check_head(data, at)
    _, _, _, metadata_bytes, payload_bytes, _, _ = _HEAD.unpack_from(data, at)
    size = HEAD_BYTES + metadata_bytes + payload_bytes
    if len(data) - at < size:
        raise _bad(f"{len(data) - at} bytes of {size}")
    return size


def _check_head(data: bytes, at: int) -> None:
    if len(data) - at < HEAD_BYTES:
        raise _bad(f"{len(data) - at} bytes, and the head alone has {HEAD_BYTES}")
    if data[at : at + len(MAGIC)] != MAGIC:
        raise _bad(f"it begins with {data[at : at + len(MAGIC)].hex()}")


def _bad(what: str) -> InputFault:
    remedy = "It was cut off, or written by another version: read the video again."
    return InputFault("bad_envelope", f"This is no envelope: {what}.", remedy=remedy)
