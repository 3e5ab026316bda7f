"""Files that are served as they lie: the built page, terrain, relief, evidence. Names are checked, not cleaned."""

import hashlib
import re
from pathlib import Path

from starlette.responses import FileResponse, Response

from ..core.errors import EnvironmentFault
from .answers import NotThere
from .settings import ConsoleSettings

FOREVER = "public, max-age=31536000, immutable"
"""For names that change with what they name."""
_ASSET = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_TILE = re.compile(r"(\d{1,2})/(\d{1,8})/(\d{1,8})")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".woff2": "font/woff2", ".wasm": "application/wasm"}


class Files:
    """Answers with files of the folders that the settings name, and of no other."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self._settings = settings
        self.handed_out: set[str] = set()
        """Names of the pictures that somebody has been given."""

    def page(self) -> Response:
        """The page. EnvironmentFault `page_not_built` in a source checkout without one."""
        path = self._settings.static / "index.html"
        if not path.is_file():
            remedy = "Build it: `npm ci && npm run build` in the folder `web`."
            raise EnvironmentFault("page_not_built", "The page is not built.", remedy=remedy)
        return FileResponse(path, headers={"Cache-Control": "no-cache"}, media_type="text/html")

    def asset(self, name: str) -> Response:
        """A part of the page; its name holds its hash."""
        path = _file_in(self._settings.static / "assets", name, _ASSET)
        return FileResponse(path, headers={"Cache-Control": FOREVER}, media_type=_TYPES.get(path.suffix))

    def terrain(self) -> Response:
        """The terrain's tiles in one file, by ranges too."""
        path = self._settings.terrain
        if path is None or not path.is_file():
            raise NotThere("no_terrain", "This watch has no terrain.", remedy="Name one with --terrain.")
        return FileResponse(path, headers={"Cache-Control": "no-cache"}, media_type="application/vnd.pmtiles")

    def relief(self, tile: str) -> Response:
        """A tile of shaded relief by `z/x/y`; empty (204) where there is none."""
        folder = self._settings.relief
        path = None if folder is None or not _TILE.fullmatch(tile) else folder / f"{tile}.png"
        if path is None or not path.is_file():
            return Response(status_code=204, headers={"Cache-Control": "no-cache"})
        return FileResponse(path, headers={"Cache-Control": "no-cache"}, media_type="image/png")

    def evidence(self, sha256: str) -> Response:
        """A picture by the hash of its bytes, which are checked: what is shown is what the log names."""
        data = _file_in(self._settings.evidence, f"{sha256}.png", re.compile(_SHA256.pattern + r"\.png")).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise NotThere("evidence_changed", "The picture was changed after it was kept.", remedy="Verify the post.")
        self.handed_out.add(sha256)
        return Response(data, headers={"Cache-Control": FOREVER}, media_type="image/png")


def _file_in(folder: Path, name: str, form: re.Pattern[str]) -> Path:
    """The file of that name in the folder. NotThere where the name is none of ours, or leads out of the folder."""
    path = folder / name
    is_ours = form.fullmatch(name) is not None and path.is_file() and path.resolve().is_relative_to(folder.resolve())
    if not is_ours:
        raise NotThere("not_there", f"There is no {name[:80]!r} here.", remedy="Load the page anew.")
    return path
