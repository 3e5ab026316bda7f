"""A decoder in a process of its own gives what one in ours gives, and its end is survived."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from processes import is_gone, until
from stream_sample import own_stream, pictures, units_of

from apacheta.adapters.video import ApartDecoder, DecodedFrame, Decoder, VideoDecoder
from apacheta.core.errors import InputFault
from apacheta.formats.ts import TsDemuxer

pytestmark = pytest.mark.timeout(900)
RATE_90K = 9_000
SHARED = ("aphill_short", "h264_klv", "h264_no_klv", "h264_audio")
Record = tuple[bytes, tuple[int, ...], int | None, bool, bool]


@pytest.fixture
def apart() -> Iterator[Callable[..., ApartDecoder]]:
    """Makes decoders, and closes them."""
    made: list[ApartDecoder] = []

    def make(codec: str = "h264") -> ApartDecoder:
        made.append(ApartDecoder(codec))
        return made[-1]

    yield make
    for decoder in made:
        decoder.close()


def records(decoder: Decoder, units: list[tuple[bytes, int | None, bool, bool]]) -> list[Record]:
    """All that comes out, to the last bit."""
    frames = [f for unit in units for f in decoder.decode(*unit)] + decoder.flush()
    return [(f.gray.tobytes(), f.gray.shape, f.pts_90k, f.keyframe, f.damaged) for f in frames]


def same_here_and_apart(stream_type: int, units: list[tuple[bytes, int | None, bool, bool]]) -> list[Record]:
    here, apart = VideoDecoder.for_stream_type(stream_type), ApartDecoder.for_stream_type(stream_type)
    try:
        found = records(here, units)
        assert records(apart, units) == found
        assert (apart.stats, apart.profile, apart.pixel_format) == (here.stats, here.profile, here.pixel_format)
        assert apart.restarts == 0
    finally:
        apart.close()
    return found


def demultiplexed(data: bytes) -> tuple[int, list[tuple[bytes, int | None, bool, bool]]]:
    demuxer = TsDemuxer()
    units = [u for u in demuxer.feed(data) + demuxer.flush() if u.kind == "video"]
    return units[0].stream_type, [(u.data, u.pts_90k, u.damaged, u.after_loss) for u in units]


@pytest.mark.parametrize("name", SHARED)
def test_real_streams_give_the_same_frames_here_and_apart(shared_data: Path, name: str) -> None:
    data = (shared_data / "video" / f"{name}.ts").read_bytes()
    assert len(same_here_and_apart(*demultiplexed(data))) >= 29


def test_a_simulated_stream_with_packets_lost_gives_the_same_frames_here_and_apart() -> None:
    data = own_stream(60)
    holes = [at - at % 188 for at in (len(data) // 3, len(data) // 2)]
    for at in reversed(holes):
        data = data[:at] + data[at + 188 * 5 :]
    found = same_here_and_apart(*demultiplexed(data))
    assert any(damaged for *_, damaged in found)
    assert not all(damaged for *_, damaged in found)


def test_garbage_is_refused_alike_here_and_apart() -> None:
    generator = np.random.default_rng(5)
    units = [(generator.bytes(900), None, False, False), (b"", 1, False, True)]
    units += [(unit, RATE_90K * n, False, False) for n, (unit, _) in enumerate(pictures(20))]
    same_here_and_apart(0x1B, units)


def test_pictures_of_more_than_eight_bits_are_converted_in_the_locked_child_too() -> None:
    """The conversion loads what it needs after the doors are shut."""
    units = units_of("libx264", 0, {"preset": "ultrafast", "tune": "zerolatency"}, "yuv420p10le")
    found = same_here_and_apart(0x1B, [(unit, at, False, False) for unit, at in units])
    assert len(found) == 40


def test_the_child_is_locked_in(apart: Callable[..., ApartDecoder]) -> None:
    decoder = apart()
    decoder.decode(pictures(1)[0][0], 0)
    lines = Path(f"/proc/{decoder.pid}/limits").read_text().splitlines()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    for name, most in (("address space", 1 << 30), ("file size", 0), ("open files", 0), ("processes", 0)):
        assert limits[f"Max {name}"] == [str(most)] * 2
    assert limits["Max core file size"] == ["0"] * 2
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{decoder.pid}/status").read_text().splitlines())
    assert status["NoNewPrivs"] == "1"
    if os.geteuid() == 0:
        assert set(status["Uid"].split()) == {"65534"}
        assert status["CapPrm"].strip("0") == ""
    opened = {int(name) for name in os.listdir(f"/proc/{decoder.pid}/fd")}
    assert not opened & {0, 1}


def fed(decoder: ApartDecoder, before: Callable[[int], None], frames: int = 40) -> list[DecodedFrame]:
    """A stream with a key frame each ten; `before` is told each unit's number first."""
    found = []
    for number, (unit, _) in enumerate(pictures(frames)):
        before(number)
        found += decoder.decode(unit, RATE_90K * number)
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV])
def test_a_child_that_crashes_or_hangs_is_replaced_and_the_next_key_frame_is_whole(
    apart: Callable[..., ApartDecoder], how: signal.Signals
) -> None:
    decoder, pids = apart(), []

    def harm(number: int) -> None:
        pids.append(decoder.pid)
        if number == 13:
            os.kill(decoder.pid, how)

    found = fed(decoder, harm)
    whole = {f.pts_90k // RATE_90K for f in found if not f.damaged}
    assert whole == {*range(13), *range(20, 40)}
    assert (decoder.restarts, decoder.stats.lost_units) == (1, 7)
    assert len(set(pids)) == 2
    assert not Path(f"/proc/{pids[0]}").exists()


def test_after_a_second_crash_the_child_has_a_pause_in_which_units_are_lost(
    apart: Callable[..., ApartDecoder],
) -> None:
    decoder = apart()

    def harm(number: int) -> None:
        if number in (3, 5):
            os.kill(decoder.pid, signal.SIGKILL)

    found = fed(decoder, harm, 10)
    assert [f.pts_90k for f in found] == [0, RATE_90K, 2 * RATE_90K]
    assert decoder.pid is None
    assert (decoder.restarts, decoder.stats.lost_units) == (2, 7)


def test_a_unit_that_fills_the_childs_memory_ends_the_child_alone(apart: Callable[..., ApartDecoder]) -> None:
    """1.2 GB of zeros, which cost us nothing until they are written to."""
    decoder = apart()
    units = [pictures(1)[0][0], bytes(1_200 << 20), *(unit for unit, _ in pictures(12))]
    found = [f for n, unit in enumerate(units) for f in decoder.decode(unit, RATE_90K * n)]
    assert (decoder.restarts, decoder.stats.lost_units) == (1, 1)
    assert [f.pts_90k // RATE_90K for f in found] == [0, *range(2, 14)]
    assert not any(f.damaged for f in found)


def bits(*fields: tuple[int, int] | int) -> bytes:
    """An H.264 raw byte sequence: (value, width) is u(width), a number alone is ue(v); then the stop bit."""
    text = ""
    for field in fields:
        value, width = field if isinstance(field, tuple) else (field + 1, 2 * (field + 1).bit_length() - 1)
        text += f"{value:0{width}b}"
    text += "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\0\0", b"\0\0\x03")


def head_claiming(width_mbs: int, height_mbs: int, references: int = 16) -> bytes:
    """A sequence parameter set (7.3.2.1.1; baseline, level 6.2) of so many macroblocks, and a picture parameter set."""
    sps = bits((66, 8), (0, 8), (62, 8), 0, 0, 2, references, (0, 1), width_mbs - 1, height_mbs - 1, (1, 1), (1, 1),
               (0, 1), (0, 1))  # fmt: skip
    pps = bits(0, 0, (0, 1), (0, 1), 0, 0, 0, (0, 1), (0, 2), 0, 0, 0, (0, 1), (0, 1), (0, 1))
    return b"\0\0\0\1\x67" + sps + b"\0\0\0\1\x68" + pps


@pytest.mark.parametrize("size", [(8191, 8191), (1024, 1024), (256, 144), (1, 36_000)])
def test_a_head_that_claims_a_giant_picture_is_survived(
    apart: Callable[..., ApartDecoder], size: tuple[int, int]
) -> None:
    """From over the largest that is taken to the largest: slices of noise follow the head, then a whole stream."""
    decoder, generator = apart(), np.random.default_rng(3)
    for number in range(10):
        slices = b"".join(b"\0\0\1\x65" + generator.bytes(400) for _ in range(5))
        decoder.decode(head_claiming(*size) + slices, number)
    found = [f for n, (unit, _) in enumerate(pictures(12)) for f in decoder.decode(unit, RATE_90K * n)]
    assert [f.gray.shape for f in found[-2:]] == [(128, 160)] * 2
    assert not found[-1].damaged


def test_a_child_goes_with_its_owner() -> None:
    """The owner is killed while the child is stopped: only the kernel can end it."""
    code = (
        "import os, signal, time\n"
        "from apacheta.adapters.video import ApartDecoder\n"
        "decoder = ApartDecoder()\n"
        "decoder.decode(b'', None)\n"
        "os.kill(decoder.pid, signal.SIGSTOP)\n"
        "print(decoder.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout
        child = int(owner.stdout.readline())
        owner.kill()
    until(lambda: is_gone(child), "the child is gone")


def test_a_closed_decoder_has_no_child_and_gives_nothing() -> None:
    decoder = ApartDecoder()
    pid = decoder.pid
    decoder.close()
    assert decoder.decode(pictures(1)[0][0], 0) == []
    assert (decoder.pid, Path(f"/proc/{pid}").exists()) == (None, False)


def test_a_coding_that_we_do_not_read_is_an_input_fault_apart_too() -> None:
    with pytest.raises(InputFault):
        ApartDecoder.for_stream_type(0x42)
