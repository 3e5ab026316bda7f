"""Bad input by the command line: the real condition, the exit code, who is at fault, what to do, nothing half-written.

Each sector is the small world two_valleys (tests/sectors.py) with one thing wrong.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import rasterio
from sectors import BORDER_LON, MANDATE, SECTOR, box, changed, geojson, two_valleys
from small_disk import files_of_at_most
from stream_sample import own_stream

from apacheta.adapters.filelog import FileLogStore
from apacheta.app.cli import main
from apacheta.app.files import write_all
from apacheta.app.loading import load_mandate
from apacheta.app.plan import KEYS
from apacheta.app.post import Post, open_post
from apacheta_verify import verify

GENERAL = {"schema", "apacheta", "ok", "exit_code", "warnings", "errors"}
CLASS = "vtol_terminating"
PAIR = ((".json", b"plan"), (".html", b"page"))
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line with --json; its one object. The key that signs posts is one of this test's own."""
    monkeypatch.setenv("APACHETA_KEY", str(tmp_path / "keys" / "post.pem"))

    def answer_of(*words: object) -> dict[str, Any]:
        capfd.readouterr()
        code = main([*map(str, words), "--json"])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert (out.count("\n"), out[-2:]) == (1, "}\n")
        body: dict[str, Any] = json.loads(out)
        assert (set(body) >= GENERAL, body["exit_code"], body["ok"]) == (True, code, code == 0)
        return body

    return answer_of


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The small world's folder, right in everything."""
    folder = tmp_path / "world"
    folder.mkdir()
    two_valleys(folder)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    path.write_text(changed(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")


def refusal(run: Run, world: Path, code: str, file: str, field: str | None, exit_code: int = 3) -> str:
    """Plan into a new folder, and into one that holds an older plan; the text of the refusal that both times comes."""
    old = world.parent / "old"
    old.mkdir()
    (old / "plan.json").write_bytes(b"an older plan")
    before = content(world.parent)
    texts = set()
    for out in (world.parent / "new" / "er", old):
        body = run("plan", world / "sector.toml", "--out", out)
        assert set(body) >= set(KEYS)
        assert (body["plan"], body["report"], body["plan_sha256"]) == (None, None, None)
        (line,) = body["errors"]
        assert (body["exit_code"], line["code"], line["field"]) == (exit_code, code, field)
        assert line["remedy"]
        assert Path(line["file"]).name == file
        texts.add(line["text"])
    assert content(world.parent) == before
    assert not (world.parent / "new").exists()
    (text,) = texts
    return text


def test_a_missing_raster(run: Run, world: Path) -> None:
    (world / "terrain.tif").unlink()
    assert "terrain.tif" in refusal(run, world, "missing_file", "sector.toml", "terrain.file")


def test_a_file_that_is_no_raster(run: Run, world: Path) -> None:
    (world / "terrain.tif").write_bytes(b"II*\x00" + bytes(500))
    refusal(run, world, "raster_unreadable", "terrain.tif", "terrain.file")


def test_a_raster_that_does_not_cover_says_by_how_much(run: Run, world: Path) -> None:
    edit(world / "sector.toml", "north_deg = -19.402", "north_deg = -19.35")
    text = refusal(run, world, "raster_does_not_cover", "terrain.tif", "terrain.file")
    (km,) = re.findall(r"([\d.]+) km in the north", text)
    assert float(km) == pytest.approx(0.05 * 110.7, abs=0.1)  # a degree of latitude there: 110.7 km


def test_a_raster_on_a_datum_that_is_tied_worse_than_ce90_m(run: Run, world: Path) -> None:
    with rasterio.open(world / "terrain.tif", "r+") as raster:
        raster.crs = "EPSG:4248"  # PSAD56: in Bolivia within 19 m of WGS 84
    text = refusal(run, world, "datum_transform_coarse", "terrain.tif", "terrain.file")
    assert "19 m" in text
    assert "12 m" in text


def test_a_void_under_a_base(run: Run, world: Path) -> None:
    two_valleys(world, void_at_base=True)
    assert "Base" in refusal(run, world, "void_under_base", "sector.toml", "bases[0]")


def test_a_border_that_does_not_cross_the_sector(run: Run, world: Path) -> None:
    geojson(world / "border.geojson", "LineString", [[-65.0, -19.6], [-65.0, -19.3]])
    assert "border.geojson" in refusal(run, world, "border_outside_sector", "sector.toml", "border.file")


def test_a_border_that_ends_in_the_sector(run: Run, world: Path) -> None:
    geojson(world / "border.geojson", "LineString", [[BORDER_LON, -19.6], [BORDER_LON, -19.45]])
    refusal(run, world, "border_ends_inside_sector", "border.geojson", "border.file")


def test_a_border_with_latitude_first(run: Run, world: Path) -> None:
    geojson(world / "border.geojson", "LineString", [[-19.6, BORDER_LON], [-19.3, BORDER_LON]])
    refusal(run, world, "border_outside_sector", "sector.toml", "border.file")


def test_a_base_on_the_wrong_side_says_how_far(run: Run, world: Path) -> None:
    edit(world / "sector.toml", "lon_deg = -66.975", f"lon_deg = {BORDER_LON + 0.0115}")
    text = refusal(run, world, "base_on_wrong_side", "sector.toml", "bases[0]")
    (metres,) = re.findall(r"([\d,]+) m beyond", text)
    assert float(metres.replace(",", "")) == pytest.approx(0.01 * 105_000, rel=0.05)


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("le90_m = 10", "le90_m = 10\ncolour = 3", "unknown_key", "terrain.colour"),
        ("standoff_m = 400", "", "missing_key", "border.standoff_m"),
        ('format = "sector/1"', 'format = "sector/2"', "format_newer", "format"),
        ("gust_m_s = 6", "gust_m_s = nan", "not_finite", "weather.gust_m_s"),
        ("[weather]", "[weather", "not_toml", None),
    ],
)
def test_a_wrong_sector_file(run: Run, world: Path, old: str, new: str, code: str, field: str | None) -> None:
    edit(world / "sector.toml", old, new)
    refusal(run, world, code, "sector.toml", field)


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ('authority = "test"', 'authority = "test"\nweapon = true', "unknown_key", "weapon"),
        ('purpose = "exercise"', "", "missing_key", "purpose"),
        ('format = "mandate/1"', 'format = "mandate/2"', "format_newer", "format"),
    ],
)
def test_a_wrong_mandate_file(run: Run, world: Path, old: str, new: str, code: str, field: str) -> None:
    edit(world / "mandate.toml", old, new)
    refusal(run, world, code, "mandate.toml", field)


