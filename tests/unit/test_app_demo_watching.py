"""The threads of a simulated night: whatever fails in any of them ends the night at once and is what is raised."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_disk import files_of_at_most

from apacheta.adapters.filelog import FileLogStore
from apacheta.adapters.stream import PipeStream
from apacheta.adapters.telemetry import JsonLinesLink
from apacheta.app.answer import Answer
from apacheta.app.chain import Keeper
from apacheta.app.chain.chain import ChainTotals
from apacheta.app.demo import recipe, reporting, watching
from apacheta.app.demo.night import NightFault
from apacheta.app.demo.reporting import write_report
from apacheta.app.demo.simulation import Simulation
from apacheta.app.demo.watching import Pumps
from apacheta.app.logbook import open_account
from apacheta.app.post import open_post
from apacheta.app.stop import Stop
from apacheta.core.errors import EnvironmentFault
from apacheta.ports import Chunk

FLOOD = """
import os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: None)
try:
    while True:
        for descriptor in map(int, sys.argv[1:]):
            os.write(descriptor, b'x' * 4095 + bytes([10]))
except BrokenPipeError:
    pass
"""
"""A simulator that writes into every pipe for ever and ends only when one of them has no reader."""


class Chain:
    """Takes bytes; fails with the given one after so many."""

    def __init__(self, failure: Exception | None = None, after: int = 3) -> None:
        self.failure, self.after, self.taken, self.ended = failure, after, 0, False
        self.totals, self.eye = ChainTotals(), None
        self.chunks: list[Chunk] = []

    def feed(self, data: bytes, received_ns: int) -> None:
        self.taken += 1
        self.chunks = [*self.chunks[:2], Chunk(data, received_ns)]
        if self.failure is not None and self.taken > self.after:
            raise self.failure

    def end(self) -> None:
        self.ended = True


class BadLink(JsonLinesLink):
    """Telemetry whose reader breaks at once."""

    def fixes(self) -> Iterator[Any]:
        raise RuntimeError("telemetry broke")


Make = Callable[..., tuple[Pumps, Simulation, dict[str, Chain]]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Pumps over a flooding simulator, with these chains and this kind of telemetry link."""
    monkeypatch.setattr(watching, "_tell", lambda *_: None)
    monkeypatch.setattr(watching, "Flights", lambda *_: SimpleNamespace(fix=lambda _: None, end=lambda: None))
    running: list[Simulation] = []

    def make(link: type[JsonLinesLink] = JsonLinesLink, **chains: Chain) -> tuple[Pumps, Simulation, dict[str, Chain]]:
        pipes = [os.pipe() for _ in range(len(chains) + 1)]
        ends = [out for _, out in pipes]
        process = subprocess.Popen([sys.executable, "-c", FLOOD, *map(str, ends)], pass_fds=ends)
        for end in ends:
            os.close(end)
        (fixes, _), *rest = pipes
        streams = {name: PipeStream(end) for name, (end, _) in zip(chains, rest, strict=True)}
        simulation = Simulation(process, streams, link(os.fdopen(fixes, "rb"), "test"))
        running.append(simulation)
        night = SimpleNamespace(fleet=tuple(chains), chains=chains, fixes={}, first_frame_s=None, live=None)
        return Pumps(night, simulation, SimpleNamespace(), Stop()), simulation, chains

    yield make
    for simulation in running:
        simulation.close()


@pytest.mark.timeout(30)
def test_a_failure_of_the_telemetry_ends_the_night_and_is_raised(made: Make) -> None:
    pumps, simulation, chains = made(BadLink, A1=Chain(), A2=Chain())
    with pytest.raises(RuntimeError, match="telemetry broke"):
        pumps.run(SimpleNamespace())
    assert simulation.has_ended()
    assert [c.ended for c in chains.values()] == [True, True]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("broken", ["A1", "A2"])
def test_a_disk_that_fills_under_one_stream_ends_all_with_that_fault(made: Make, broken: str) -> None:
    full = EnvironmentFault("disk_full", "the disk is full")
    pumps, simulation, chains = made(**{name: Chain(full if name == broken else None) for name in ("A1", "A2")})
    with pytest.raises(EnvironmentFault, match="the disk is full"):
        pumps.run(SimpleNamespace())
    assert simulation.has_ended()
    assert {name: c.ended for name, c in chains.items()} == {name: name != broken for name in ("A1", "A2")}


@pytest.mark.timeout(30)
def test_a_stop_ends_every_stream(made: Make) -> None:
    pumps, simulation, chains = made(A1=Chain(), A2=Chain())
    threading.Timer(0.5, lambda: setattr(pumps._stop, "asked", True)).start()
    pumps.run(SimpleNamespace())
    assert simulation.has_ended()
    assert all(c.ended and c.taken for c in chains.values())


def test_a_chain_gets_each_chunk_with_its_arrival_and_hears_of_silence() -> None:
    """An empty chunk is fed too: that is when what waits to be written down becomes durable."""
    came = [Chunk(b"x" * 188, 1_000), Chunk(b"", 2_000), Chunk(b"", 3_000)]
    chain = Chain()
    simulation = SimpleNamespace(streams={"A1": SimpleNamespace(chunks=lambda: iter(came))}, has_ended=lambda: False)
    night = SimpleNamespace(fleet=("A1",), chains={"A1": chain}, first_frame_s=None, live=None)
    Pumps(night, simulation, SimpleNamespace(), Stop())._stream("A1", None)
    assert (chain.chunks, chain.ended) == (came, True)


