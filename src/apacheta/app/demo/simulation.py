"""The simulator as a child process: how it is started, read and ended."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from ...adapters.stream import PipeStream
from ...adapters.telemetry import JsonLinesLink
from ...ports import StreamSource
from ..simulator import SimulatorSpec

END_WAIT_S = 20.0
PIPE_BYTES = 1 << 20


@dataclass
class Simulation:
    """A running simulator with one source per aircraft and one telemetry link."""

    process: subprocess.Popen[bytes]
    streams: dict[str, StreamSource]
    link: JsonLinesLink

    def pids(self) -> list[int]:
        """The processes that work beside ours."""
        return [self.process.pid]

    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def stop(self, telemetry_is_read: bool) -> None:
        """Ask the process to end before its time. Nobody may be reading the streams any more."""
        self._close_streams()
        if not telemetry_is_read:
            self.link.close()  # else the process waits for ever to hand out its fixes
        self.process.terminate()

    def wait(self) -> int:
        """Wait for the process, which ends when its night is over or nobody reads; killed if it does not. Its code."""
        try:
            return self.process.wait(END_WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def close(self) -> None:
        """Let everything go; a process that is still there is killed."""
        if not self.has_ended():
            self.process.kill()
            self.process.wait()
        self._close_streams()
        self.link.close()

    def _close_streams(self) -> None:
        for source in self.streams.values():
            source.close()


def start_simulation(spec: SimulatorSpec, folder: Path, fleet: Sequence[str]) -> Simulation:
    """Start the simulator, which writes through pipes that hold it back."""
    fixes_in, fixes_out = os.pipe()
    ends = {name: os.pipe() for name in fleet}
    sources: dict[str, StreamSource] = {n: PipeStream(_widened(reading), name=n) for n, (reading, _) in ends.items()}
    spec = msgspec.structs.replace(
        spec,
        stream_fds={name: out for name, (_, out) in ends.items()},
        fix_fd=fixes_out,
    )
    spec_path = folder / "simulator.json"
    spec_path.write_bytes(msgspec.json.encode(spec))
    handed = [fixes_out, *(out for _, out in ends.values())]
    # -P: Python looks for no module in the working directory
    command = [sys.executable, "-P", "-m", "apacheta.app.simulator", str(spec_path)]
    process = subprocess.Popen(command, pass_fds=handed, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for descriptor in handed:
        os.close(descriptor)
    return Simulation(process, sources, JsonLinesLink(os.fdopen(fixes_in, "rb"), "simulator"))


def _widened(descriptor: int) -> BinaryIO:
    """The pipe's reading end, with room for a few frames so that both sides can work at once (Linux)."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, 1031, PIPE_BYTES)  # F_SETPIPE_SZ
    except OSError:
        pass  # a smaller pipe is slower, not wrong
    return os.fdopen(descriptor, "rb", buffering=0)