def aircraft_beside(world: Path, old: str, new: str) -> None:
    """The sector's own copy of the catalogue's class, with one place changed."""
    (world / "aircraft").mkdir()
    text = files("apacheta.app.catalogue").joinpath(f"{CLASS}.toml").read_text(encoding="utf-8")
    (world / "aircraft" / f"{CLASS}.toml").write_text(changed(text, old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("[launch]", "[launch]\ncatapult = true", "unknown_key", "launch.catapult"),
        ("mass_kg = 14.0", "", "missing_key", "mass_kg"),
        ('format = "aircraft/1"', 'format = "aircraft/3"', "format_newer", "format"),
    ],
)
def test_a_wrong_aircraft_file(run: Run, world: Path, old: str, new: str, code: str, field: str) -> None:
    aircraft_beside(world, old, new)
    refusal(run, world, code, f"{CLASS}.toml", field)


def test_no_mandate(run: Run, world: Path) -> None:
    (world / "mandate.toml").unlink()
    refusal(run, world, "no_mandate", "mandate.toml", None)


def test_an_expired_mandate(run: Run, world: Path) -> None:
    edit(world / "mandate.toml", "2026-07-01T00:00:00Z", "2026-06-22T00:00:00Z")
    text = refusal(run, world, "mandate_expired", "mandate.toml", "to_utc")
    assert "2026-06-22T00:00:00Z" in text
    assert "2026-06-22T05:00:00Z" in text


