"""The video of a span: from the post's disk as far as the log knows it, then from the last minute that was live.

A segment is in the log some seconds after its last frame; the ring reaches back further than that, so that the two meet
also while the night goes on. Where they do not, the next key frame says `gap`.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..core.errors import InputFault
from ..core.instant import NS
from ..formats.envelope import with_gap
from .footage import SAME_NS, Footage, Shot, footage_of, shots_of_ring
from .record import Segment

LONGEST_NS = 600 * NS
MOST_BACK = 10
"""Segments to look back for a key frame: a minute."""


def span_of(query: Mapping[str, str], longest_ns: int | None = None) -> tuple[int, int]:
    """`from_utc_ns` and `to_utc_ns` of a request. InputFault where they are none, turned round, or too far apart."""
    remedy = "Give from_utc_ns and to_utc_ns, in nanoseconds, the earlier one first."
    for name in ("from_utc_ns", "to_utc_ns"):
        value = query.get(name, "")
        if not (value.isascii() and value.isdigit() and len(value) <= 19):
            raise InputFault("bad_time", f"{value[:40]!r} is no time.", field=name, remedy=remedy)
    from_ns, to_ns = int(query["from_utc_ns"]), int(query["to_utc_ns"])
    if to_ns < from_ns:
        raise InputFault("bad_span", "The span ends before it begins.", field="to_utc_ns", remedy=remedy)
    if longest_ns is not None and to_ns - from_ns > longest_ns:
        text = f"A span of {(to_ns - from_ns) // NS} s; {longest_ns // NS} s at most."
        raise InputFault("span_too_long", text, field="to_utc_ns", remedy="Ask for it in pieces.")
    return from_ns, to_ns


def step_of(query: Mapping[str, str]) -> int:
    """`step_s` of a request in nanoseconds, 0 without one. InputFault where it is no whole number of seconds."""
    value = query.get("step_s", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 6):
        remedy = "Give whole seconds, or leave it out."
        raise InputFault("bad_step", f"{value[:40]!r} is no number of seconds.", field="step_s", remedy=remedy)
    return int(value) * NS


def envelopes_of_span(
    folder: Path, segments: Sequence[Segment], ring: Sequence[bytes], from_ns: int, to_ns: int
) -> Iterator[bytes]:
    """Envelopes in a row, some at a time, from the key frame at or before `from_ns` to the last unit at `to_ns`.

    segments: those of the stream, in order of time; ring: its live envelopes, from a key frame on.
    """
    begin = _Begin(from_ns)
    for footage in _joined(folder, segments, shots_of_ring(ring), from_ns, to_ns):
        yield b"".join(shot.envelope for shot in begin.after(footage.shots) if shot.utc_ns <= to_ns)
    yield b"".join(shot.envelope for shot in begin.rest() if shot.utc_ns <= to_ns)


def _joined(folder: Path, segments: Sequence[Segment], live: list[Shot], from_ns: int, to_ns: int) -> Iterator[Footage]:
    """What the disk holds up to the ring's first unit, then the ring; after a hole from a key frame on."""
    seam = _Seam()
    live_ns = live[0].utc_ns if live else None
    if live_ns is None or from_ns < live_ns:
        end_ns = to_ns if live_ns is None else min(to_ns, live_ns - SAME_NS)
        for footage in footage_of(folder, _segments_for(folder, segments, from_ns, end_ns)):
            shots = [shot for shot in footage.shots if shot.utc_ns <= end_ns]
            yield seam.sewn(Footage(shots, footage.follows))
    yield seam.sewn(Footage(live, live_ns is not None and seam.reaches(live_ns)))


def _segments_for(folder: Path, segments: Sequence[Segment], from_ns: int, end_ns: int) -> Sequence[Segment]:
    """From the one with the last key frame at or before the time, to the one after the end, which completes it."""
    first = max(sum(s.from_utc_ns <= from_ns for s in segments) - 1, 0)
    back = range(first, max(first - MOST_BACK, -1), -1) if segments else range(0)
    first = next((i for i in back if _has_key(folder, segments[i], from_ns)), first)
    return segments[first : sum(s.from_utc_ns <= end_ns for s in segments) + 1]


def _has_key(folder: Path, segment: Segment, at_or_before_ns: int) -> bool:
    shots = (shot for footage in footage_of(folder, [segment]) for shot in footage.shots)
    return any(shot.is_key and shot.utc_ns <= at_or_before_ns for shot in shots)


class _Seam:
    """Puts pieces of one stream together: what comes after a hole begins with a key frame, which says so."""

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._step_ns = 0
        self._is_open = False

    def sewn(self, footage: Footage) -> Footage:
        """The piece, less what nobody can decode."""
        self._is_open = self._is_open or (self._last_ns is not None and not footage.follows)
        return Footage([kept for shot in footage.shots if (kept := self._kept(shot))], footage.follows)

    def reaches(self, utc_ns: int) -> bool:
        """Whether the next unit may be the one at this time: not further off than twice the last step."""
        return self._last_ns is not None and utc_ns - self._last_ns <= 2 * self._step_ns

    def _kept(self, shot: Shot) -> Shot | None:
        if self._is_open and not shot.is_key:
            return None
        if self._is_open:
            shot, self._is_open = shot._replace(envelope=with_gap(shot.envelope)), False
        self._step_ns = abs(shot.utc_ns - self._last_ns) if self._last_ns is not None else 0
        self._last_ns = shot.utc_ns
        return shot


class _Begin:
    """Holds back what comes until it is known where to begin: at the last key frame that is not after the time."""

    def __init__(self, from_ns: int) -> None:
        self._from_ns = from_ns
        self._held: list[Shot] = []
        self._is_begun = False

    def after(self, shots: list[Shot]) -> list[Shot]:
        """What may go out now."""
        out: list[Shot] = []
        for shot in shots:
            if not self._is_begun and shot.utc_ns > self._from_ns and self._held:
                self._is_begun = True
                out += self.rest()
            if self._is_begun:
                out.append(shot)
            elif shot.is_key:
                self._held = [shot]
            elif self._held:
                self._held.append(shot)
        return out

    def rest(self) -> list[Shot]:
        """What is held when nothing more comes."""
        held, self._held = self._held, []
        return held
