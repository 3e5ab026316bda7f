"""The simulated place: a small generated pass (6 x 5 km), and truth round given heights."""

import functools
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from apacheta.core.errors import EnvironmentFault, InputFault
from apacheta.sim.world import (
    GENERATED_NOTE,
    Undulation,
    World,
    flow,
    generate_world,
    grids,
    ground_temperature_c,
    load_world,
    places,
    save_world,
    world_from_heights,
)
from apacheta.sim.world.border import is_simple


@functools.cache
def small_pass(seed: int) -> World:
    """A pass of 6 x 5 km: the border runs west to east, own side north.

    north edge ---- road ----
       village   (salt flat)   village
    ~~~~~~~~~~~~~ border ~~~~~~~~~~~~~
       track to the south edge
    """
    return generate_world(seed, 6_000.0, 5_000.0)


@pytest.fixture(scope="module")
def one_pass() -> World:
    """The pass of seed 3."""
    return small_pass(3)


def same(one: World, other: World) -> bool:
    """Whether every array and value is the same."""
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            if a.tobytes() != b.tobytes():
                return False
        elif field.name in ("border", "ways"):
            chains = [(getattr(p, "chain", p), getattr(q, "chain", q)) for p, q in zip(a, b, strict=True)]
            if not all(np.array_equal(p, q) for p, q in chains):
                return False
        elif a != b:
            return False
    return True


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(one_pass: World) -> None:
    assert same(one_pass, generate_world(3, 6_000.0, 5_000.0))
    assert not same(one_pass, small_pass(4))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_border_is_one_simple_line_from_edge_to_edge(seed: int) -> None:
    world = small_pass(seed)
    west, _, east, _ = world.bounds
    (line,) = world.border
    assert line[0, 0] <= west
    assert line[-1, 0] >= east
    assert is_simple(line)
    # it parts the ground in two: every node but those on the line is on one side
    assert 0.2 < world.own_mask.mean() < 0.8


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_border_runs_along_a_crest(seed: int) -> None:
    world = small_pass(seed)
    (line,) = world.border
    points = grids.spaced(line[3:-3], 60.0)
    here = world.product_at(*points.T)
    step = np.gradient(points, axis=0)
    across = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(*step.T)[:, None] * 400.0
    around = np.minimum(world.product_at(*(points + across).T), world.product_at(*(points - across).T))
    assert np.nanmean(here > around) > 0.95


@pytest.mark.parametrize("seed", [1, 3])
def test_what_people_built_is_on_the_own_side(seed: int) -> None:
    world = small_pass(seed)
    assert len(world.villages) == 2
    assert len(world.bases) == 2
    assert world.is_own(*world.own_side)
    for place in (*world.villages, *world.bases, *world.relays, *world.goals):
        assert world.is_own(place.x_m, place.y_m), place
    assert world.is_own(*world.salt_flat.T).all()
    (road,) = world.roads
    # the last points stand on the border line itself
    assert world.is_own(*road.chain[1:-4].T).mean() > 0.98
    (track,) = (way for way in world.ways if way.kind == "track")
    assert world.is_own(*track.chain[4:].T).mean() < 0.02


def test_the_road_runs_from_the_edge_by_both_villages_to_the_lowest_saddle(one_pass: World) -> None:
    (road,) = one_pass.roads
    (line,) = one_pass.border
    assert abs(road.chain[0, 1] - one_pass.bounds[3]) < 60.0
    for village in one_pass.villages:
        assert np.hypot(road.chain[:, 0] - village.x_m, road.chain[:, 1] - village.y_m).min() < 100.0
    middle = grids.spaced(line, 30.0)
    middle = middle[np.abs(middle[:, 0]) < 0.28 * 6000]
    end = one_pass.product_at(*road.chain[-1])
    assert end <= np.nanmin(one_pass.product_at(*middle.T)) + 25.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_salt_flat_is_flat(seed: int) -> None:
    world = small_pass(seed)
    frame = world.origin_x_m, world.origin_y_m, world.truth_cell_m
    bed = world.truth_amsl_m[grids.inside_ring(world.salt_flat, world.truth_amsl_m.shape, *frame)]
    assert len(bed) * 1e-4 > 0.1
    assert np.ptp(bed) <= 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_water_could_have_cut_the_valleys(seed: int) -> None:
    """After a priority flood less than 1 % of the ground lies more than 5 m under the surface of a lake."""
    world = small_pass(seed)
    height = np.ascontiguousarray(ndimage.uniform_filter(world.truth_amsl_m.astype(float), 3)[::3, ::3])
    outlet = grids.inside_ring(world.salt_flat, height.shape, world.origin_x_m, world.origin_y_m, 30.0)
    outlet[[0, -1]], outlet[:, [0, -1]] = True, True
    filled, _, _ = flow.flood(height, outlet, 0.0)
    assert np.mean(filled.reshape(height.shape) - height > 5.0) < 0.01