def test_a_mandate_that_has_not_begun(run: Run, world: Path) -> None:
    edit(world / "mandate.toml", "2026-06-01T00:00:00Z", "2026-06-30T00:00:00Z")
    refusal(run, world, "outside_mandate", "mandate.toml", "from_utc")


def test_a_mandate_elsewhere(run: Run, world: Path) -> None:
    geojson(world / "area.geojson", "Polygon", [box(-60.0, -19.5, -59.0, -19.4)])
    assert "Base" in refusal(run, world, "outside_mandate", "mandate.toml", "area_file")


@pytest.mark.parametrize("name", ["area", "keep_in", "village"])
def test_an_area_that_crosses_itself(run: Run, world: Path, name: str) -> None:
    """A bow tie: nobody can say which half is meant."""
    bow_tie = [[-67.1, -19.6], [-66.8, -19.3], [-66.8, -19.6], [-67.1, -19.3], [-67.1, -19.6]]
    geojson(world / f"{name}.geojson", "Polygon", [bow_tie])
    if name == "keep_in":
        bounds = "west_deg = -66.998\nsouth_deg = -19.498\neast_deg = -66.887\nnorth_deg = -19.402"
        edit(world / "sector.toml", bounds, 'file = "keep_in.geojson"')
    assert "crosses or touches itself" in refusal(run, world, "crossing_ring", f"{name}.geojson", None)


def test_an_aircraft_that_thin_air_keeps_down(run: Run, world: Path) -> None:
    (limit,) = re.findall(
        r"height_max_amsl_m = ([\d.]+)", files("apacheta.app.catalogue").joinpath(f"{CLASS}.toml").read_text()
    )
    aircraft_beside(world, f"height_max_amsl_m = {limit}", "height_max_amsl_m = 3300.0")
    text = refusal(run, world, "cannot_lift_off", "sector.toml", "fleet.aircraft")
    found, most = map(float, re.findall(r"(\d+) m", text))
    assert most == 3300
    assert 3300 < found < 4200  # the base stands at about 3,900 m in air that is 5 K colder than standard


def test_an_aircraft_that_the_wind_keeps_down(run: Run, world: Path) -> None:
    edit(world / "sector.toml", "gust_m_s = 6", "gust_m_s = 26.4")
    text = refusal(run, world, "cannot_lift_off", "sector.toml", "fleet.aircraft")
    assert "26.4 m/s" in text
    assert "12.0" in text


def test_an_output_folder_that_is_a_file(run: Run, world: Path) -> None:
    out = world.parent / "out"
    out.write_bytes(b"in the way")
    for wanted in (out, out / "deeper" / "plan"):
        body = run("plan", world / "sector.toml", "--out", wanted)
        (line,) = body["errors"]
        assert (body["exit_code"], line["code"], line["file"]) == (4, "not_a_folder", str(out))
        assert line["remedy"]
    assert out.read_bytes() == b"in the way"


