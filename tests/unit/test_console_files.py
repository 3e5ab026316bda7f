"""Files over HTTP: the page, texts, night, terrain by ranges, relief, evidence; nothing from outside their folders."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from console_room import Console, console, soon

PICTURE = b"\x89PNG a picture"
NAME = hashlib.sha256(PICTURE).hexdigest()
CHANGED = hashlib.sha256(b"another").hexdigest()
TILES = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A post with a page, a picture as it was kept and one that was changed; a secret lies beside the folders."""
    post = tmp_path_factory.mktemp("post")
    for folder in ("static/assets", "evidence", "relief/9/155"):
        (post / folder).mkdir(parents=True)
    (post / "secret.png").write_text("secret")
    (post / "static" / "index.html").write_text("<!doctype html>")
    (post / "static" / "assets" / "main-1a2b.js").write_text("let a")
    (post / "static" / "assets" / "out.js").symlink_to(post / "secret.png")
    (post / "evidence" / f"{NAME}.png").write_bytes(PICTURE)
    (post / "evidence" / f"{CHANGED}.png").write_bytes(PICTURE)
    (post / "terrain.pmtiles").write_bytes(TILES)
    (post / "relief" / "9" / "155" / "301.png").write_bytes(PICTURE)
    with console(post, terrain=post / "terrain.pmtiles", relief=post / "relief") as asked:
        yield asked


def test_the_page_and_its_parts_are_served(room: Console) -> None:
    status, headers, body = room.ask("/")
    assert (status, body) == (200, b"<!doctype html>")
    assert headers["content-type"].startswith("text/html")
    status, headers, body = room.ask("/assets/main-1a2b.js")
    assert (status, body) == (200, b"let a")
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]


@pytest.mark.parametrize(
    "name",
    [
        "../index.html", "..%2findex.html", "%2e%2e/%2e%2e/secret.png", "../../secret.png", "/etc/passwd", "out.js",
        "%2fetc%2fpasswd", "a/../../index.html", "main-1a2b.js%00", "main-1a2b.js/", ".", "", "nothing.js",
        "..\\index.html",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_assets(room: Console, name: str) -> None:
    status, _, body = room.ask(f"/assets/{name}")
    assert status == 404
    assert json.loads(body)["remedy"]


@pytest.mark.parametrize("name", ["../secret", f"..%2fsecret?{NAME}", NAME.upper(), NAME[:-1], "0" * 64, f"{NAME}%00"])
def test_evidence_is_named_by_its_hash_and_nothing_else(room: Console, name: str) -> None:
    assert room.ask(f"/api/evidence/{name}.png")[0] == 404


def test_evidence_is_shown_only_as_it_was_kept(room: Console) -> None:
    status, headers, body = room.ask(f"/api/evidence/{NAME}.png")
    assert (status, body, headers["content-type"]) == (200, PICTURE, "image/png")
    status, _, body = room.ask(f"/api/evidence/{CHANGED}.png")
    assert status == 404
    assert json.loads(body)["code"] == "evidence_changed"


def test_terrain_comes_whole_and_by_ranges(room: Console) -> None:
    assert room.ask("/api/terrain.pmtiles")[2] == TILES
    for wanted, part in (("bytes=0-3", TILES[:4]), ("bytes=1000-", TILES[1000:]), ("bytes=-4", TILES[-4:])):
        status, headers, body = room.ask("/api/terrain.pmtiles", Range=wanted)
        assert (status, body) == (206, part)
        assert headers["content-range"].endswith(f"/{len(TILES)}")
    assert room.ask("/api/terrain.pmtiles", Range="bytes=9000-9001")[0] == 416


def test_relief_without_a_tile_is_no_content(room: Console) -> None:
    assert room.ask("/api/relief/9/155/301.png")[2] == PICTURE
    for tile in ("9/155/302", "..%2f..%2fsecret", "9/155", "9/155/x", "-1/0/0", "../../secret"):
        assert room.ask(f"/api/relief/{tile}.png")[0] == 204


def test_the_night_has_a_tag_and_is_not_sent_twice(room: Console) -> None:
    status, headers, body = room.ask("/api/night")
    assert (status, json.loads(body)) == (200, {"name": "Paso"})
    status, again, body = room.ask("/api/night", If_None_Match=headers["etag"])
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    room.core.night = {"name": "Otro"}
    room.core.kill()
    room.core.start()
    assert soon(lambda: room.ask("/api/night", If_None_Match=headers["etag"])[0] == 200)


def test_texts_are_the_pages_own_in_both_languages(room: Console) -> None:
    assert room.json("/api/texts/es") == {"page.title": "Noche"}
    assert room.json("/api/texts/en") == {"page.title": "Night"}
    assert room.ask(f"/api/texts/{quote('../es')}")[0] == room.ask("/api/texts/fr")[0] == 404


def test_what_is_not_there_yet_is_said_with_its_remedy(tmp_path: Path) -> None:
    with console(tmp_path, up=False, first_core_s=0.1) as room:
        for path in ("/", "/api/night"):
            status, headers, body = room.ask(path)
            assert (status, headers["retry-after"]) == (503, "1")
            assert json.loads(body)["remedy"]
        assert room.ask("/api/terrain.pmtiles")[0] == 404
        assert room.ask("/api/relief/1/1/1.png")[0] == 204
