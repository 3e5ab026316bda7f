"""Atheris harness: any bytes through the demultiplexer, in two cuttings, must give the same and stay bounded.

Run: pip install atheris, then `python fuzz/fuzz_ts.py -max_total_time=600 CORPUS`.
"""

import sys

import atheris

with atheris.instrument_imports():
    from apacheta.formats.ts import PesUnit, TsDemuxer
    from apacheta.formats.ts.demux import MOST_HELD_BYTES


def through(data: bytes, cut: int) -> tuple[list[PesUnit], TsDemuxer]:
    """All units of `data` fed in pieces of `cut` bytes."""
    demuxer = TsDemuxer()
    units = [u for at in range(0, len(data), cut) for u in demuxer.feed(data[at : at + cut])]
    return units + demuxer.flush(), demuxer


def test_one_input(data: bytes) -> None:
    """The first byte chooses the cutting."""
    if len(data) < 2:
        return
    cut = 1 + data[0]
    pieces, first = through(data[1:], cut)
    whole, second = through(data[1:], len(data))
    assert pieces == whole
    assert first.stats == second.stats
    assert sum(len(u.data) for u in whole) <= len(data)
    assert len(data) < MOST_HELD_BYTES


if __name__ == "__main__":
    atheris.Setup(sys.argv, test_one_input)
    atheris.Fuzz()
