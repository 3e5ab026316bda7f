"""A decoder in a process of its own: it may crash, hang or run out of memory, and the watch goes on."""

from apacheta.core.instant import NS
from apacheta.ports import Clock

from ..backoff import Backoff
from ..clock import SystemClock
from .apart_process import Answer, DecoderProcess
from .decoder import DecodedFrame, DecoderStats, codec_of
from .wire import Request


class ApartDecoder:
    """Decodes one stream like `VideoDecoder`, which does the work in a child (`child.py`). Nothing that it is fed
    raises, and no call takes longer than 2 s, but for the wait for a child that is starting.

    A child that ends, or answers too late, is started again: at once, then with growing pauses. Its unit is lost, and
    so are units until the first whole frame, as after any loss: a stream is taken up at a key frame. `lost_units` of
    `stats` counts them. `restarts`: how often a child was lost.
    """

    def __init__(self, codec: str = "h264", clock: Clock | None = None) -> None:
        self.codec = codec
        self.stats = DecoderStats(codec)
        self.profile: str | None = None
        self.pixel_format: str | None = None
        self.restarts = 0
        self._clock = clock or SystemClock()
        self._backoff = Backoff()
        self._failed_units = 0
        self._is_broken = self._is_new = self._is_closed = False
        self._process: DecoderProcess | None = None
        self._due_ns = self._began_ns = self._clock.monotonic_ns()
        self._start()

    @classmethod
    def for_stream_type(cls, stream_type: int) -> "ApartDecoder":
        """The decoder for a stream type. Raises InputFault where there is none."""
        return ApartDecoder(codec_of(stream_type))

    @property
    def pid(self) -> int | None:
        """Of the child that decodes; None while there is none."""
        return self._process.pid if self._process else None

    def decode(
        self, access_unit: bytes, pts_90k: int | None, damaged: bool = False, after_loss: bool = False
    ) -> list[DecodedFrame]:
        """As `VideoDecoder.decode`; nothing while there is no child."""
        frames = self._asked(Request(access_unit, pts_90k, damaged, after_loss or self._is_new))
        self._is_broken = self._is_broken and all(f.damaged for f in frames)
        self.stats.lost_units += self._is_broken and not frames
        return frames

    def flush(self) -> list[DecodedFrame]:
        """As `VideoDecoder.flush`."""
        return self._asked(Request(None))

    def close(self) -> None:
        """Let the child go; nothing is decoded any more."""
        self._is_closed = True
        if self._process:
            self._process.end()
            self._process = None

    def _asked(self, request: Request) -> list[DecodedFrame]:
        """What the child brings out; nothing where it fails, or where there is none."""
        self._start()
        if self._process is None:
            return []
        try:
            answer = self._process.ask(request)
        except OSError:
            self._fail()
            return []
        self._is_new = self._is_new and request.unit is None
        return self._counted(answer)

    def _counted(self, answer: Answer) -> list[DecodedFrame]:
        self.stats.frames += len(answer.frames)
        self.stats.damaged_frames += sum(f.damaged for f in answer.frames)
        self.stats.failed_units = self._failed_units + answer.failed_units
        self.profile, self.pixel_format = answer.profile, answer.pixel_format
        return answer.frames

    def _start(self) -> None:
        """Start a child, if there is none and one is due."""
        now_ns = self._clock.monotonic_ns()
        if self._process is None and not self._is_closed and now_ns >= self._due_ns:
            self._began_ns = now_ns
            try:
                self._process = DecoderProcess(self.codec)
            except OSError:  # no room for a process: later perhaps
                self._fail()

    def _fail(self) -> None:
        """The child is lost, with all that it held. The next one starts at once, or when its pause is over."""
        if self._process:
            self._process.end()
            self._process = None
        now_ns = self._clock.monotonic_ns()
        wait_s = self._backoff.wait_s((now_ns - self._began_ns) / NS)
        self._due_ns = now_ns + round(wait_s * NS)
        self._failed_units = self.stats.failed_units
        self._is_broken = self._is_new = True
        self.restarts += 1
        self._start()
