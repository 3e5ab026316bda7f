"""Rotations: north-east-down bodies, camera axes, and the angles that metadata carries.

A rotation matrix here has the body's axes (forward, right, down) as columns in NED: R = Rz(yaw) Ry(pitch) Rx(roll).
Camera axes are three rows (right, down, forward), in NED or in the grid-aligned tangent frame (x, y, up).
"""

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def rotation_of(yaw_deg: float, pitch_deg: float, roll_deg: float) -> Matrix:
    """Rz(yaw) Ry(pitch) Rx(roll), 3 x 3."""
    cy, sy = math.cos(math.radians(yaw_deg)), math.sin(math.radians(yaw_deg))
    cp, sp = math.cos(math.radians(pitch_deg)), math.sin(math.radians(pitch_deg))
    cr, sr = math.cos(math.radians(roll_deg)), math.sin(math.radians(roll_deg))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def angles_of(rotation: Matrix) -> tuple[float, float, float]:
    """Yaw in [0, 360), pitch, roll in degrees of a rotation matrix: the inverse of `rotation_of`."""
    yaw = math.degrees(math.atan2(rotation[1, 0], rotation[0, 0])) % 360.0
    pitch = math.degrees(math.asin(max(-1.0, min(1.0, -rotation[2, 0]))))
    roll = math.degrees(math.atan2(rotation[2, 1], rotation[2, 2]))
    return yaw, pitch, roll


def relative_angles(sight_ned: Matrix, platform_ned: Matrix) -> tuple[float, float, float]:
    """ST 0601 items 18-20 (azimuth, elevation, roll; degrees) of a line of sight seen from the platform."""
    return angles_of(platform_ned.T @ sight_ned)


def grid_axes(sight_ned: Matrix, convergence_deg: float) -> Matrix:
    """Camera axes (rows right, down, forward) in the grid-aligned tangent frame (x, y, up) at the camera.

    `convergence_deg` is how far grid north lies clockwise of true north there.
    """
    c, s = math.cos(math.radians(convergence_deg)), math.sin(math.radians(convergence_deg))
    to_grid = np.array([[-s, c, 0.0], [c, s, 0.0], [0.0, 0.0, -1.0]])  # grid x, grid y, up from north, east, down
    right, down, forward = sight_ned[:, 1], sight_ned[:, 2], sight_ned[:, 0]
    return np.ascontiguousarray((to_grid @ np.stack([right, down, forward], axis=1)).T)
