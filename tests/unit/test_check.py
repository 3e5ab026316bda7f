"""The containment checker refuses whatever is not so: each number of a certificate changed, each error of a prover."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from proof_sample import WAY_A, certificate_of, plan_of, sample, written
from sectors import SECTOR, changed

import apacheta_check.check as checking
from apacheta.app import cli
from apacheta.app.loading import load_proof_ground, load_sector
from apacheta.core.plan import WatchPlan
from apacheta.formats.canonical import canonical_bytes
from apacheta.formats.plan_json import encode_plan
from apacheta.geo import LocalGrid
from apacheta.plan.containment import legs as prover_legs
from apacheta.plan.containment import proof as prover
from apacheta.plan.containment.descent import Air
from apacheta_check.__main__ import main
from apacheta_check.check import check
from apacheta_check.files import Invalid, canonical
from apacheta_check.ground import Box, border_distance, projected

PINNED = (
    *("verdict", "certificate", "certificate_sha256", "plan_sha256", "terrain_sha256", "border_sha256", "aircraft"),
    *("catalogue", "border_line_accuracy_m", "wind_max_m_s", "tours", "legs", "states", "modes", "first_failure"),
    *("cpu_seconds", "schema", "apacheta", "ok", "exit_code", "warnings", "errors"),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sector with a plan and its valid certificate."""
    path = sample(tmp_path_factory.mktemp("checked"))
    written(path, certificate_of(path))
    return path


def checked(path: Path, certificate: bytes | None = None) -> Any:
    """What the checker says of a certificate (by default the one on disk): its content, or why not."""
    file = path.parent / "certificate.json"
    if certificate is not None:
        file = path.parent / "changed.json"
        file.write_bytes(certificate)
    try:
        return check(file, path.parent / "plan.json", path)
    except Invalid as no:
        return no


def test_the_prover_and_the_checker_agree(path: Path) -> None:
    assert checked(path)["verdict"] == "proven"


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ground, border and fields are worked out once: the same for every changed certificate that keeps its box."""
    for name in ("lowest_ground", "border_distance"):
        monkeypatch.setattr(checking, name, _once(getattr(checking, name), lambda given: None))
    sweep = checking.fields
    swept = _once(lambda *given: list(sweep(*given)), lambda given: None if given[3] is None else given[3][0].tobytes())
    monkeypatch.setattr(checking, "fields", lambda *given: iter(swept(*given)))


def _once(work: Any, key: Any) -> Any:
    known: dict[Any, Any] = {}

    def remembering(*given: Any) -> Any:
        if key(given) not in known:
            known[key(given)] = work(*given)
        return known[key(given)]

    return remembering


def numbers_in(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every number of a JSON value stands."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_in(inner, (*at, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield at


@pytest.mark.parametrize("sign", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_every_number_of_a_certificate_is_refused_once_it_is_changed(path: Path, remembered: None, sign: int) -> None:
    """One after the other by 10 %, or by 1 where that is more."""
    assert checked(path)["verdict"] == "proven"
    whole = json.loads((path.parent / "certificate.json").read_bytes())
    accepted = []
    places = list(numbers_in(whole))
    for place in places:
        mutant = json.loads(json.dumps(whole))
        inner = mutant
        for key in place[:-1]:
            inner = inner[key]
        value = inner[place[-1]]
        inner[place[-1]] = value + sign * max(1, abs(value) // 10 if isinstance(value, int) else abs(value) * 0.1)
        if not isinstance(checked(path, canonical_bytes(mutant)), Invalid):
            accepted.append(place)
    assert len(places) > 200
    assert accepted == []


def _negative_border(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def turned(path: Path) -> Any:
        ground = load_proof_ground(load_sector(path))
        return replace(ground, border_m=-ground.border_m)

    return {"ground": turned}


def _other_frame(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Corners in a grid that is scaled for 4,000 m, ground in one that is not."""
    corner = prover_legs._corner
    monkeypatch.setattr(
        prover_legs,
        "_corner",
        lambda waypoint, grid, hae: corner(waypoint, LocalGrid(grid.lat0_deg, grid.lon0_deg, 40_000.0), hae),
    )
    return {}


