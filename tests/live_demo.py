"""A live demo as a newcomer starts it: `apacheta demo` with all its processes."""

from pathlib import Path

from running import Running

from apacheta.app.demo.settings import RunFolder, spec_of
<<<<<<< HEAD
=======
from apacheta.app.engine import read_status
>>>>>>> c0e9c25 (tests: a person's keyboard on a real live night: aircraft, video, replay, alerts, words)
from apacheta.core.instant import NS

FLEET = ("A1", "A2", "A3")
PREPARED_S = 900.0
"""On a machine that has never flown the night, all is made first: kernels, pass, tiles, plan, moment."""


class Demo(Running):
    """A running live demo. Its signing key lies beside its post."""

    prepared_s = 900.0
    """On a machine that has never flown the night, all is made first: kernels, pass, tiles, plan, moment."""

    def __init__(self, post: Path, minutes: float, *flags: str, camera: str = "320x256") -> None:
<<<<<<< HEAD
        words = ("demo", "--minutes", str(minutes), "--camera", camera, "--lang", "en", *flags)
        super().__init__(post, *words, APACHETA_KEY=str(post.parent / "keys" / "post.pem"))
=======
        self.post, self.said = post, ""
        words = [sys.executable, "-m", "apacheta.app.cli", "demo", "--post", str(post), "--minutes", str(minutes)]
        words += ["--camera", camera, "--lang", "en", "--json", *flags]
        about = os.environ | {"APACHETA_KEY": str(post.parent / "keys" / "post.pem")}
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=about)
        self._ear = threading.Thread(target=self._listen)
        self._ear.start()

    @property
    def address(self) -> str:
        """Where the page is; waits until it is said."""
        until(lambda: self.found() or self.process.poll() is not None, "an address", patience_s=PREPARED_S)
        found = self.found()
        assert found, self.said
        return found
>>>>>>> c0e9c25 (tests: a person's keyboard on a real live night: aircraft, video, replay, alerts, words)

    @property
    def first_utc_ns(self) -> int:
        """The night's first instant, known once there is an address."""
        return spec_of(RunFolder(self.post).night).from_utc_ns

    @property
    def age_s(self) -> float:
        """Seconds of the night since its first instant."""
        return (int(self.get("/api/state")["utc_ns"]) - self.first_utc_ns) / NS
<<<<<<< HEAD
=======

    def found(self) -> str | None:
        named = re.search(r"http://127\.0\.0\.1:\d+", self.said)
        return named[0] if named else None

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.address + path, timeout=20) as answer:
            return json.loads(answer.read())

    def pid(self, name: str) -> int:
        """The process of that name; 0 while there is none."""
        status = read_status(self.post / "run" / "processes.json") or {"processes": []}
        return next((row["pid"] or 0 for row in status["processes"] if row["name"] == name), 0)
>>>>>>> c0e9c25 (tests: a person's keyboard on a real live night: aircraft, video, replay, alerts, words)

    def decoder(self) -> int:
        """A decoder's process; 0 while there is none."""
        core = self.pid("core")
        for children in Path(f"/proc/{core}/task").glob("*/children"):
            for child in children.read_text().split():
                if b"adapters.video.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
        return 0
