"""What stands still although it seems to move: spots beside ridge edges, and spots that go with their surroundings."""

import cv2
import numpy as np
import pytest
from see_world import GRID, Flight, one_ridge

from apacheta.core.sight import Frame
from apacheta.see import PoseSigmas, view_of
from apacheta.see.georeference import bias_covariance_m2
from apacheta.see.movers import MoverSettings, stood_there, surroundings_shift

SETTINGS = MoverSettings()
ROW, COL = 60, 80
STILL = np.ones((120, 160), np.uint8)


def ground(seed: int = 1) -> np.ndarray:
    """A textured picture (120, 160) with a mean of 100."""
    noise = np.random.default_rng(seed).normal(0.0, 12.0, (120, 160)).astype(np.float32)
    return np.ascontiguousarray(100 + 3 * cv2.GaussianBlur(noise, (0, 0), 2.0))


def with_spot(image: np.ndarray, row: int, col: int) -> np.ndarray:
    """The picture with a warm spot of three pixels."""
    out = image.copy()
    out[row - 1 : row + 2, col - 1 : col + 2] += 60
    return out


def moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    return np.ascontiguousarray(np.roll(image, (down, right), axis=(0, 1)))


def judged(now: np.ndarray, laid: list[np.ndarray]) -> bool:
    return stood_there(60.0, now, STILL, laid, ROW, COL, 8, 1.0, SETTINGS)


@pytest.mark.parametrize(("down", "right"), [(0, 4), (5, -3), (-7, 6)])
def test_the_surroundings_are_found_where_they_lie(down: int, right: int) -> None:
    assert surroundings_shift(ground(), STILL, moved(ground(), down, right), ROW, COL, SETTINGS) == (down, right)


def test_a_rock_that_lies_off_with_its_ground_stands_still() -> None:
    now = with_spot(ground(), ROW, COL)
    assert judged(now, [moved(now, 0, 6), moved(now, 0, 4)])


def test_a_walker_leaves_his_ground_behind() -> None:
    now = with_spot(ground(), ROW, COL)
    assert not judged(now, [with_spot(ground(), ROW, COL + 6), with_spot(ground(), ROW, COL + 4)])


def test_a_walker_on_ground_that_lies_off_is_still_a_walker() -> None:
    now = with_spot(ground(), ROW, COL)
    laid = [with_spot(moved(ground(), 4, 0), ROW, COL + 6), with_spot(moved(ground(), 3, 0), ROW, COL + 4)]
    assert not judged(now, laid)


def test_a_train_of_mules_is_no_ground() -> None:
    now, *laid = (ground() for _ in range(3))
    still = STILL.copy()
    for member in (-18, -9, 0, 9, 18):
        now = with_spot(now, ROW, COL + member)
        still[ROW - 3 : ROW + 4, COL + member - 3 : COL + member + 4] = 0
        laid = [with_spot(image, ROW, COL + member + step) for image, step in zip(laid, (6, 4), strict=True)]
    assert not stood_there(60.0, now, still, laid, ROW, COL, 8, 1.0, SETTINGS)


def test_ground_that_looks_unlike_says_nothing() -> None:
    assert surroundings_shift(ground(1), STILL, ground(2), ROW, COL, SETTINGS) is None


def test_beside_a_void_and_at_the_picture_s_edge_nothing_is_said() -> None:
    holed = ground()
    holed[ROW, COL + 25] = -1e4
    assert surroundings_shift(ground(), STILL, holed, ROW, COL, SETTINGS) is None
    assert surroundings_shift(ground(), STILL, ground(), 5, COL, SETTINGS) is None


def view_over(dem, depression_deg: float = 30.0, aim_m: tuple[float, float] = (0.0, 0.0)):
    """A stare of 640 x 512 towards the north from 600 m."""
    flight = Flight(dem, slant_m=600.0, depression_deg=depression_deg, azimuth_deg=0.0, size=(640, 512), aim_m=aim_m)
    flight.hfov_deg = 20.0
    frame = Frame(stream="t", number=0, pts_s=0.0, width_px=640, height_px=512, pose=flight.pose(0.0, exact=True))
    return view_of(frame, dem, GRID)


def test_nothing_is_believed_beside_the_edge_of_a_ridge() -> None:
    view = view_over(one_ridge())
    jump = np.argmax(np.abs(np.diff(view.range_m, axis=0)), axis=0)
    columns = np.arange(view.range_m.shape[1])
    assert view.beside_edge[jump, columns].all()
    assert view.beside_edge[np.maximum(jump - 3, 0), columns].mean() > 0.9
    assert 0.05 < view.beside_edge.mean() < 0.4


@pytest.mark.parametrize(("hfov_deg", "nodes"), [(12.5, 3), (6.2, 5)])
def test_a_longer_lens_keeps_further_from_edges(hfov_deg: float, nodes: int) -> None:
    flight = Flight(one_ridge(), slant_m=900.0, size=(640, 512))
    flight.hfov_deg = hfov_deg
    view = view_of(
        Frame(stream="t", number=0, pts_s=0.0, width_px=640, height_px=512, pose=flight.pose(0.0)), flight.dem, GRID
    )
    assert view is not None
    assert view.edge_nodes == nodes


def test_open_ground_is_believed() -> None:
    assert not view_over(one_ridge(height_m=0.0), depression_deg=25.0).beside_edge.any()


def test_where_ground_cannot_be_compared_a_slow_claim_counts_as_still() -> None:
    now, laid = with_spot(ground(1), ROW, COL), [ground(2), ground(3)]
    assert not stood_there(60.0, now, STILL, laid, ROW, COL, 8, 1.0, SETTINGS)
    assert stood_there(60.0, now, STILL, laid, ROW, COL, 8, 1.0, SETTINGS, unsure=True)


def test_beside_a_crest_a_place_is_as_unsure_as_the_ground_behind_is_far() -> None:
    view = view_over(one_ridge())
    rows, cols = view.range_m.shape
    middle = cols // 2
    jump = int(np.argmax(np.abs(np.diff(view.range_m[:, middle]))))
    near, behind = view.point_m[jump + 1, middle], view.point_m[jump, middle]
    apart_m = float(np.hypot(*(near - behind)[:2]))
    crest, foot = bias_covariance_m2(view, np.array([near, view.point_m[rows - 8, middle]]), PoseSigmas())
    assert apart_m > 60
    assert 3 * np.sqrt(np.linalg.eigvalsh(crest)[-1]) > apart_m
    assert 3 * np.sqrt(np.linalg.eigvalsh(foot)[-1]) < apart_m
