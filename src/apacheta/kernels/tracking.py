"""Loops of ground tracking: a constant-velocity Kalman filter over many tracks, and gated distances.

State (x, vx, y, vy) in metres and metres per second. Process noise is white acceleration of density q, m^2/s^3
(Bar-Shalom, Li, Kirubarajan 2001, section 6.2.2).
"""

import math

import numpy as np
from numba import njit


@njit(["void(f8[:,::1], f8[:,:,::1], f8, f8)"], cache=True, nogil=True, error_model="numpy")
def predict(state, covariance, dt_s, density):
    """Moves every track dt_s forward, in place. state (n, 4), covariance (n, 4, 4)."""
    for i in range(state.shape[0]):
        p = covariance[i]
        for a in (0, 2):
            state[i, a] += dt_s * state[i, a + 1]
            for c in range(4):
                p[a, c] += dt_s * p[a + 1, c]
        for a in (0, 2):
            for r in range(4):
                p[r, a] += dt_s * p[r, a + 1]
        for a in (0, 2):
            p[a, a] += density * dt_s**3 / 3
            p[a, a + 1] += density * dt_s**2 / 2
            p[a + 1, a] += density * dt_s**2 / 2
            p[a + 1, a + 1] += density * dt_s


@njit(["void(f8[:,::1], f8[:,:,::1], i8[::1], f8[:,::1], f8[:,:,::1])"], cache=True, nogil=True, error_model="numpy")
def update(state, covariance, tracks, measured, noise):
    """Corrects track tracks[k] by position measured[k] (n, 2) with noise[k] (n, 2, 2), in place; Joseph's form."""
    gain = np.empty((4, 2))
    for k in range(tracks.shape[0]):
        i = tracks[k]
        p = covariance[i].copy()
        s00 = p[0, 0] + noise[k, 0, 0]
        s01 = p[0, 2] + noise[k, 0, 1]
        s11 = p[2, 2] + noise[k, 1, 1]
        det = s00 * s11 - s01 * s01
        y0 = measured[k, 0] - state[i, 0]
        y1 = measured[k, 1] - state[i, 2]
        for a in range(4):
            gain[a, 0] = (p[a, 0] * s11 - p[a, 2] * s01) / det
            gain[a, 1] = (p[a, 2] * s00 - p[a, 0] * s01) / det
        for a in range(4):
            state[i, a] += gain[a, 0] * y0 + gain[a, 1] * y1
        # (I - K H) P (I - K H)' + K R K'
        left = np.empty((4, 4))
        for a in range(4):
            for b in range(4):
                left[a, b] = p[a, b] - gain[a, 0] * p[0, b] - gain[a, 1] * p[2, b]
        for a in range(4):
            for b in range(4):
                joseph = left[a, b] - left[a, 0] * gain[b, 0] - left[a, 2] * gain[b, 1]
                for c in range(2):
                    for d in range(2):
                        joseph += gain[a, c] * noise[k, c, d] * gain[b, d]
                covariance[i, a, b] = joseph
        for a in range(4):
            for b in range(a):
                mean = 0.5 * (covariance[i, a, b] + covariance[i, b, a])
                covariance[i, a, b] = mean
                covariance[i, b, a] = mean


@njit(
    ["void(f8[:,::1], f8[:,:,::1], f8[:,::1], f8[:,:,::1], f8, f8[:,::1], f8[:,::1])"],
    cache=True,
    nogil=True,
    error_model="numpy",
)
def gated_costs(state, covariance, measured, noise, gate, squared, cost):
    """Fills, for every (track, plot): squared Mahalanobis distance, and the cost d^2 + ln det S; inf outside the gate.

    Every pair is tried: a frame gives at most some tens of plots and tracks.
    """
    for i in range(state.shape[0]):
        for k in range(measured.shape[0]):
            s00 = covariance[i, 0, 0] + noise[k, 0, 0]
            s01 = covariance[i, 0, 2] + noise[k, 0, 1]
            s11 = covariance[i, 2, 2] + noise[k, 1, 1]
            det = s00 * s11 - s01 * s01
            y0 = measured[k, 0] - state[i, 0]
            y1 = measured[k, 1] - state[i, 2]
            d = (s11 * y0 * y0 - 2 * s01 * y0 * y1 + s00 * y1 * y1) / det
            inside = det > 0 and d <= gate
            squared[i, k] = d if inside else math.inf
            cost[i, k] = d + math.log(det) if inside else math.inf


@njit(["f8[::1](f8[:,::1])"], cache=True, nogil=True, error_model="numpy")
def straight_fit(hits):
    """Least-squares straight motion through hits (n >= 3, 3) of (time_s, x_m, y_m).

    Returns [vx, vy, scatter_m (residual deviation per axis), span_s, moved_m along the fit, bow_m]: bow is how far the
    middle third lies off the chord of the outer thirds.
    """
    n = hits.shape[0]
    out = np.zeros(6)
    if n < 3:
        return out
    mt = mx = my = 0.0
    for k in range(n):
        mt += hits[k, 0]
        mx += hits[k, 1]
        my += hits[k, 2]
    mt /= n
    mx /= n
    my /= n
    stt = stx = sty = 0.0
    for k in range(n):
        t = hits[k, 0] - mt
        stt += t * t
        stx += t * (hits[k, 1] - mx)
        sty += t * (hits[k, 2] - my)
    if stt <= 0:
        return out
    vx = stx / stt
    vy = sty / stt
    total = 0.0
    for k in range(n):
        t = hits[k, 0] - mt
        total += (hits[k, 1] - mx - vx * t) ** 2 + (hits[k, 2] - my - vy * t) ** 2
    span = hits[n - 1, 0] - hits[0, 0]
    out[0] = vx
    out[1] = vy
    out[2] = math.sqrt(total / max(2 * n - 4, 1))
    out[3] = span
    out[4] = math.sqrt(vx * vx + vy * vy) * span
    third = n // 3
    if third >= 1:
        bx = by = 0.0
        for k in range(third):
            bx -= 0.5 * (hits[k, 1] + hits[n - 1 - k, 1]) / third
            by -= 0.5 * (hits[k, 2] + hits[n - 1 - k, 2]) / third
            middle = (n - third) // 2 + k
            bx += hits[middle, 1] / third
            by += hits[middle, 2] / third
        out[5] = math.sqrt(bx * bx + by * by)
    return out
