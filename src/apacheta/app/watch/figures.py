"""What a watch came to: figures, warnings, and whether anything could be watched at all."""

from typing import Any

import numpy as np

from ...core.errors import ErrorLine, InputFault
from ..answer import INTERRUPTED, Answer
from ..chain import Sample
from ..doctor import damage_lines
from .chain import WatchChain

PACKET_BYTES = 188


def figures_of(chain: WatchChain) -> dict[str, Any]:
    """What was watched so far, under the answer's keys."""
    totals, eye = chain.totals, chain.eye
    span_s = None if totals.pts_span_90k is None else (totals.pts_span_90k[1] - totals.pts_span_90k[0]) / 90_000
    rate_hz = (totals.frames - 1) / span_s if span_s and span_s > 0 else None
    return {
        "codec": None if chain.decoder is None else chain.decoder.codec,
        "width_px": totals.width_px,
        "height_px": totals.height_px,
        "frame_rate_hz": None if not rate_hz else round(rate_hz, 3),
        "duration_s": None if not rate_hz else round(totals.frames / rate_hz, 3),
        "frames": totals.frames,
        "frames_damaged": totals.frames_damaged,
        "metadata_packets": totals.metadata_packets,
        "metadata_rejected": totals.metadata_rejected,
        "standard": totals.standard,
        "standard_version": totals.standard_version,
        "frames_georeferenced": totals.frames_georeferenced,
        "height_reference": None if eye is None else eye.height_reference,
        "terrain_sha256": chain.terrain_sha256,
        "position_sigma_median_m": _median(totals.sigmas_m),
        "frame_centre_disagreement_median_m": _median(totals.centre_disagreements_m),
        "footprint_km2": None if totals.footprint is None else round(_area_km2(totals.footprint.ring), 6),
        "seen_km2": None if eye is None or eye.seen is None else round(eye.seen.seen_km2(), 4),
        "plots": totals.plots,
        "tracks": len(totals.tracks),
    }


def judge(answer: Answer, chain: WatchChain) -> None:
    """Nothing decoded: exit 3, but where a person ended it; with any frame it is 0, whatever the warnings say."""
    if chain.totals.frames == 0 and answer.exit_code != INTERRUPTED:
        text = "no frame of video could be decoded."
        raise InputFault("no_video", text, file=answer.body["source"], remedy="Run `apacheta doctor video` on it.")


def warnings_of(chain: WatchChain, ended: bool) -> list[ErrorLine]:
    """What was wrong with the stream and was survived, a line for each kind; what its end shows, with `ended`."""
    totals, stats = chain.totals, chain.demuxer.stats
    trailing = max(0, chain.taken_bytes - stats.packets * PACKET_BYTES - stats.skipped_bytes) if ended else 0
    lines = damage_lines(stats, chain.decoder.stats if chain.decoder else None, trailing)
    if totals.metadata_rejected:
        text = f"{totals.metadata_rejected} metadata sets were not used: a wrong checksum, or broken"
        lines.append(ErrorLine(code="metadata_rejected", text=text))
    if ended and totals.frames and not totals.frames_georeferenced:
        none = totals.metadata_packets == 0
        text = f"{'no metadata came' if none else 'no usable pose came'}: no frame has a place on the ground"
        remedy = "Run `apacheta doctor video` on a recording: it says what the encoder must send."
        lines.append(ErrorLine(code="no_metadata" if none else "no_position", text=text, remedy=remedy))
    return lines


def _median(sample: Sample) -> float | None:
    values = sample.values()
    finite = values[np.isfinite(values)]
    return round(float(np.median(finite)), 3) if len(finite) else None


def _area_km2(ring: Any) -> float:
    from pyproj import Geod

    lon, lat = np.asarray(ring, dtype=float).T
    return abs(float(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])) / 1e6
