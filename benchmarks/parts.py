"""Small parts whose cost the documents name: recording, signing, the transport stream, where everybody is.

CPU time, the median of many calls. The peer of the transport stream is libavformat (PyAV's), on the same bytes.
`--quick` makes a tenth of the calls; it never counts as met.
"""

import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import av
from _common import arguments_of, inputs_sha256, row, say

from apacheta.account import Account, MemorySigner
from apacheta.adapters.clock import SystemClock
from apacheta.adapters.filelog import FileLogStore
from apacheta.core.entries import Entry
from apacheta.formats.ts import TsDemuxer, TsMuxer
from apacheta.sim.world import crowd_of, generate_world, parties_of, positions

DECIDING = (
    "src/apacheta/account",
    "src/apacheta/adapters/filelog",
    "src/apacheta/formats/ts",
    "src/apacheta/sim/world",
)
NS, ORIGIN = 1_000_000_000, "apacheta.invalid/bench"
DUSK_NS = 1_782_345_600 * NS
ENTRIES, BATCH = 5_000, 100
FRAMES, UNIT_BYTES, PERIOD_90K = 50, 20_000, 9_000


def main() -> int:
    """Measure, then print the rows."""
    arguments = arguments_of().parse_args()
    calls = 10 if arguments.quick else 100
    rows = [*_account_rows(calls), *_stream_rows(calls), _crowd_row(10 * calls)]
    for one in rows:
        one["quick"], one["met"] = arguments.quick, None if arguments.quick else one["met"]
    say("parts", rows, not arguments.quick, inputs_sha256(DECIDING), arguments.table)
    return 0


def _cost_ms(call: Callable[[], Any], calls: int) -> list[float]:
    """CPU milliseconds of each call."""
    found = []
    for _ in range(calls):
        began = time.process_time()
        call()
        found.append((time.process_time() - began) * 1e3)
    return found


def _row(case: str, metric: str, costs_ms: list[float], goal_ms: float, **more: Any) -> dict[str, Any]:
    ours = median(costs_ms)
    spread = [round(v, 3) for v in (min(costs_ms), max(costs_ms))]
    given = {"goal": f"<= {goal_ms:g}", "met": ours <= goal_ms, "spread": spread, "runs": len(costs_ms)}
    return row(case, metric, "ms", round(ours, 3), **given, **more)


def _account_rows(calls: int) -> list[dict[str, Any]]:
    """A night's positions of one aircraft, ten fixes an entry."""
    fixes = [[str(n), -16.5, -69.25, 4300.5, 12.0] for n in range(10)]
    batch = [Entry(kind="positions", utc_ns="1", body={"aircraft": "a1", "fixes": fixes}) for _ in range(BATCH)]
    with tempfile.TemporaryDirectory(prefix="apacheta-parts-") as folder:
        account = Account(FileLogStore(Path(folder) / "log"), MemorySigner(bytes(32), ORIGIN), ORIGIN, SystemClock())
        for _ in range(ENTRIES // BATCH):
            account.record_many(batch)
        recorded = _cost_ms(lambda: account.record_many(batch), calls)
        signed = _cost_ms(lambda: (account.record_many(batch[:1]), account.checkpoint()), calls)
        account.close()
    case = f"log of {ENTRIES} entries and more"
    return [
        _row(case, f"recording {BATCH} entries at once", recorded, 10.0),
        _row(case, "recording one and signing a checkpoint", signed, 5.0),
    ]


def _stream_rows(calls: int) -> list[dict[str, Any]]:
    """Frames of 20 kB through multiplexer and demultiplexer."""
    unit, klv = bytes(range(250)) * (UNIT_BYTES // 250), bytes(200)

    def mux() -> list[bytes]:
        muxer = TsMuxer()
        return [muxer.frame(PERIOD_90K * (n + 1), unit, klv, n % 10 == 0) for n in range(FRAMES)]

    stream = b"".join(mux())
    demux = [cost / FRAMES for cost in _cost_ms(lambda: TsDemuxer().feed(stream), calls)]
    theirs = median(cost / FRAMES for cost in _cost_ms(lambda: _read_by_libav(stream), calls))
    peer = {"peer": round(theirs, 3), "peer_name": "libavformat", "peer_version": av.__version__}
    peer |= {"ratio": round(theirs / median(demux), 2), "ratio_of": "peer over ours"}
    return [
        _row("a frame of 20 kB", "into the transport stream", [c / FRAMES for c in _cost_ms(mux, calls)], 0.3),
        _row("a frame of 20 kB", "out of the transport stream", demux, 0.3, **peer),
    ]


def _read_by_libav(stream: bytes) -> int:
    with av.open(io.BytesIO(stream), format="mpegts") as container:
        return sum(1 for _ in container.demux())


def _crowd_row(calls: int) -> dict[str, Any]:
    world = generate_world(3, 6_000.0, 5_000.0)
    crowd = crowd_of(parties_of(world, DUSK_NS, DUSK_NS + 7_200 * NS, seed=7))
    costs = []
    for k in range(calls):
        costs += _cost_ms(lambda at=DUSK_NS + k * NS: positions(crowd, at), 1)
    return _row(f"a night of {len(crowd.members)} people and animals", "where everybody is", costs, 0.2)


if __name__ == "__main__":
    sys.exit(main())