def test_slopes_are_those_of_mountains(one_pass: World) -> None:
    slope = np.degrees(np.arctan(grids.slope_tan(one_pass.product_amsl_m[::3, ::3], 90.0)))
    assert 15.0 < np.median(slope) < 33.0
    assert np.percentile(slope, 95) < 48.0


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_product_gets_another_model_than_the_truth_with_the_stated_error(seed: int) -> None:
    """Sigma 4 m about the shifted truth; what the shift and the fine relief do comes on top."""
    world = small_pass(seed)
    difference = (world.product_amsl_m - world.truth_amsl_m[::3, ::3]).astype(float)[3:-3, 3:-3]
    north, east = np.gradient(ndimage.uniform_filter(world.truth_amsl_m, 3)[::3, ::3].astype(float), 30.0)
    parts = np.column_stack([np.ones(difference.size), east[3:-3, 3:-3].ravel(), north[3:-3, 3:-3].ravel()])
    fit, *_ = np.linalg.lstsq(parts, difference.ravel(), rcond=None)
    rest = (difference.ravel() - parts @ fit).reshape(difference.shape)
    assert 3.5 < rest.std() < 5.0
    assert abs(fit[0]) < 4.5
    assert 2.0 < np.hypot(fit[1], fit[2]) < 11.0
    lag = np.mean(rest[:, 5:] * rest[:, :-5]) / rest.var()  # 150 m
    assert 0.15 < lag < 0.55


def test_longitude_and_latitude_come_back_and_heights_get_the_undulation(one_pass: World) -> None:
    lon, lat = one_pass.to_lonlat([0.0, 2500.0], [0.0, -2000.0])
    assert (lon[0], lat[0]) == pytest.approx((one_pass.lon0_deg, one_pass.lat0_deg), abs=1e-12)
    x, y = one_pass.to_xy(lon, lat)
    assert np.allclose([x[1], y[1]], [2500.0, -2000.0], atol=1e-6)
    lifted = replace(one_pass, undulation=Undulation(40.0, 1e-4, -2e-4))
    assert lifted.truth_hae_at(1000.0, 1000.0) - lifted.truth_at(1000.0, 1000.0) == pytest.approx(39.9)
    assert np.isnan(one_pass.truth_at(9_000.0, 0.0))


def test_the_generated_place_says_that_it_is_none(one_pass: World) -> None:
    assert one_pass.note == GENERATED_NOTE == "generated terrain, not a real place"
    assert not one_pass.real_place


def test_afternoon_slopes_rock_and_hollows_differ_after_sunset_and_less_before_dawn(one_pass: World) -> None:
    dusk, dawn = (ground_temperature_c(one_pass, hour) for hour in (19.0, 5.0))
    height = one_pass.product_amsl_m
    level = dusk + 0.0065 * (height - 4300)
    dawn_level = dawn + 0.0065 * (height - 4300)
    sunny, shady = one_pass.sun_share > 0.5, one_pass.sun_share < 0.2
    assert level[sunny].mean() - level[shady].mean() > 1.0
    assert dawn_level[sunny].mean() - dawn_level[shady].mean() < 1.0
    assert dawn.mean() < dusk.mean() - 3.0
    hollow = (one_pass.hollow_share > 0.6) & (one_pass.rock_share < 0.1)
    plain = (one_pass.hollow_share < 0.1) & (one_pass.rock_share < 0.1)
    assert dawn_level[hollow].mean() < dawn_level[plain].mean() - 1.0
    assert np.isfinite(ground_temperature_c(one_pass, 12.0)).all()


def test_a_world_is_saved_and_loaded_whole(one_pass: World, tmp_path: Path) -> None:
    path = save_world(one_pass, tmp_path / "cache", "pass-3.npz")
    assert same(one_pass, load_world(path))
    assert [p.name for p in path.parent.iterdir()] == ["pass-3.npz"]


