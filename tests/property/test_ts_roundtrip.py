"""What holds for every stream and every way of cutting it."""

from hypothesis import given
from hypothesis import strategies as st
from stream_sample import own_stream

from apacheta.formats.ts import TsDemuxer, TsMuxer
from apacheta.formats.ts.mux import with_delimiter

FRAMES = st.lists(
    st.tuples(
        st.one_of(st.binary(max_size=900), st.integers(65_400, 66_000)),
        st.binary(max_size=400).map(lambda b: b and b"\x06\x0e\x2b\x34" + b),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def unit_of(content: bytes | int) -> bytes:
    """The unit itself: bytes, or so many bytes as the largest PES packets hold."""
    return content if isinstance(content, bytes) else b"\x11" * content


@given(frames=FRAMES, cuts=st.lists(st.integers(1, 700), min_size=1, max_size=12), start=st.integers(0, (1 << 33) - 1))
def test_every_unit_survives_multiplexing_and_any_cutting(
    frames: list[tuple[bytes | int, bytes, bool]], cuts: list[int], start: int
) -> None:
    muxer, demuxer = TsMuxer(), TsDemuxer()
    made = [(unit_of(content), klv, key or n == 0) for n, (content, klv, key) in enumerate(frames)]
    data = b"".join(muxer.frame(start + 9000 * n, *parts) for n, parts in enumerate(made))
    units, at, k = [], 0, 0
    while at < len(data):
        units += demuxer.feed(data[at : at + cuts[k % len(cuts)]])
        at, k = at + cuts[k % len(cuts)], k + 1
    units += demuxer.flush()
    video = [(u.pts_90k, u.data) for u in units if u.kind == "video"]
    metadata = [(u.pts_90k, u.data) for u in units if u.kind == "metadata"]
    assert video == [(start + 9000 * n, with_delimiter(au)) for n, (au, _, _) in enumerate(made)]
    assert metadata == [(start + 9000 * n, klv) for n, (_, klv, _) in enumerate(made) if klv]
    assert not any(u.damaged for u in units)
    assert demuxer.stats.continuity_errors == demuxer.stats.crc_errors == demuxer.stats.skipped_bytes == 0


@given(data=st.binary(max_size=3000), cut=st.integers(1, 600))
def test_no_bytes_raise_and_every_byte_is_accounted_for(data: bytes, cut: int) -> None:
    demuxer = TsDemuxer()
    units = [u for at in range(0, len(data), cut) for u in demuxer.feed(data[at : at + cut])] + demuxer.flush()
    assert demuxer.stats.packets * 188 + demuxer.stats.skipped_bytes <= len(data)
    assert len(units) <= demuxer.stats.packets


@given(flips=st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 255)), max_size=40), cut=st.integers(50, 5000))
def test_changed_bytes_never_raise_nor_change_how_the_cutting_matters(flips: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(own_stream(5))
    for at, value in flips:
        data[at % len(data)] = value
    whole, pieces = TsDemuxer(), TsDemuxer()
    at_once = whole.feed(bytes(data)) + whole.flush()
    cut_up = [u for at in range(0, len(data), cut) for u in pieces.feed(bytes(data[at : at + cut]))] + pieces.flush()
    assert cut_up == at_once
    assert pieces.stats == whole.stats
