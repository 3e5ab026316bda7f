"""A live demo as a newcomer starts it: `apacheta demo` with all its processes."""

from pathlib import Path

from running import Running

from apacheta.app.demo.settings import RunFolder, spec_of
from apacheta.core.instant import NS

FLEET = ("A1", "A2", "A3")


class Demo(Running):
    """A running live demo. Its signing key lies beside its post."""

    prepared_s = 900.0
    """On a machine that has never flown the night, all is made first: kernels, pass, tiles, plan, moment."""

    def __init__(self, post: Path, minutes: float, *flags: str, camera: str = "320x256") -> None:
        words = ("demo", "--minutes", str(minutes), "--camera", camera, "--lang", "en", *flags)
        super().__init__(post, *words, APACHETA_KEY=str(post.parent / "keys" / "post.pem"))

    @property
    def first_utc_ns(self) -> int:
        """The night's first instant, known once there is an address."""
        return spec_of(RunFolder(self.post).night).from_utc_ns

    @property
    def age_s(self) -> float:
        """Seconds of the night since its first instant."""
        return (int(self.get("/api/state")["utc_ns"]) - self.first_utc_ns) / NS

    def decoder(self) -> int:
        """A decoder's process; 0 while there is none."""
        core = self.pid("core")
        for children in Path(f"/proc/{core}/task").glob("*/children"):
            for child in children.read_text().split():
                if b"adapters.video.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        return 0