def _knots(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    wind = Air._wind_at
    monkeypatch.setattr(Air, "_wind_at", lambda air, height: tuple(0.514 * v for v in wind(air, height)))
    return {}


def _lon_lat(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    corner = prover_legs._corner

    def turned(waypoint: Any, grid: LocalGrid, hae: bool) -> Any:
        x, y, z = corner(waypoint, grid, hae)
        return y, x, z

    monkeypatch.setattr(prover_legs, "_corner", turned)
    return {}


def _lower(metres: float) -> Any:
    def make(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        corner = prover_legs._corner

        def lowered(waypoint: Any, grid: LocalGrid, hae: bool) -> Any:
            x, y, z = corner(waypoint, grid, hae)
            return x, y, z - metres

        monkeypatch.setattr(prover_legs, "_corner", lowered)
        return {}

    return make


def _hae(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    corner = prover_legs._corner
    monkeypatch.setattr(prover_legs, "_corner", lambda waypoint, grid, hae: corner(waypoint, grid, True))
    return {}


def _wind_to(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    wind = Air._wind_at

    def turned(air: Air, height: float) -> Any:
        x, y, *spread = wind(air, height)
        return -x, -y, *spread

    monkeypatch.setattr(Air, "_wind_at", turned)
    return {}


def _no_gusts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Air, "gusts_m", lambda air, factor=1.0: 0.0)
    return {}


def _leg_left_out(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    find = prover_legs.legs_of

    def fewer(*given: Any) -> Any:
        legs, tours = find(*given)
        return legs[:-1], {key: [i for i in way if i < len(legs) - 1] for key, way in tours.items()}

    monkeypatch.setattr(prover, "legs_of", fewer)
    return {}


def _tour_left_out(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    find = prover_legs.legs_of

    def fewer(*given: Any) -> Any:
        legs, tours = find(*given)
        kept = dict(list(tours.items())[:1])
        used = sorted({i for way in kept.values() for i in way})
        assert used == list(range(len(used)))
        return legs[: len(used)], kept

    monkeypatch.setattr(prover, "legs_of", fewer)
    return {}


ERRORS = {
    "sign of the border": _negative_border,
    "frame": _other_frame,
    "unit": _knots,
    "longitude for latitude": _lon_lat,
    "AGL for AMSL": _lower(4100.0),
    "HAE for AMSL": _hae,
    "wind to for wind from": _wind_to,
    "gusts forgotten": _no_gusts,
    "a leg left out": _leg_left_out,
    "a tour left out": _tour_left_out,
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_prover_that_errs_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sample(tmp_path)
    given = ERRORS[name](monkeypatch)
    given = {key: value(path) for key, value in given.items()}
    certificate = certificate_of(path, **given)
    monkeypatch.undo()
    written(path, certificate)
    assert isinstance(checked(path), Invalid)


def test_what_is_drawn_is_proven_though_its_lottery_does_not_name_it(tmp_path: Path) -> None:
    """A plan that was tampered with: the tour that is flown stands in no lottery."""
    path = sample(tmp_path)
    plan = msgspec.json.decode((tmp_path / "plan.json").read_bytes(), type=WatchPlan)
    slots = tuple(msgspec.structs.replace(s, tours=("A",), probabilities=(1.0,), drawn="B") for s in plan.slots)
    (tmp_path / "plan.json").write_bytes(encode_plan(msgspec.structs.replace(plan, slots=slots)))
    certificate = certificate_of(path)
    assert [t.id for t in certificate.tours] == ["A", "B"]
    written(path, certificate)
    assert checked(path)["verdict"] == "proven"
    written(path, msgspec.structs.replace(certificate, tours=certificate.tours[:1]))
    no = checked(path)
    assert (isinstance(no, Invalid), no.where) == (True, "tours")


def test_a_leg_that_no_tour_has_is_refused(path: Path) -> None:
    whole = json.loads((path.parent / "certificate.json").read_bytes())
    whole["legs"].append(whole["legs"][0])
    whole["states"] += whole["legs"][0]["states"]
    no = checked(path, canonical_bytes(whole))
    assert (isinstance(no, Invalid), no.where) == (True, "legs")


def test_a_certificate_that_says_it_is_not_proven_is_no_proof(tmp_path: Path) -> None:
    way = [(n, e * 3.6, h + 450.0 if h > 4100.0 else h) for n, e, h in WAY_A]
    path = sample(tmp_path, ways={"A": way})
    written(path, certificate_of(path))
    no = checked(path)
    assert isinstance(no, Invalid)
    assert no.where.startswith("legs[")
    assert "height" in no.text


@pytest.mark.parametrize(
    ("file", "where"),
    [("plan.json", "plan_sha256"), ("terrain.tif", "sector_sha256"), ("border.geojson", "sector_sha256")],
)
def test_other_inputs_than_those_proven_are_refused(tmp_path: Path, path: Path, file: str, where: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(path.parent, folder)
    if file == "plan.json":
        plan = msgspec.json.decode((folder / file).read_bytes(), type=WatchPlan)
        (folder / file).write_bytes(encode_plan(msgspec.structs.replace(plan, seed=2)))
    elif file == "border.geojson":
        (folder / file).write_text((folder / file).read_text().replace("-66.905", "-66.906"))
    else:
        data = bytearray((folder / file).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / file).write_bytes(data)
    no = checked(folder / "sector.toml")
    assert isinstance(no, Invalid)
    assert where in no.where


def test_a_border_that_ends_inside_the_box_parts_nothing(tmp_path: Path, path: Path) -> None:
    """Its other half left out: the own side would leak round its end."""
    whole = json.loads((path.parent / "certificate.json").read_bytes())
    keep_in = [[-66.998, -19.498], [-66.887, -19.402]]
    box = Box(whole["box"], keep_in, path.parent / "terrain.tif")
    line = [[-66.905, -19.6], [-66.903, -19.45], [-66.905, -19.3]]
    assert border_distance(box, [line], (-19.45, -66.98)).max() > 5000.0
    with pytest.raises(Invalid, match="part the box"):
        border_distance(box, [line[1:]], (-19.45, -66.98))


class Plain(Box):
    """A small grid on a plain: 100 km to the degree both ways."""

    def __init__(self) -> None:
        self.cell, self.rows, self.cols, self.west, self.south = 30.0, 50, 60, 0.0, 0.0
        self.bounds, self.shape = (0.0, 0.0, 0.018, 0.015), (self.rows, self.cols)

    def xy(self, lat: Any, lon: Any) -> Any:
        return np.asarray(lon) * 1e5, np.asarray(lat) * 1e5


@settings(max_examples=60, deadline=None)
@given(
    bends=st.lists(st.floats(0.001, 0.017), min_size=2, max_size=12),
    own=st.tuples(st.floats(0.001, 0.014), st.floats(-0.01, 0.017)),
    cut=st.none() | st.floats(0.2, 0.8),
)
def test_sides_are_those_of_polygons_and_a_line_cut_anywhere_parts_nothing(
    bends: list[float], own: tuple[float, float], cut: float | None
) -> None:
    """Reference: GEOS, which asks on which side of the line a point lies."""
    box = Plain()
    line = shapely.LineString(np.column_stack([bends, np.linspace(-0.01, 0.025, len(bends))]))
    assume(line.distance(shapely.Point(own[::-1])) > 1e-5)
    if cut is not None:
        half = shapely.clip_by_rect(line, -1.0, -1.0, 1.0, 0.015 * cut)
        with pytest.raises(Invalid, match="part the box"):
            border_distance(box, [np.array(half.coords).tolist()], own)
        return
    found = border_distance(box, [np.array(line.coords).tolist()], own)
    west = shapely.Polygon([*line.coords, (-1.0, 1.0), (-1.0, -1.0)])
    lon, lat = np.meshgrid((np.arange(60) + 0.5) * 3e-4, (np.arange(50) + 0.5) * 3e-4)
    is_own = shapely.contains_xy(west, lon, lat) == west.contains(shapely.Point(own[::-1]))
    known = np.abs(found) > 2 * box.cell
    assert ((found > 0) == is_own)[known].all()


def test_the_border_distances_of_both_agree(path: Path) -> None:
    whole = json.loads((path.parent / "certificate.json").read_bytes())
    ground = load_proof_ground(load_sector(path))
    box = Box(whole["box"], [[-66.998, -19.498], [-66.887, -19.402]], path.parent / "terrain.tif")
    line = json.loads((path.parent / "border.geojson").read_bytes())["geometry"]["coordinates"]
    known = (ground.border_m > -1e5) & (np.abs(ground.border_m) > 100.0)
    inner = np.s_[3:-3, 3:-3]  # beyond the bounds in degrees the prover knows no side
    ours = border_distance(box, [line], (-19.45, -66.98))
    assert np.abs(ours - ground.border_m)[inner][known[inner]].max() < 0.2


def test_the_checkers_plane_is_the_provers() -> None:
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(-33.0, -32.0, 500), rng.uniform(-71.0, -70.0, 500)
    ours, theirs = projected(lat, lon, -32.5, -70.5), LocalGrid(-32.5, -70.5, 0.0).xy(lat, lon)
    assert max(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)) < 1e-4


@pytest.mark.parametrize("value", [0.1, -0.0, 1e-7, 123456.789e-9, 1e21, 1.5e300, -3.0, 5e-324, 0.000001])
def test_the_checkers_numbers_are_those_of_rfc_8785(value: float) -> None:
    assert canonical({"b": value, "a": ["ñ", None, True, 7]}) == canonical_bytes(
        {"b": value, "a": ["ñ", None, True, 7]}
    )


# -- commands -------------------------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], code: int, wanted: int) -> dict[str, Any]:
    """The one JSON object, with the exit code that it says."""
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (code, answer["exit_code"]) == (wanted, wanted)
    assert set(PINNED) <= set(answer)
    return answer


def test_prove_and_check_from_the_command_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, out = path.parent / "plan.json", path.parent / "out.json"
    code = cli.main(["prove", str(plan), "--out", str(out), "--json"])
    proof = told(capsys, code, 0)
    assert (proof["schema"], proof["verdict"]) == ("apacheta/prove/1", "proven")
    code = main([str(out), "--plan", str(plan), "--sector", str(path), "--json"])
    answer = told(capsys, code, 0)
    assert (answer["schema"], answer["verdict"], answer["first_failure"]) == ("apacheta/check/1", "valid", None)
    same = ("certificate_sha256", "plan_sha256", "terrain_sha256", "border_sha256", "aircraft", "catalogue", "tours",
            "legs", "states", "wind_max_m_s", "border_line_accuracy_m")  # fmt: skip
    assert {key: answer[key] for key in same} == {key: proof[key] for key in same}


def test_the_checker_runs_without_apacheta(path: Path) -> None:
    """In a process in which nothing of apacheta can be imported."""
    block = "import sys; sys.modules['apacheta'] = None\nfrom apacheta_check.__main__ import main; sys.exit(main())"
    words = [str(path.parent / "certificate.json"), "--plan", str(path.parent / "plan.json"), "--sector", str(path)]
    done = subprocess.run([sys.executable, "-c", block, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:5]) == (0, "valid"), done.stderr


def test_a_plan_without_its_sector_is_told_so(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_bytes((path.parent / "plan.json").read_bytes())
    code = cli.main(["prove", str(tmp_path / "plan.json"), "--out", str(tmp_path / "c.json"), "--json"])
    assert told(capsys, code, 3)["errors"][0]["code"] == "no_sector"
    assert not (tmp_path / "c.json").exists()


def test_a_plan_of_another_sector_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sample(tmp_path)
    path.write_text(changed(SECTOR, "standoff_m = 400", "standoff_m = 300"), encoding="utf-8")
    code = cli.main(["prove", str(tmp_path / "plan.json"), "--out", str(tmp_path / "c.json"), "--json"])
    assert told(capsys, code, 3)["errors"][0]["code"] == "other_inputs"


def test_a_plan_that_is_not_proven_ends_with_1_and_names_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    way = [(n, e * 3.6, h + 450.0 if h > 4100.0 else h) for n, e, h in WAY_A]
    path = sample(tmp_path, ways={"A": way})
    out = tmp_path / "c.json"
    code = cli.main(["prove", str(tmp_path / "plan.json"), "--out", str(out), "--json"])
    answer = told(capsys, code, 1)
    assert answer["verdict"] == "not_proven"
    assert answer["first_failure"]["where"]["tour"] == "A"
    code = main([str(out), "--plan", str(tmp_path / "plan.json"), "--sector", str(path), "--json"])
    assert told(capsys, code, 1)["first_failure"]["where"].startswith("legs[")


@pytest.mark.parametrize("damage", ["missing", "cut", "no json"])
def test_a_damaged_certificate_is_an_input_fault(
    damage: str, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.json"
    data = (path.parent / "certificate.json").read_bytes()
    if damage != "missing":
        file.write_bytes(data[: len(data) // 2] if damage == "cut" else b"\xff\xfe")
    code = main([str(file), "--plan", str(path.parent / "plan.json"), "--sector", str(path), "--json"])
    assert told(capsys, code, 3)["verdict"] is None


def test_a_wrong_command_line_is_one_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--json", "c.json"])
    assert told(capsys, int(end.value.code or 0), 2)["errors"][0]["code"] == "usage"


def test_the_plan_itself_is_of_the_sample(path: Path) -> None:
    """The sample's plan is what `plan_of` makes, so that tests read what they prove."""
    data = (path.parent / "plan.json").read_bytes()
    assert msgspec.json.decode(data, type=WatchPlan).slots == plan_of(path, {"A": WAY_A, "B": WAY_A}).slots