def test_a_full_disk_leaves_no_part_of_a_plan(run: Run, world: Path) -> None:
    old = world.parent / "old"
    old.mkdir()
    (old / "plan.json").write_bytes(b"an older plan")
    for out in (world.parent / "new" / "er", old):
        with files_of_at_most(200_000):
            body = run("plan", world / "sector.toml", "--out", out, "--max-seconds", 0.2)
        assert (body["exit_code"], body["errors"][0]["code"]) == (4, "disk_full")
    assert content(old) == {"plan.json": b"an older plan"}
    assert not (world.parent / "new").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["plan", "sector.toml"],
        ["plan", "sector.toml", "--out", "x", "--policy", "guess"],
        ["plan", "sector.toml", "--out", "x", "--seed", "-1"],
        ["plan", "sector.toml", "--out", "x", "--seed", "9007199254740992"],
        ["demo", "--minutes", "0"],
        ["demo", "--minutes", "nan"],
        ["demo", "--aircraft", "0"],
        ["watch"],
        ["fly"],
        [],
    ],
)
def test_a_wrong_command_line_is_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "schema", "field"),
    [
        (["demo", "--seed", "x"], "apacheta/demo/1", "--seed"),
        (["demo", "--bogus"], "apacheta/demo/1", None),
        (["plan", "sector.toml"], "apacheta/plan/1", None),
        (["watch"], "apacheta/watch/1", None),
        (["doctor", "audio", "x"], "apacheta/doctor-video/1", "what"),
        (["verify"], "apacheta/verify/1", None),
        (["bench"], "apacheta/bench/1", None),
        (["warm", "--seed", "x"], "apacheta/warm/1", "--seed"),
        (["config", "--post", "x"], "apacheta/config/1", None),
        (["fly"], "apacheta/usage/1", "COMMAND"),
        ([], "apacheta/usage/1", None),
    ],
)
def test_a_wrong_command_line_is_one_object_too(
    words: list[str], schema: str, field: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    out, err = capsys.readouterr()
    body = json.loads(out)
    assert (ended.value.code, err, out.count("\n")) == (2, "", 1)
    assert (body["schema"], body["exit_code"], body["ok"], body["errors"][0]["field"]) == (schema, 2, False, field)
    assert (set(body) >= GENERAL, body["errors"][0]["code"]) == (True, "usage")
    assert body["errors"][0]["remedy"]
    assert schema != "apacheta/plan/1" or set(body) >= set(KEYS)


# What a command without figures says.


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["plan", "sector.toml", "--out", "x"], "apacheta.app.plan:_work"),
        (["demo", "--headless"], "apacheta.app.demo.command:_work"),
        (["doctor", "video", "x.ts"], "apacheta.app.doctor:_work"),
        (["bench", "night"], "apacheta.app.bench:_bench"),
        (["warm"], "apacheta.app.warm:_warm"),
        (["watch", "--stream", "x.ts"], "apacheta.app.watch.command:_watch"),
    ],
)
def test_an_interrupted_command_sums_nothing_up(
    words: list[str], place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    module, name = place.split(":")
    monkeypatch.setattr(import_module(module), name, interrupted)
    assert main(words) == 130
    assert capsys.readouterr().out == ""


# Settings.


def settings_of(run: Run) -> dict[str, tuple[str | None, str]]:
    return {s["name"]: (s["value"], s["from"]) for s in run("config")["settings"]}


def test_config_says_what_is_in_effect(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APACHETA_LANG", "APACHETA_SHARED_DATA", "APACHETA_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "k"))
    assert settings_of(run) == {
        "lang": ("es", "default"),
        "key": (str(tmp_path / "k" / "apacheta" / "keys" / "post.pem"), "XDG_CONFIG_HOME"),
        "shared_data": (None, "default"),
        "cache": (str(tmp_path / "c" / "apacheta"), "XDG_CACHE_HOME"),
    }


@pytest.mark.parametrize(("wanted", "shown"), [("en_GB", ("en", "APACHETA_LANG")), ("fr", ("es", "default"))])
def test_config_names_a_language_that_is_spoken(
    run: Run, monkeypatch: pytest.MonkeyPatch, wanted: str, shown: tuple[str, str]
) -> None:
    monkeypatch.setenv("APACHETA_LANG", wanted)
    assert settings_of(run)["lang"] == shown


# Posts.


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    """A short stream of our own in a file."""
    path = tmp_path / "stream.ts"
    path.write_bytes(own_stream(20))
    return path


@pytest.fixture
def post(run: Run, stream: Path, tmp_path: Path) -> Path:
    """A post with the log of one replay."""
    assert run("watch", "--stream", stream, "--post", tmp_path / "post")["ok"]
    return tmp_path / "post"


