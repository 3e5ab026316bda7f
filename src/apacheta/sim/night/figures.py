"""People, animals and vehicles as the camera sees them: ellipsoids with a temperature."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..world.crowd import Member
from .cast import Cast, Places
from .ground import Ground, Local
from .line_kernel import line_is_clear
from .render import Renderer, Temperatures, View

EDGE_PX = 20.0
NEAR_M = 8_000.0
COLD_CABIN_K = 3.0
"""Body panels follow the air; the bonnet over the engine is what shows."""


@dataclass(frozen=True)
class Part:
    """One ellipsoid of a figure: centre ahead of the middle and above the feet, half axes, metres; its warmth, K."""

    ahead_m: float
    up_m: float
    half_length_m: float
    half_breadth_m: float
    half_height_m: float
    warmer_k: float


def parts_of(member: Member) -> tuple[Part, ...]:
    """The ellipsoids of a body, main one first: one, or for a vehicle its cold cabin and its hot bonnet."""
    length, breadth, height = member.length_m, member.width_m, member.height_m
    if member.kind != "vehicle":
        return (Part(0.0, height / 2, length / 2, breadth / 2, height / 2, member.temp_excess_c),)
    cabin = Part(-0.15 * length, 0.55 * height, 0.38 * length, 0.47 * breadth, 0.5 * height, COLD_CABIN_K)
    bonnet = Part(0.35 * length, 0.42 * height, 0.16 * length, 0.42 * breadth, 0.27 * height, member.temp_excess_c)
    return cabin, bonnet


@dataclass(frozen=True)
class Seen:
    """One member in a picture: its number in the cast, its middle in the image, whole silhouette (pixels), whether
    the ground leaves half the body in sight, warmth over its surroundings, slant range, feet's AMSL."""

    number: int
    column_px: float
    row_px: float
    area_px: float
    los_half: bool
    contrast_k: float
    slant_range_m: float
    amsl_m: float


class Figures:
    """Draws a cast."""

    def __init__(self, cast: Cast, ground: Ground) -> None:
        self.cast, self.ground = cast, ground
        self.parts = tuple(parts_of(member) for member in cast.members)
        self.half_height = np.array([member.height_m / 2 for member in cast.members])

    def render(
        self, renderer: Renderer, view: View, local: Local, places: Places, temperatures: Temperatures
    ) -> list[Seen]:
        """Paint who is in the picture and say how they show."""
        numbers, offsets, feet = self._in_frame(renderer, view, local, places)
        if not len(numbers):
            return []
        warmth = temperatures.at(places.x_m[numbers], places.y_m[numbers])
        rows, owner = self._parts(numbers, offsets, places, warmth)
        drawn = renderer.add_bodies(view, rows)
        return [
            seen
            for k, number in enumerate(numbers)
            if (
                seen := self._seen(
                    renderer, view, local, places, int(number), offsets[k], feet[k], rows, drawn, owner == k
                )
            )
            is not None
        ]

    def _in_frame(
        self, renderer: Renderer, view: View, local: Local, places: Places
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Numbers, middles in the tangent frame (n, 3), feet AMSL of those whose middle is near the picture."""
        span = np.maximum(np.abs(places.x_m - view.camera[0]), np.abs(places.y_m - view.camera[1]))
        near = np.flatnonzero(places.present & (span < NEAR_M))
        feet = self.ground.heights_at(places.x_m[near], places.y_m[near])
        middle = feet + self.half_height[near]
        offsets = self.ground.offsets(places.x_m[near], places.y_m[near], middle, view.camera, local)
        column, row, depth = project(offsets, view, renderer.ranges.shape)
        height, width = renderer.ranges.shape
        keep = (depth > 5.0) & (np.abs(column - width / 2) < width / 2 + EDGE_PX)
        keep &= np.abs(row - height / 2) < height / 2 + EDGE_PX
        return near[keep], offsets[keep], feet[keep]

    def _parts(
        self, numbers: NDArray[np.int64], offsets: NDArray[np.float64], places: Places, warmth: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Ellipsoid rows (m, 9) for the kernel, and which of `numbers` each belongs to."""
        rows, owner = [], []
        for k, number in enumerate(numbers):
            c, s = math.cos(places.yaw_rad[number]), math.sin(places.yaw_rad[number])
            for part in self.parts[number]:
                x, y, up = offsets[k]
                warm = warmth[k] + part.warmer_k
                rows.append(
                    (
                        x + c * part.ahead_m, y + s * part.ahead_m, up - self.half_height[number] + part.up_m,
                        part.half_length_m, part.half_breadth_m, part.half_height_m, c, s, warm,
                    )
                )  # fmt: skip
                owner.append(k)
        return np.array(rows), np.array(owner)

    def _seen(
        self,
        renderer: Renderer,
        view: View,
        local: Local,
        places: Places,
        number: int,
        offset: NDArray[np.float64],
        feet_amsl_m: float,
        rows: NDArray[np.float64],
        drawn: NDArray[np.float64],
        own: NDArray[np.bool_],
    ) -> Seen | None:
        """How a member shows; None when its middle is outside the picture."""
        height, width = renderer.ranges.shape
        column, row, _ = (float(v[0]) for v in project(offset[None], view, renderer.ranges.shape))
        if not (-0.5 <= column < width - 0.5 and -0.5 <= row < height - 0.5):
            return None
        contrast = (rows[own, 8] - drawn[own, 4])[np.argmax(np.abs(rows[own, 8] - drawn[own, 4]))]
        return Seen(
            number=number,
            column_px=column,
            row_px=row,
            area_px=float(drawn[own, 2].sum()),
            los_half=self._clear(view, local, places, number, offset),
            contrast_k=float(contrast),
            slant_range_m=float(np.linalg.norm(offset)),
            amsl_m=float(feet_amsl_m),
        )

    def _clear(self, view: View, local: Local, places: Places, number: int, offset: NDArray[np.float64]) -> bool:
        """Line of sight to half the body over the truth terrain."""
        ground = self.ground
        scale = local.scale0 + local.scale1 * view.camera[2]
        return bool(
            line_is_clear(
                ground.height_amsl_m, ground.cell_m, ground.origin_x_m, ground.origin_y_m, np.array(view.camera),
                places.x_m[number], places.y_m[number], offset[2], scale, local.drop_per_m, local.tilt_x, local.tilt_y,
            )
        )  # fmt: skip


def project(
    offsets: NDArray[np.float64], view: View, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Column, row, depth of points in the tangent frame; behind the camera the depth is <= 0."""
    seen = offsets @ view.axes.T
    depth = seen[:, 2]
    safe = np.where(depth > 0.1, depth, 0.1)
    height, width = shape
    column = (width - 1) * 0.5 + view.focal_px * seen[:, 0] / safe
    row = (height - 1) * 0.5 + view.focal_px * seen[:, 1] / safe
    return column, row, depth
