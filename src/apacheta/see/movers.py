"""Finds what moves in a picture taken from a moving camera: the newest picture against two older ones laid over it."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..kernels.movers import components, envelope_difference, over_threshold, spot_of
from .registration import Fit, Image, Picture, laid_over, shift_of, spread
from .view import MESH_STEP_PX, Array, View

NS = 1_000_000_000
Mesh = NDArray[np.bool_]


@dataclass(frozen=True)
class MoverSettings:
    """Where the figures come from: simulation page, section 4 and "Late results"; constants named there."""

    threshold: float = 10.0
    """In local leak units: 7 gives seven times the false tracks, 10 costs 0.02 of the recall."""
    walker_m_s: float = 1.2
    baseline_min_s: float = 1.0
    baseline_max_s: float = 2.2
    slow_factor: float = 2.2
    """A second look back, so many times as long: at 0.5 m/s, uphill at night, a walker covers himself for 2 s and more.
    What it finds beside the first is kept."""
    slow_area_max_m2: float = 2.0
    same_spot_px: float = 10.0
    edge_px: int = 8
    void_margin_px: int = 8
    grazing_step: float = 4.0
    """Range step between neighbouring pixels, in ground resolutions, from where the threshold rises."""
    static_reach_px: int = 3
    static_share: float = 0.7
    """A spot whose older pictures hold at least this share of its contrast within the reach stands still."""
    patch_px: int = 20
    patch_hole_px: int = 5
    patch_search_px: int = 8
    patch_alike: float = 0.5
    patch_deviation: float = 0.5
    same_place_px: int = 1
    """The ground within 20 pixels of a spot, its middle left out, is looked for within 8 in the older picture."""
    area_min_px: int = 2
    area_max_m2: float = 30.0
    plots_max: int = 40
    aim_shift_max: float = 0.35
    """Share of the picture's width by which the aim may have moved between two pictures that are compared."""
    slew_rate_max: float = 0.5
    """Widths a second above which the camera is turning to another place."""
    flat_deviation: float = 1.5
    blurred_share: float = 0.4


@dataclass(frozen=True)
class Spot:
    """One mover in the picture. column_px, row_px: its middle; steady_*: the same on the common reference of the
    stare. strength in leak units; contrast in grey levels; area_px2 and upright (height over width) without blur."""

    column_px: float
    row_px: float
    steady_column_px: float
    steady_row_px: float
    strength: float
    contrast: float
    signal: float
    area_px2: float
    upright: float


@dataclass(frozen=True)
class Finding:
    """What one picture gave. looking: whether movers could be seen at all: two older pictures that fit, sharp, not
    slewing, not frozen. compared: (mesh rows, mesh cols), where they could. drift_px: deviation of the common reference
    since `epoch` began; a new epoch has a new reference."""

    spots: tuple[Spot, ...]
    looking: bool
    epoch: int
    drift_px: float
    why_not: str
    compared: Mesh | None = None


@dataclass(frozen=True)
class _Past:
    view: View
    picture: Picture
    steady: Array
    drift_px: float


def baseline_s(gsd_m: float, settings: MoverSettings) -> float:
    """Seconds in which a walker moves half his height and 4 pixels more: 1.8 s at 0.31 m. Shorter, one who walks along
    the line of sight still covers himself in the older pictures; longer costs more of a stare (2.5 s: 0.04 of the
    recall)."""
    seconds = (0.9 + 4.2 * gsd_m) / settings.walker_m_s
    return float(np.clip(seconds, settings.baseline_min_s, settings.baseline_max_s))