@pytest.mark.parametrize("name", ["log/tile/entries/000.p/*", "log/tile/0/000.p/*", "log/checkpoint"])
def test_a_corrupt_log_is_named_and_not_written_to(run: Run, stream: Path, post: Path, name: str) -> None:
    (path,) = post.glob(name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    before = content(post)
    body = run("verify", post)
    assert (body["exit_code"], body["first_bad"]["file"]) == (1, str(path.relative_to(post)))
    body = run("watch", "--stream", stream, "--post", post)
    (line,) = body["errors"]
    assert (body["exit_code"], line["code"], line["file"].startswith("log/")) == (3, "log_corrupt", True)
    assert line["remedy"]
    assert {n: d for n, d in content(post).items() if n != "post.lock"} == {
        n: d for n, d in before.items() if n != "post.lock"
    }


def test_an_older_copy_of_a_log_is_not_written_to(run: Run, stream: Path, post: Path, tmp_path: Path) -> None:
    older = Path(shutil.copytree(post, tmp_path / "older"))
    assert run("watch", "--stream", stream, "--post", post)["ok"]
    before = content(older / "log")
    body = run("watch", "--stream", stream, "--post", older)
    assert (body["exit_code"], body["errors"][0]["code"]) == (3, "log_rolled_back")
    assert content(older / "log") == before


def test_a_folder_of_other_things_is_no_post(run: Run, stream: Path, world: Path) -> None:
    before = content(world)
    body = run("watch", "--stream", stream, "--post", world)  # it has a mandate, and a sector too
    assert (body["exit_code"], body["errors"][0]["code"]) == (3, "not_a_post")
    assert body["errors"][0]["remedy"]
    assert content(world) == before


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ('format = "post/2"\n', "format_newer", "format"),
        ('format = "post/10"\n', "format_newer", "format"),
        ('format = "sector/1"\n', "wrong_format", "format"),
        ("# post/1\n", "format_missing", "format"),
        ('format = "post/1"\nlang = "en"\n', "unknown_key", "lang"),
        ("format = post/1\n", "not_toml", None),
    ],
)
def test_a_post_that_is_not_ours_to_read_is_left_alone(
    run: Run, stream: Path, tmp_path: Path, text: str, code: str, field: str | None
) -> None:
    (tmp_path / "post").mkdir()
    (tmp_path / "post" / "post.toml").write_text(text, encoding="utf-8")
    body = run("watch", "--stream", stream, "--post", tmp_path / "post")
    assert (body["exit_code"], body["errors"][0]["code"], body["errors"][0]["field"]) == (3, code, field)
    assert list(content(tmp_path / "post")) == ["post.toml"]


@pytest.mark.parametrize("area", ["area.geojson", "areas/north.geojson"])
def test_a_post_keeps_its_mandate_with_the_area(tmp_path: Path, area: str) -> None:
    given = tmp_path / "given"
    (given / area).parent.mkdir(parents=True)
    (given / "mandate.toml").write_text(changed(MANDATE, "area.geojson", area), encoding="utf-8")
    geojson(given / area, "Polygon", [box(-67.0, -19.5, -66.9, -19.4)])
    post: Post = open_post(tmp_path / "post")
    post.keep_mandate(given / "mandate.toml")
    assert load_mandate(post.mandate) == load_mandate(given / "mandate.toml")


@pytest.mark.parametrize("changed_file", ["mandate.toml", "area.geojson"])
def test_a_post_keeps_the_mandate_that_it_has(run: Run, world: Path, tmp_path: Path, changed_file: str) -> None:
    post = tmp_path / "post"
    post.mkdir()
    for name in ("mandate.toml", "area.geojson"):
        shutil.copyfile(world / name, post / name)
    with (post / changed_file).open("a", encoding="utf-8") as file:
        file.write("\n")
    before = content(post)
    body = run("demo", "--headless", "--sector", world / "sector.toml", "--post", post)
    (line,) = body["errors"]
    assert (body["exit_code"], line["code"], line["file"]) == (3, "other_mandate", str(post / changed_file))
    assert line["remedy"]
    assert content(post) == before


def test_a_full_disk_leaves_no_half_mandate(world: Path, tmp_path: Path) -> None:
    with (world / "mandate.toml").open("a", encoding="utf-8") as file:
        file.write("#" * 5_000)
    post = open_post(tmp_path / "post")
    with files_of_at_most(2_000), pytest.raises(OSError, match="large"):
        post.keep_mandate(world / "mandate.toml")
    assert not post.mandate.exists()
    post.keep_mandate(world / "mandate.toml")
    assert load_mandate(post.mandate) == load_mandate(world / "mandate.toml")


