"""How much memory a set of processes uses together: the proportional set size (PSS), which counts shared pages once."""

import threading
from collections.abc import Callable
from pathlib import Path


def pss_mb(pids: list[int]) -> float:
    """Sum of PSS in MB over those processes that still live; 0 where the system does not tell (not Linux)."""
    return sum(_pss_kb(pid) for pid in pids) / 1024.0


def _pss_kb(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


class PeakMemory:
    """Samples the sum of PSS every few seconds, of the processes that `pids` then names; `peak_mb` is the largest
    seen."""

    def __init__(self, pids: Callable[[], list[int]], every_s: float = 2.0) -> None:
        self.peak_mb = pss_mb(pids())
        self._pids, self._every_s = pids, every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="memory")
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.peak_mb = max(self.peak_mb, pss_mb(self._pids()))

    def stop(self) -> float:
        """Stop sampling; the peak in MB."""
        self.peak_mb = max(self.peak_mb, pss_mb(self._pids()))
        self._stop.set()
        self._thread.join()
        return self.peak_mb
