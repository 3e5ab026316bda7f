"""The demultiplexer and multiplexer against libavformat, and against published figures."""

import io
from pathlib import Path

import av
import pytest
from stream_sample import items_at, own_stream, pictures

from apacheta.formats.klv import encode_st0601
from apacheta.formats.ts import PesUnit, TsDemuxer
from apacheta.formats.ts.crc import crc32_mpeg2
from apacheta.formats.ts.mux import with_delimiter

FILES = ("aphill_short", "h264_klv", "h264_no_klv", "h264_audio")


def units_of(data: bytes) -> list[PesUnit]:
    demuxer = TsDemuxer()
    return demuxer.feed(data) + demuxer.flush()


def test_the_checksum_has_its_published_check_value() -> None:
    assert crc32_mpeg2(b"123456789") == 0x0376E6E7


@pytest.mark.parametrize("name", FILES)
def test_libavformat_finds_the_same_bytes_in_every_shared_stream(shared_data: Path, name: str) -> None:
    data = (shared_data / "video" / f"{name}.ts").read_bytes()
    theirs: dict[int, bytes] = {}
    with av.open(io.BytesIO(data)) as container:
        for packet in container.demux():
            theirs[packet.stream.id] = theirs.get(packet.stream.id, b"") + bytes(packet)
    ours: dict[int, bytes] = {}
    for unit in units_of(data):
        ours[unit.pid] = ours.get(unit.pid, b"") + unit.data
    assert {p: d for p, d in ours.items() if d} == {p: d for p, d in theirs.items() if d}


@pytest.mark.parametrize("name", FILES)
def test_libavformat_gives_the_same_times(shared_data: Path, name: str) -> None:
    path = shared_data / "video" / f"{name}.ts"
    with av.open(str(path)) as container:
        packets = [p for p in container.demux() if p.size and p.stream.type in ("video", "data")]
        theirs = [(p.stream.id, p.pts, p.dts) for p in packets]
    ours = {(u.pid, u.pts_90k) for u in units_of(path.read_bytes())}
    assert {(pid, pts) for pid, pts, _ in theirs} >= {(p, t) for p, t in ours if p in {x[0] for x in theirs}}


def test_libavformat_reads_our_streams_with_units_times_and_metadata() -> None:
    with av.open(io.BytesIO(own_stream(20))) as container:
        kinds = [s.type for s in container.streams]
        packets = [p for p in container.demux() if p.size]
        data = [(p.pts, bytes(p)) for p in packets if p.stream.type == "data"]
        video = [(p.pts, bytes(p)) for p in packets if p.stream.type == "video"]
    assert kinds == ["video", "data"]
    assert data == [(90_000 + 9_000 * n, encode_st0601(items_at(n))) for n in range(20)]
    assert video == [(90_000 + 9_000 * n, with_delimiter(unit)) for n, (unit, _) in enumerate(pictures(20))]