def test_each_older_plan_is_kept_with_its_proof_under_its_hash(tmp_path: Path) -> None:
    post = open_post(tmp_path / "post")
    for number in range(3):
        post.set_plan_aside()
        write_all({post.plan: b"plan %d" % number, post.plan.with_suffix(".html"): b"page %d" % number})
        if number:
            write_all({post.certificate: b"proof %d" % number})
    names = {hashlib.sha256(b"plan %d" % n).hexdigest(): n for n in range(2)}
    kept = {f"{name}{end}": b"%s %d" % (what, n) for name, n in names.items() for end, what in PAIR}
    kept |= {f"{name}.certificate.json": b"proof 1" for name, n in names.items() if n == 1}
    assert content(post.plans) == kept | {
        "plan.json": b"plan 2", "plan.html": b"page 2", "certificate.json": b"proof 2"
    }  # fmt: skip


def entries_of(post: Path) -> list[tuple[str, dict[str, Any]]]:
    """Kind and body of all entries of a post that verifies."""
    assert verify(post).exit_code == 0
    store = FileLogStore(post / "log")
    try:
        entries = [json.loads(store.entry(i)) for i in range(store.size())]
    finally:
        store.close()
    return [(e["kind"], e["body"]) for e in entries]


def test_a_night_without_a_sortie_leaves_its_plan_in_the_account(run: Run, world: Path, tmp_path: Path) -> None:
    edit(world / "sector.toml", "end_utc = 2026-06-22T05:00:00Z", "end_utc = 2026-06-21T23:10:00Z")
    post = tmp_path / "post"
    body = run("demo", "--headless", "--sector", world / "sector.toml", "--post", post)
    assert (body["exit_code"], body["errors"][0]["code"]) == (1, "no_sortie")
    account = entries_of(post)
    assert [kind for kind, _ in account] == ["log_open", "mandate", "plan", "fault", "draw", "log_close"]
    assert "No sortie can be flown" in account[3][1]["text"]
    planned = hashlib.sha256((post / "plans" / "plan.json").read_bytes()).hexdigest()
    assert (account[2][1]["plan_sha256"], account[2][1]["slots"]) == (planned, [])


def test_a_night_that_cannot_be_planned_leaves_a_whole_post(run: Run, world: Path, tmp_path: Path) -> None:
    edit(world / "sector.toml", "gust_m_s = 6", "gust_m_s = 26.4")
    post = tmp_path / "post"
    body = run("demo", "--headless", "--sector", world / "sector.toml", "--post", post)
    assert (body["exit_code"], body["errors"][0]["code"]) == (3, "cannot_lift_off")
    account = entries_of(post)
    assert [kind for kind, _ in account] == ["log_open", "mandate", "fault", "log_close"]
    assert body["errors"][0]["text"] in account[2][1]["text"]
    assert list(content(post / "plans")) == []


def test_a_demo_of_a_bad_sector_makes_no_post(run: Run, world: Path, tmp_path: Path) -> None:
    edit(world / "sector.toml", "accuracy_m = 30", "")
    body = run("demo", "--headless", "--sector", world / "sector.toml", "--post", tmp_path / "post")
    (line,) = body["errors"]
    assert (body["exit_code"], line["code"], line["field"]) == (3, "missing_key", "border.accuracy_m")
    assert not (tmp_path / "post").exists()


# Answering at once.


def test_help_imports_nothing_heavy() -> None:
    """What makes the start slow is imports: none of the large ones is there when the help has been printed."""
    code = (
        "import sys\n"
        "from apacheta.app.cli import main\n"
        "for words in (['--help'], ['plan', '--help'], ['--version']):\n"
        "    try: main(words)\n"
        "    except SystemExit as ended: assert ended.code == 0\n"
        "heavy = {'numba', 'numpy', 'rasterio', 'cv2', 'av', 'scipy', 'shapely', 'pyproj', 'msgspec', 'cryptography'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "--policy" in done.stdout


def test_the_sector_of_these_tests_is_right_as_it_stands() -> None:
    """The places that the tests above change are there once; else they would show nothing."""
    for text in ("gust_m_s = 6", "north_deg = -19.402", "accuracy_m = 30", "lon_deg = -66.975"):
        assert SECTOR.count(text) == 1