@pytest.mark.parametrize(
    ("code", "fault", "exit_code"),
    [(-9, "simulator_killed", 4), (-15, "simulator_killed", 4), (-11, "simulator_failed", 5),
     (1, "simulator_failed", 5), (4, "simulator_failed", 4)],
)  # fmt: skip
def test_whose_fault_a_simulators_death_is(code: int, fault: str, exit_code: int) -> None:
    night = SimpleNamespace(faults=[], dead_simulator=None)
    watching._take_death(night, code)
    assert [f.code for f in night.faults] == [night.dead_simulator.line.code] == [fault]
    assert night.dead_simulator.exit_code == exit_code
    assert night.dead_simulator.line.remedy


TELLS = """
import os, sys
with os.fdopen(int(sys.argv[1]), "wb") as fixes:
    for line in (b'{"aircraft":"A1","utc_', b"\\xff\\x00", b"{}", b"[1]"):
        fixes.write(line + b"\\n")
"""
"""A simulator whose telemetry is damaged, every line of it."""


def test_damaged_telemetry_is_a_warning_a_fault_in_the_log_and_a_line_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))
    post = open_post(tmp_path / "post")
    account = open_account(post)[0]
    keeper = Keeper(post, account, keep_video=False)
    (fixes, told), (video, shown) = os.pipe(), os.pipe()
    process = subprocess.Popen([sys.executable, "-c", TELLS, str(told)], pass_fds=[told])
    os.close(told)
    os.close(shown)
    link = JsonLinesLink(os.fdopen(fixes, "rb"), "simulator")
    simulation = Simulation(process, {"A1": PipeStream(video)}, link)
    night = night_of({"A1": Chain()})
    watching._pump_all(night, simulation, keeper, SimpleNamespace())
    simulation.close()
    watching._note_end(night, keeper)
    keeper.close()
    answer = Answer("test")
    recipe._judge(answer, night, True)
    text = "4 lines of telemetry could not be read and were left out."
    assert [(w.code, w.text) for w in answer.warnings] == [("telemetry_damaged", text)]
    assert answer.exit_code == 0
    assert faults_in(post.log) == [{"what": "telemetry_damaged", "text": text, "lines": 4}]
    assert reporting._health(night, {}).faults == (text,)


def night_of(chains: dict[str, Chain]) -> Any:
    """What watching needs of a night, flown at second 7."""
    return SimpleNamespace(
        fleet=tuple(chains), chains=chains, fixes={}, first_frame_s=None, faults=[], interrupted=False,
        dead_simulator=None, live=None, past=None, post=SimpleNamespace(watch="watch-1"),
        sector=SimpleNamespace(start_utc_ns=7), settings=SimpleNamespace(language="en"), rate_hz=10.0,
        plan=SimpleNamespace(slots=()),
    )  # fmt: skip


def faults_in(log: Path) -> list[dict[str, Any]]:
    """The faults in a log that was closed."""
    store = FileLogStore(log)
    try:
        entries = [json.loads(store.entry(n)) for n in range(store.size())]
    finally:
        store.close()
    return [e["body"] for e in entries if e["kind"] == "fault"]


def test_what_was_lost_on_the_way_in_is_a_fault_of_the_night() -> None:
    streams = {"A1": SimpleNamespace(dropped_bytes=0), "A2": SimpleNamespace(dropped_bytes=1316)}
    faults = watching._faults_of(SimpleNamespace(link=SimpleNamespace(damaged=3), streams=streams))
    assert faults == [
        NightFault("telemetry_damaged", {"lines": 3}),
        NightFault("bytes_dropped", {"stream": "A2", "bytes": 1316}),
    ]
    assert all(f.text("es") and f.text("es") != f.text("en") for f in faults)


def test_an_older_nights_truth_is_gone_before_the_simulator_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a simulator that dies while starting leaves it there, and it scores a night that it knows nothing of."""
    post = open_post(tmp_path / "post")
    older = post.folder / "truth" / "truth.jsonl"
    older.parent.mkdir()
    older.write_text("{}")

    def dies(*_: Any) -> Simulation:
        raise EnvironmentFault("no_simulator", f"older truth there: {older.exists()}")

    monkeypatch.setattr(watching, "_make_chains", lambda *_: None)
    monkeypatch.setattr(watching, "simulator_spec_of", lambda *_: None)
    monkeypatch.setattr(watching, "start_simulation", dies)
    night = SimpleNamespace(post=post, fleet=(), settings=SimpleNamespace(headless=True))
    with pytest.raises(EnvironmentFault, match="older truth there: False"):
        watching.watch_night(night, SimpleNamespace(), SimpleNamespace())


def test_a_full_disk_leaves_the_older_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "night.html").write_bytes(b"an older report")
    monkeypatch.setattr(reporting, "report_of", lambda *_: None)
    monkeypatch.setattr(reporting, "render", lambda *_: "x" * 20_000)
    night = SimpleNamespace(
        post=SimpleNamespace(report=tmp_path / "night.html"), settings=SimpleNamespace(language="en")
    )
    signer = SimpleNamespace(key=SimpleNamespace(vkey=""))
    with files_of_at_most(10_000), pytest.raises(OSError, match="large"):
        write_report(night, {}, SimpleNamespace(), signer, True)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"night.html": b"an older report"}
