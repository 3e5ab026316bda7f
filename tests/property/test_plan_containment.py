"""The recursion that the containment proof rests on: sound for whatever drifts, and the same both ways."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheta.core.sector import Weather, WindLayer
from apacheta.plan.containment.descent import Air, Descent
from apacheta.plan.containment.ground import BEYOND_M, Box, Ground
from apacheta.plan.containment.reach import fields, least_distances, least_over, reached_from, runs_of

CELL = 30.0
WEATHER = Weather(
    wind=(WindLayer(height_amsl_m=0.0, from_deg=270.0, speed_m_s=5.0, sigma_m_s=1.0),),  # type: ignore[arg-type]
    gust_m_s=0.0, updraft_max_m_s=0.0, isa_deviation_c=0.0, qnh_hpa=1013.25, icing=False,
)  # fmt: skip


def air_of(layers: int) -> Air:
    """So many layers of 40 m from sea level."""
    return Air(WEATHER, 0.0, 40.0, layers, 2.0, 10.0, 300.0, 0.01, 0.85, 10.0, 20.0, 0.25)


def ground_of(rng: np.random.Generator, size: int = 40) -> Ground:
    """Hills of up to 300 m, and a border along the east."""
    rough = rng.uniform(0.0, 300.0, (size // 8 + 2, size // 8 + 2))
    lowest = np.kron(rough, np.ones((8, 8)))[:size, :size]
    lowest += rng.uniform(-20.0, 20.0, lowest.shape)
    x = (np.arange(size) + 0.5) * CELL
    border = np.broadcast_to(size * CELL * 0.9 - x, lowest.shape) - CELL * 0.75
    box = Box(0.0, 0.0, 0.0, 0.0, CELL, size, size)
    return Ground((0.0, 0.0, 0.0, 0.0), box, lowest.astype(np.float32), np.ascontiguousarray(border, np.float32))


@given(
    st.floats(-200, 200), st.floats(-200, 200), st.floats(0, 200), st.floats(0, 1), st.floats(0, 6.283),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_no_displacement_leaves_the_cells_of_its_disc(x, y, radius, share, angle, u, v) -> None:
    runs = runs_of(np.array([x, y, radius]), CELL)
    to_x = u * CELL + x + share * radius * np.cos(angle)
    to_y = v * CELL + y + share * radius * np.sin(angle)
    row, col = int(np.floor(to_y / CELL)), int(np.floor(to_x / CELL))
    assert any(r == row and first <= col <= last for r, first, last in runs)


@given(st.integers(0, 10_000), st.floats(-150, 150), st.floats(-150, 150), st.floats(0, 150))
@settings(max_examples=30)
def test_the_least_over_runs_is_that_of_every_cell_of_them(seed, x, y, radius) -> None:
    field = np.random.default_rng(seed).normal(size=(17, 23)).astype(np.float32)
    runs = runs_of(np.array([x, y, radius]), CELL)
    found = least_over(field, runs, -9.0)
    for i, j in ((0, 0), (8, 11), (16, 22), (3, 20)):
        cells = [(i + r, j + c) for r, first, last in runs for c in range(first, last + 1)]
        values = [field[a, b] if 0 <= a < 17 and 0 <= b < 23 else -9.0 for a, b in cells]
        assert found[i, j] == np.float32(min(values))


@given(
    st.integers(0, 10_000), st.integers(0, 9), st.integers(3, 30), st.integers(3, 36), st.floats(0, 120),
    st.sampled_from([0.0, 50.0, 100.0]),
)  # fmt: skip
@settings(max_examples=40)
def test_the_proof_and_the_picture_agree(seed, layer, i, j, radius, beside) -> None:
    """The least distance that the backward field knows is that of the cells which the forward one reaches."""
    rng = np.random.default_rng(seed)
    ground, air = ground_of(rng), air_of(10)
    descent = Descent(np.column_stack([rng.uniform(-40, 40, (10, 2)), rng.uniform(0, 60, 10)]), beside)
    place = np.array([(j + 0.3) * CELL, (i + 0.6) * CELL])
    reached = reached_from(ground, air, descent, place, layer, radius)
    field = next(f for k, f in enumerate(fields(ground, air, descent)) if k == layer)
    least = least_distances(ground, field, place[None, :], np.array([radius]))[0]
    if least > BEYOND_M:  # nothing that it reaches lies beyond the grid
        assert least == ground.border_m[reached].min()


@given(st.integers(0, 10_000), st.integers(2, 9))
@settings(max_examples=40)
def test_nothing_that_drifts_and_sinks_comes_nearer_than_the_field_says(seed, layer) -> None:
    """Bodies over random hills that sink at a constant rate and are pushed about by any displacement that the discs
    allow, anew every few metres of height; and by gusts, each of them in parts at heights of their own."""
    rng = np.random.default_rng(seed)
    ground, air = ground_of(rng), air_of(10)
    drift = np.column_stack([rng.uniform(-40, 40, (10, 2)), rng.uniform(0, 60, 10)])
    drift[:, 2] = np.maximum(drift[:, 2], np.hypot(drift[:, 0], drift[:, 1]))
    beside = rng.choice([0.0, 80.0])
    every = list(fields(ground, air, Descent(drift, beside)))
    start = rng.uniform(0, 40 * CELL, (200, 2))
    height = rng.uniform(air.edges_m[layer] + 1.0, air.edges_m[layer + 1], 200)
    claimed = least_distances(ground, every[layer], start, np.zeros(200))
    for (x, y), z, claim in zip(start, height, claimed, strict=True):
        angle, turning = rng.uniform(0, 6.283), rng.choice([0.0, 0.3])
        gusts, last = rng.multinomial(8, [0.25] * 4) / 8 * beside, z
        due = np.sort(rng.uniform(0.0, z, 4))[::-1]
        while True:
            i, j = int(y // CELL), int(x // CELL)
            if not (0 <= i < 40 and 0 <= j < 40):
                assert claim == BEYOND_M
                break
            truly = 40 * CELL * 0.9 - x
            assert truly >= claim
            if z <= ground.lowest_m[i, j] or z <= 0.0:
                break
            k = min(int(np.ceil(z / 40.0)) - 1, 9)
            step = min(z - air.edges_m[k], 5.0) or 5.0
            push = drift[max(k, 0)] * step / 40.0
            gust = gusts[(due <= last) & (due > z)].sum()
            x, y, last = x + gust * np.cos(angle), y + gust * np.sin(angle), z
            angle += turning
            x, y, z = x + push[0] + push[2] * np.cos(angle), y + push[1] + push[2] * np.sin(angle), z - step
