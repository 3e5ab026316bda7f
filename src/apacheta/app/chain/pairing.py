"""Which metadata packet belongs to which decoded frame.

Synchronous metadata carries the frame's presentation time. Asynchronous metadata without a time is taken to belong
to the video unit that was open when it came, which the demultiplexer hands out next. A frame waits at most `patience`
frames for its packet, then goes on without a pose.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...adapters.video import DecodedFrame
from ...core.sight import CameraPose

NEAR_90K = 1500
"""Half a frame at 30 Hz on the 90 kHz clock: nearer counts as the same moment."""


@dataclass(frozen=True)
class Paired:
    """One decoded frame, with the pose of its metadata if there is any. gray: (rows, cols) uint8. damaged: the decoder
    had to conceal, so that what it shows need not be there."""

    gray: NDArray[np.uint8]
    pts_90k: int | None
    damaged: bool
    pose: CameraPose | None


class Pairing:
    """Frames and poses go in as they come; paired frames come out in order."""

    def __init__(self, patience: int = 8) -> None:
        self._frames: deque[DecodedFrame] = deque()
        self._poses: deque[tuple[int, CameraPose]] = deque(maxlen=64)
        self._untimed: deque[CameraPose] = deque(maxlen=64)
        self._patience = patience

    def video_unit(self, pts_90k: int | None) -> None:
        """A video unit is whole: packets without a time that came while it was open belong to it."""
        if pts_90k is not None:
            self._poses.extend((pts_90k, pose) for pose in self._untimed)
            self._untimed.clear()

    def pose(self, pts_90k: int | None, pose: CameraPose) -> None:
        if pts_90k is None:
            self._untimed.append(pose)
        else:
            self._poses.append((pts_90k, pose))

    def frame(self, frame: DecodedFrame) -> None:
        self._frames.append(frame)

    def ready(self) -> list[Paired]:
        """Frames whose pose has come, or that have waited long enough."""
        out = []
        while self._frames:
            frame = self._frames[0]
            found = self._take(frame.pts_90k)
            if found is None and not self._overdue(frame.pts_90k):
                break
            self._frames.popleft()
            out.append(_paired(frame, found))
        return out

    def flush(self) -> list[Paired]:
        """All that still waits, paired as far as possible."""
        out = [_paired(frame, self._take(frame.pts_90k)) for frame in self._frames]
        self._frames.clear()
        return out

    def _take(self, pts_90k: int | None) -> CameraPose | None:
        for index, (at, pose) in enumerate(self._poses):
            if pts_90k is not None and abs(at - pts_90k) <= NEAR_90K:
                del self._poses[index]
                return pose
        return None

    def _overdue(self, pts_90k: int | None) -> bool:
        newer = pts_90k is not None and any(at > pts_90k + NEAR_90K for at, _ in self._poses)
        return newer or len(self._frames) > self._patience


def _paired(frame: DecodedFrame, pose: CameraPose | None) -> Paired:
    return Paired(frame.gray, frame.pts_90k, frame.damaged, pose)
