"""One decoder's process as its owner holds it: started, asked, ended. Its answers are checked like any stranger's."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic

import numpy as np

from .decoder import LARGEST_PIXELS, DecodedFrame
from .wire import ANSWER, FRAME, READY, Request, frame_of

START_S = 30.0
"""A start takes 0.3 s on an idle machine and may take long on a busy one; what comes meanwhile waits."""
ANSWER_S = 2.0
MOST_ANSWER_BYTES = 256 << 20
"""A flush may bring out 16 frames and those in hand; of the largest that is 160 MB."""
_STARTER = ThreadPoolExecutor(1, thread_name_prefix="decoders")
"""A child dies with the thread that started it: this one lives as long as we do, whichever thread asks first."""


@dataclass(frozen=True)
class Answer:
    """Frames that are ready, units refused since the process began, and what the stream says of itself."""

    frames: list[DecodedFrame]
    failed_units: int
    profile: str | None
    pixel_format: str | None


class DecoderProcess:
    """A running decoder. Whatever it does, `ask` gives an answer or raises OSError within its time."""

    def __init__(self, codec: str) -> None:
        """Begin to start it; the first `ask` waits until it is ready. OSError where the machine has no room for it."""
        self._channel, theirs = socket.socketpair()
        self._is_ready = False
        try:
            self._process = _STARTER.submit(_started, theirs, codec).result()
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, request: Request) -> Answer:
        """Its answer. OSError: it has ended, is late, or says what no decoder says; it is of no more use then."""
        if not self._is_ready:
            self._is_ready = self._received(len(READY), _time_left(START_S)) == READY
            _hold(self._is_ready)
        left_s = _time_left(ANSWER_S)
        self._channel.settimeout(left_s())
        self._channel.sendall(request.head())
        self._channel.settimeout(left_s())
        self._channel.sendall(request.unit or b"")
        return self._answer(left_s)

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        self._channel.close()

    def _answer(self, left_s: Callable[[], float]) -> Answer:
        count, failed, *sizes = ANSWER.unpack(self._received(ANSWER.size, left_s))
        words = [bytes(self._received(size, left_s)).decode("ascii", "replace") or None for size in sizes]
        frames, room = [], MOST_ANSWER_BYTES
        for _ in range(count):
            frames.append(self._frame(left_s, min(room, LARGEST_PIXELS)))
            room -= frames[-1].gray.size
        return Answer(frames, failed, *words)

    def _frame(self, left_s: Callable[[], float], most: int) -> DecodedFrame:
        rows, columns, pts_90k, keyframe, damaged = frame_of(self._received(FRAME.size, left_s))
        _hold(0 < rows * columns <= most)
        gray = np.frombuffer(self._received(rows * columns, left_s), np.uint8).reshape(rows, columns)
        gray.flags.writeable = False
        return DecodedFrame(gray, pts_90k, keyframe, damaged)

    def _received(self, size: int, left_s: Callable[[], float]) -> bytearray:
        """The next so many bytes."""
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._channel.settimeout(left_s())
            count = self._channel.recv_into(view)
            _hold(count > 0)
            view = view[count:]
        return data


def _started(theirs: socket.socket, codec: str) -> subprocess.Popen[bytes]:
    # -P: Python looks for no module in the working directory
    command = [sys.executable, "-P", "-m", f"{__package__}.child", str(theirs.fileno()), codec, str(os.getpid())]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # a pool for sums that a decoder has none of
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=nowhere, stdout=nowhere, pass_fds=(theirs.fileno(),), env=environment, start_new_session=True
    )


def _time_left(seconds: float) -> Callable[[], float]:
    """Seconds until so long from now; TimeoutError once there are none."""
    end_s = monotonic() + seconds

    def left_s() -> float:
        if (left := end_s - monotonic()) <= 0.0:
            raise TimeoutError
        return left

    return left_s


def _hold(is_right: bool) -> None:
    if not is_right:
        raise ConnectionAbortedError("the decoder's process has ended, or does not keep to its protocol")