@pytest.mark.parametrize("damage", ["missing", "short", "garbage"])
def test_a_damaged_world_is_named_with_its_remedy(one_pass: World, tmp_path: Path, damage: str) -> None:
    path = save_world(one_pass, tmp_path, "pass.npz")
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[: len(whole) // 2] if damage == "short" else os.urandom(1000))
    with pytest.raises(InputFault) as fault:
        load_world(path)
    assert fault.value.line.file == str(path)
    assert fault.value.line.remedy


SAVE_FOR_EVER = """
import sys
from pathlib import Path
from apacheta.sim.world import generate_world, save_world
world = generate_world(3, 6000.0, 5000.0)
print("saving", flush=True)
while True:
    save_world(world, Path(sys.argv[1]), "pass.npz")
"""


def test_a_writer_killed_in_the_middle_leaves_no_half_file(one_pass: World, tmp_path: Path) -> None:
    for wait_s in (0.003, 0.011, 0.017):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(SAVE_FOR_EVER), str(tmp_path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        while not (tmp_path / "pass.npz").exists():
            time.sleep(0.001)
        time.sleep(wait_s)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        assert same(one_pass, load_world(tmp_path / "pass.npz"))
    # a part that a dead writer left is swept by the next one
    (tmp_path / f".pass.npz.{writer.pid}.part").write_bytes(b"half")
    save_world(one_pass, tmp_path, "pass.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["pass.npz"]


def test_a_full_disk_is_an_environment_fault_and_the_old_file_stays(one_pass: World, tmp_path: Path) -> None:
    path = save_world(one_pass, tmp_path, "pass.npz")
    code = textwrap.dedent("""
        import resource, signal, sys
        from pathlib import Path
        from apacheta.core.errors import EnvironmentFault
        from apacheta.sim.world import load_world, save_world
        path = Path(sys.argv[1])
        world = load_world(path)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            save_world(world, path.parent, path.name)
        except EnvironmentFault as fault:
            sys.exit(fault.exit_code)
    """)
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == EnvironmentFault.exit_code
    assert same(one_pass, load_world(path))
    assert [p.name for p in tmp_path.iterdir()] == ["pass.npz"]


def test_truth_round_given_heights_differs_as_stated_and_the_product_gets_the_heights() -> None:
    """Two valleys under one ridge, the border on it.

       own    y
    ___/\\___  ^
    """
    y, x = np.mgrid[-60:61, -80:81] * 30.0
    heights = 4600.0 - 0.2 * np.abs(y) + 30 * np.sin(x / 400.0)
    line = np.array([[-2500.0, 0.0], [0.0, 5.0], [2500.0, 0.0]])
    world = world_from_heights("one ridge", heights, -32.7, -70.2, [line], (0.0, 1500.0), seed=5)
    assert np.array_equal(world.product_amsl_m, heights.astype(np.float32))
    difference = (world.truth_amsl_m[::3, ::3] - heights)[2:-2, 2:-2]
    assert 3.5 < difference.std() < 5.0
    assert world.is_own(0.0, 300.0)
    assert not world.is_own(0.0, -300.0)
    assert world.real_place
    assert len(world.salt_flat) == 0
    assert len(world.bases) == 2
    ring = world.keep_in
    assert (ring[:, 1] > -10).all()


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize("reverse", [False, True])
def test_the_keep_in_ring_is_the_own_side_however_the_border_runs(turn: int, reverse: bool) -> None:
    """Own side north of a line from west to east, and the same turned by quarters."""
    quarter = np.linalg.matrix_power(np.array([[0.0, -1.0], [1.0, 0.0]]), turn)
    line = np.column_stack([np.linspace(-5100.0, 5100.0, 60), 400.0 * np.sin(np.arange(60) / 6)]) @ quarter.T
    own = quarter @ np.array([0.0, 3000.0])
    ring = places.keep_in_of(
        (line[::-1] if reverse else line,), (float(own[0]), float(own[1])), (-5000.0, -5000.0, 5000.0, 5000.0)
    )
    inside = grids.inside_ring(ring, (101, 101), -5000.0, -5000.0, 100.0)
    y, x = np.mgrid[-50:51, -50:51] * 100.0
    back = np.stack([x, y], axis=-1) @ quarter  # turned back: the own side is north again
    expected = back[..., 1] > np.interp(
        back[..., 0], np.linspace(-5100.0, 5100.0, 60), 400.0 * np.sin(np.arange(60) / 6)
    )
    expected &= np.maximum(np.abs(x), np.abs(y)) < 4700.0
    assert np.mean(inside != expected) < 0.02


def test_progress_rises_to_one() -> None:
    seen: list[float] = []
    generate_world(3, 6_000.0, 5_000.0, progress=lambda share, text: seen.append(share))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