def aim_shift_px(view: View, old: View) -> float:
    """Pixels by which the place in the newest picture's middle lay off the middle of an older one; inf if behind."""
    middle = view.range_m[view.range_m.shape[0] // 2, view.range_m.shape[1] // 2]
    reach = float(middle) if np.isfinite(middle) else 2_000.0
    point = (view.position_m + reach * view.axes[2])[None]
    pixel = old.pixels_of(point)[0]
    centre = np.array([(old.camera.width_px - 1) / 2, (old.camera.height_px - 1) / 2])
    shift = float(np.hypot(*(pixel - centre)))
    return shift if np.isfinite(shift) else float("inf")


def corner_shift_px(view: View, old: View) -> float:
    """Pixels by which the ground in the picture's corners and middle has moved in it since an older pose, the most."""
    rows, cols = view.range_m.shape
    node = np.array([[0, 0], [0, cols - 1], [rows - 1, 0], [rows - 1, cols - 1], [rows // 2, cols // 2]])
    shift = np.hypot(*(view.pixels_of(view.point_m[tuple(node.T)]) - old.pixels_of(view.point_m[tuple(node.T)])).T)
    return float(np.nanmax(shift)) if np.isfinite(shift).any() else 0.0


def _alike(image: Image, old: Image, most: float) -> bool:
    """Whether two pictures differ by less than so many grey levels on average."""
    return image.shape == old.shape and float(cv2.absdiff(image, old).mean()) < most


class Parts(NamedTuple):
    """What stands out: mask (rows, cols) uint8; label (rows, cols), k for the k-th that hangs together, 0 for nothing;
    boxes (n, 5) of them: left, top, width, height, pixels."""

    mask: NDArray[np.uint8]
    label: NDArray[np.int32]
    boxes: NDArray[np.int32]


def _parts_of(difference: Image, leak: Image, threshold: float) -> Parts:
    """The parts of a difference that exceed the threshold in units of the local leak."""
    mask = np.empty(difference.shape, np.uint8)
    over_threshold(difference, leak, np.float32(threshold), mask)
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    label, boxes = np.zeros(mask.shape, np.int32), np.empty((COMPONENTS_MAX, 5), np.int32)
    return Parts(mask, label, boxes[: components(mask, label, boxes)])


class MoverFinder:
    """Keeps the last pictures of one stream and reports what moves. One thread; about 15 MB at 640 x 512."""

    def __init__(self, settings: MoverSettings | None = None) -> None:
        cv2.setNumThreads(1)
        self.settings = settings or MoverSettings()
        self._past: list[_Past] = []
        self._same: tuple[Image, View] | None = None
        self._sharpness: list[float] = []
        self.epoch = 0
        self.fits_failed = 0

    def restart(self) -> None:
        """Forgets the older pictures: a new stare, a new reference."""
        if self._past:
            self.epoch += 1
        self._past.clear()

    def find(self, gray: NDArray[np.uint8], view: View) -> Finding:
        """The movers of one picture (rows, cols) uint8 with its geometry. Pictures must come in order of time."""
        if self._past and self._past[-1].picture.full.shape != gray.shape:
            self.restart()
        slewing = self._slewing(view)
        if slewing:
            self.restart()
        picture = Picture(gray)
        if self._frozen(picture, view):
            self.restart()
            return self.nothing("frozen")
        poor = "slewing" if slewing else self._poor(picture)
        if poor:
            if poor != "slewing":
                return self.nothing(poor)
            self._past.append(_Past(view, picture, np.zeros(6), 0.0))
            return self.nothing(poor)
        self._drop_far(view)
        older = self._older(view, 1.0)
        if older is None:
            finding = self.nothing("too short")
            steady, drift = self._steady_by_newest(picture, view)
        else:
            finding, steady, drift = self._compare(picture, view, older)
            finding = self._with_slow(finding, picture, view, steady) if finding.looking else finding
        picture.forget_gradients()
        self._past.append(_Past(view, picture, steady, drift))
        return finding

    def nothing(self, why: str) -> Finding:
        """What a picture gives in which no mover can be found."""
        return Finding(spots=(), looking=False, epoch=self.epoch, drift_px=0.0, why_not=why)

    def _frozen(self, picture: Picture, view: View) -> bool:
        """Whether the picture has stayed the same while the pose says that it should have moved: then it is an old
        one, and shows nothing of now. A coder's key frames make an old picture shiver; a new one changes far more."""
        small = picture.small(2)
        if self._same is None or not _alike(small, self._same[0], FROZEN_SHARE * picture.contrast(2)):
            self._same = small, view
            return False
        return corner_shift_px(view, self._same[1]) > FROZEN_SHIFT_PX

    def _slewing(self, view: View) -> bool:
        if not self._past:
            return False
        last = self._past[-1].view
        seconds = max((view.utc_ns - last.utc_ns) / NS, 0.05)
        turned = aim_shift_px(view, last) / view.camera.width_px
        zoomed = max(view.camera.focal_px / last.camera.focal_px, last.camera.focal_px / view.camera.focal_px)
        return turned / seconds > self.settings.slew_rate_max or zoomed > 1.2 or seconds > 2.0

    def _poor(self, picture: Picture) -> str:
        small = picture.small(4)
        if float(small.std()) < self.settings.flat_deviation:
            return "flat"
        sharpness = float(np.abs(cv2.Laplacian(picture.small(2), cv2.CV_32F)).mean())
        typical = float(np.median(self._sharpness)) if len(self._sharpness) >= 10 else 0.0
        if sharpness < self.settings.blurred_share * typical:
            self._sharpness = [0.97 * s for s in self._sharpness]
            return "blurred"
        self._sharpness = [*self._sharpness[-49:], sharpness]
        return ""

    def _drop_far(self, view: View) -> None:
        limit = self.settings.aim_shift_max * view.camera.width_px
        oldest = 1.1 * self.settings.baseline_max_s * self.settings.slow_factor * NS
        kept = [p for p in self._past if view.utc_ns - p.view.utc_ns <= oldest and aim_shift_px(view, p.view) <= limit]
        if self._past and not kept:
            self.epoch += 1
        self._past = kept

    def _older(self, view: View, factor: float) -> tuple[_Past, _Past] | None:
        """The two older pictures of the baseline times the factor; None while there are none so old."""
        gsd = view.gsd_m
        known = gsd[np.isfinite(gsd)]
        if not known.size:
            return None
        wanted = factor * baseline_s(float(np.median(known)), self.settings)
        age = np.array([(view.utc_ns - p.view.utc_ns) / NS for p in self._past])
        if not age.size or age.max() < 0.85 * wanted:
            return None
        first = int(np.argmin(np.abs(age - wanted)))
        second = int(np.argmin(np.abs(age - wanted * 2 / 3)))
        return (self._past[first], self._past[second]) if first != second else None

    def _steady_by_newest(self, picture: Picture, view: View) -> tuple[Array, float]:
        """The reference of a stare that is too young to be compared: chained to its first picture."""
        if not self._past:
            return np.zeros(6), 0.0
        first = self._past[0]
        _, fit = laid_over(picture, view, first.picture, first.view, None)
        return _onward(view, first, fit)

    def _compare(self, picture: Picture, view: View, older: tuple[_Past, _Past]) -> tuple[Finding, Array, float]:
        laid, fits = _laid(picture, view, older)
        ways, drifts = zip(*(_onward(view, p, f) for p, f in zip(older, fits, strict=True)), strict=True)
        steady, drift = np.mean(ways, axis=0), float(np.mean(drifts))
        if not all(f.by_image for f in fits):
            self.fits_failed += 1
            return self.nothing("unlike"), steady, drift
        spots, compared = self._moving(picture, view, laid, fits, steady, slow=False)
        return Finding(spots, True, self.epoch, drift, "", compared), steady, drift

    def _with_slow(self, finding: Finding, picture: Picture, view: View, steady: Array) -> Finding:
        """The finding with what only the longer baseline shows; where its fit fails, as it was."""
        older = self._older(view, self.settings.slow_factor)
        if older is None:
            return finding
        laid, fits = _laid(picture, view, older)
        if not all(f.by_image for f in fits):
            return finding
        slow, _ = self._moving(picture, view, laid, fits, steady, slow=True)
        near = self.settings.same_spot_px
        fresh = (
            q
            for q in slow
            if self._is_walker(q, view)
            and all(np.hypot(q.column_px - f.column_px, q.row_px - f.row_px) > near for f in finding.spots)
        )
        return replace(finding, spots=(*finding.spots, *fresh)[: self.settings.plots_max])

    def _is_walker(self, spot: Spot, view: View) -> bool:
        """Whether a spot is warm, and small enough for somebody on foot."""
        row, col = int(spot.row_px) // MESH_STEP_PX, int(spot.column_px) // MESH_STEP_PX
        rows, cols = view.gsd_m.shape
        gsd_m = float(view.gsd_m[min(row, rows - 1), min(col, cols - 1)])
        return spot.contrast > 0 and spot.area_px2 * gsd_m**2 <= self.settings.slow_area_max_m2

    def _moving(
        self, picture: Picture, view: View, laid: list[Image], fits: list[Fit], steady: Array, *, slow: bool
    ) -> tuple[tuple[Spot, ...], Mesh]:
        """What has moved between the older pictures, laid over the newest, and now; and where on the mesh that could be
        told. `slow`: ground that cannot be compared counts as still."""
        usable = self._usable(laid)
        difference = self._difference(picture, laid, fits, usable)
        leak = self._leak(difference, view)
        parts = _parts_of(difference, leak, self.settings.threshold)
        rows, cols = leak.shape
        compared = usable[MESH_STEP_PX // 2 :: MESH_STEP_PX, MESH_STEP_PX // 2 :: MESH_STEP_PX][:rows, :cols] > 0
        compared &= self.settings.threshold * leak <= DROWNED_GREY
        if len(parts.boxes) == COMPONENTS_MAX:
            return (), np.zeros_like(compared)
        return self._spots(picture, laid, difference, leak, parts, view, steady, slow), compared

    def _usable(self, laid: list[Image]) -> NDArray[np.uint8]:
        """1 where both older pictures have something, away from their voids and from the picture's edge."""
        s = self.settings
        good = ((laid[0] > -1.0) & (laid[1] > -1.0)).astype(np.uint8)
        size = 2 * s.void_margin_px + 1
        good = cv2.erode(good, np.ones((size, size), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=1)
        good[: s.edge_px] = 0
        good[-s.edge_px :] = 0
        good[:, : s.edge_px] = 0
        good[:, -s.edge_px :] = 0
        return np.asarray(good)

    def _difference(self, picture: Picture, laid: list[Image], fits: list[Fit], usable: NDArray[np.uint8]) -> Image:
        """How far the newest picture leaves what both older ones hold, grey levels; 0 where not usable."""
        square = np.ones((3, 3), np.uint8)
        high = [cv2.dilate(w, square) for w in laid]
        low = [cv2.erode(w, square) for w in laid]
        out = np.empty_like(picture.full)
        offset = [np.float32(f.params[6]) for f in fits]
        envelope_difference(picture.full, high[0], low[0], high[1], low[1], offset[0], offset[1], usable, out)
        return out

    def _leak(self, difference: Image, view: View) -> Image:
        """How much still ground leaks through, per mesh node, with a floor for the sensor; raised where grazing."""
        rows, cols = view.range_m.shape
        block = difference[: rows * MESH_STEP_PX, : cols * MESH_STEP_PX]
        mean = cv2.blur(cv2.resize(block, (cols, rows), interpolation=cv2.INTER_AREA), (7, 7))
        worst = cv2.dilate(view.grazing.astype(np.float32), np.ones((3, 3), np.uint8))
        raised = np.clip(worst / self.settings.grazing_step, 1.0, 4.0)
        leak = np.where(view.beside_edge, NEVER, (mean * 1.5 + 0.8) * raised)
        return np.ascontiguousarray(leak, dtype=np.float32)

    def _spots(
        self,
        picture: Picture,
        laid: list[Image],
        difference: Image,
        leak: Image,
        parts: Parts,
        view: View,
        steady: Array,
        slow: bool,
    ) -> tuple[Spot, ...]:
        s = self.settings
        still = 1 - cv2.dilate(parts.mask, np.ones((5, 5), np.uint8))
        found: list[tuple[float, Spot]] = []
        for k, box in enumerate(parts.boxes, start=1):
            left, top, width, height, area = (int(x) for x in box)
            mesh_row = min((top + height // 2) // MESH_STEP_PX, leak.shape[0] - 1)
            mesh_col = min((left + width // 2) // MESH_STEP_PX, leak.shape[1] - 1)
            gsd = float(view.gsd_m[mesh_row, mesh_col])
            if not np.isfinite(gsd) or area < s.area_min_px or area > max(s.area_max_m2 / gsd**2, 40):
                continue
            window = np.s_[top : top + height, left : left + width]
            weight = np.where(parts.label[window] == k, difference[window], 0.0)
            spot = self._spot(
                picture, laid, still, weight, (left, top), float(leak[mesh_row, mesh_col]), gsd, view, steady, slow
            )
            if spot is not None:
                found.append((spot.strength, spot))
        found.sort(key=lambda f: -f[0])
        return tuple(spot for _, spot in found[: s.plots_max])

    def _spot(
        self,
        picture: Picture,
        laid: list[Image],
        still: NDArray[np.uint8],
        weight: Array,
        corner: tuple[int, int],
        leak: float,
        gsd_m: float,
        view: View,
        steady: Array,
        slow: bool,
    ) -> Spot | None:
        s = self.settings
        total = float(weight.sum())
        if total <= 0:
            return None
        rows, cols = np.indices(weight.shape)
        column = corner[0] + float((weight * cols).sum()) / total
        row = corner[1] + float((weight * rows).sum()) / total
        at_row, at_col = round(row), round(column)
        ring = int(np.clip(max(2.0 / gsd_m, max(weight.shape) / 2 + 3), 5, 24))
        sign = (
            1.0
            if spot_of(picture.full, at_row, at_col, 1, ring, 1.0)[0]
            >= spot_of(picture.full, at_row, at_col, 1, ring, -1.0)[0]
            else -1.0
        )
        now = spot_of(picture.full, at_row, at_col, 1, ring, sign)
        if now[5] < 0.6 or now[0] <= 0:
            return None
        if stood_there(float(now[0]), picture.full, still, laid, at_row, at_col, ring, sign, s, unsure=slow):
            return None
        moved = shift_of(steady, np.array([column]), np.array([row]), view.camera.width_px, view.camera.height_px)[0]
        shape = spot_of(*_stands_out(picture, laid, int(now[6]), int(now[7]), ring), 1, ring, sign)
        tall, wide = max(shape[3] - BLUR_PX2, 0.05), max(shape[4] - BLUR_PX2, 0.05)
        return Spot(
            column_px=column,
            row_px=row,
            steady_column_px=column + float(moved[0]),
            steady_row_px=row + float(moved[1]),
            strength=float(weight.max()) / leak,
            contrast=sign * float(now[0]),
            signal=float(now[2]),
            area_px2=float(AREA_SCALE * 4 * np.pi * np.sqrt(tall * wide)),
            upright=float(np.sqrt(tall / wide)),
        )


def _onward(view: View, past: _Past, fit: Fit) -> tuple[Array, float]:
    """The way (6,) from this picture to the common reference by way of an older one, and its deviation. The reference
    is that of the ground in the picture: as the picture leaves that ground, so it leaves the reference."""
    kept = KEPT_A_LOOK * float(np.exp(-aim_shift_px(view, past.view) / (RENEWED_SHARE * view.camera.width_px)))
    return past.steady * kept + fit.params[:6], float(np.hypot(past.drift_px * kept, fit.sigma_px))


def _laid(picture: Picture, view: View, older: tuple[_Past, _Past]) -> tuple[list[Image], list[Fit]]:
    """Both older pictures laid over the newest, and how."""
    laid, fits = zip(*(laid_over(picture, view, p.picture, p.view, None) for p in older), strict=True)
    return list(laid), list(fits)


def stood_there(
    contrast: float,
    now: Image,
    still: NDArray[np.uint8],
    laid: list[Image],
    row: int,
    col: int,
    ring: int,
    sign: float,
    settings: MoverSettings,
    unsure: bool = False,
) -> bool:
    """Whether all older pictures hold a spot about as strong at the same place of the ground: then it stands still, and
    terrain or pose laid the older pictures a little off there. A mover leaves its surroundings behind.

    The same place is where the surroundings lie; where they say nothing, anywhere within the static reach, or `unsure`
    is the answer if it is True. One picture that holds it is not enough: another walker may have been there.
    """
    for image in laid:
        shift = surroundings_shift(now, still, image, row, col, settings)
        if shift is None and unsure:
            return True
        (down, right), reach = ((0, 0), settings.static_reach_px) if shift is None else (shift, settings.same_place_px)
        there = spot_of(image, row + down, col + right, reach, ring, sign)[0]
        if there < settings.static_share * contrast:
            return False
    return True


def _stands_out(picture: Picture, laid: list[Image], row: int, col: int, ring: int) -> tuple[Image, int, int]:
    """The picture less the mean of the older ones round a pixel, plus 128, and the pixel's row and column in it: what
    stood there before (a warm rock beside a walker) is gone from it."""
    top, left = max(row - ring - 2, 0), max(col - ring - 2, 0)
    cut = np.s_[top : row + ring + 3, left : col + ring + 3]
    before = (laid[0][cut] + laid[1][cut]) / 2
    out = np.where(before < -1.0, np.float32(-1e4), picture.full[cut] - before + 128).astype(np.float32)
    return out, row - top, col - left


def surroundings_shift(
    now: Image, still: NDArray[np.uint8], image: Image, row: int, col: int, settings: MoverSettings
) -> tuple[int, int] | None:
    """Rows and columns by which the ground round a pixel lies off in an older picture; None near the picture's edge,
    beside voids, and where the two do not look alike.

    The middle and all that changed (`still` is 0 there) are left out, and what stands out is cut down to the ground's
    own spread: in a train of mules the spots would else be the surroundings.
    """
    half, search, hole = settings.patch_px, settings.patch_search_px, settings.patch_hole_px
    top, left, side = row - half, col - half, 2 * half + 1
    if min(top, left) < search or top + side + search > now.shape[0] or left + side + search > now.shape[1]:
        return None
    field = image[top - search : top + side + search, left - search : left + side + search]
    if float(field.min()) < -1.0:
        return None
    mask = still[top : top + side, left : left + side].astype(np.float32)
    mask[half - hole : half + hole + 1, half - hole : half + hole + 1] = 0.0
    if mask.mean() < 0.5:
        return None
    patch = now[top : top + side, left : left + side]
    middle = float(np.median(field))
    spread_by = 3.0 * 1.4826 * float(np.median(np.abs(field - middle))) + 1.0
    field, patch = (np.clip(v, middle - spread_by, middle + spread_by) for v in (field, patch))
    if float(patch[mask > 0].std()) < settings.patch_deviation:
        return None
    like = cv2.matchTemplate(field, patch, cv2.TM_CCOEFF_NORMED, mask=mask)
    best_row, best_col = np.unravel_index(int(np.argmax(like)), like.shape)
    if not like[best_row, best_col] >= settings.patch_alike:
        return None
    return int(best_row) - search, int(best_col) - search


FROZEN_SHARE = 0.15
"""Of a picture's own contrast, by which an old picture may differ from itself: a coder at CRF 23 makes 0.07 of it at a
key frame, ground that has moved by some pixels most of it."""
FROZEN_SHIFT_PX = 8.0
KEPT_A_LOOK = 0.995
RENEWED_SHARE = 0.25
"""Of the picture's width, by which the ground moves in it while the reference keeps 1 / e of itself. A camera that flew
on with all of it carried 200 px of other ground's parallax along: walkers were placed 20 to 100 m off."""
COMPONENTS_MAX = 400
"""A picture in which so many hang together is not one of movers: nothing is believed, and nothing counts as seen."""
DROWNED_GREY = 60.0
"""Where more than so many grey levels would have to stand out, a walker drowns (4 K of a span of 15 K are 68): such
ground is not compared."""
NEVER = 1e6
"""Leak of places where no plot is believed: no difference of grey levels reaches it."""
AREA_SCALE = 1.5
"""What the cut at a quarter of the peak takes from an ellipse's area: measured on bodies of 0.2 to 2.9 m2."""
BLUR_PX2 = 0.65
"""Variance that a point has above a quarter of its peak: 0.54 of (0.8 px own smoothing)^2 + (0.75 px lens)^2."""


__all__ = ["Finding", "MoverFinder", "MoverSettings", "Spot", "aim_shift_px", "baseline_s", "spread"]
