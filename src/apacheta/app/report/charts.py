"""Charts of the night: heights flown, when what happened, how seen ground grew, what was not seen."""

import math
from datetime import UTC, datetime

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from apacheta.core.instant import NS

from ..texts import Texts
from .ink import FULL_WIDTH_IN, ORANGE, SKY, YELLOW, Ink, figure, picture, quiet
from .night import Flight, NightReport, Unseen

_MOST_PROFILES = 4


def shares_of(unseen: Unseen) -> list[tuple[str, float]]:
    """The own side split by what became of it, in km2, best first; the first is what was seen."""
    parts = [
        ("too_short", unseen.too_short_km2),
        ("too_coarse", unseen.too_coarse_km2),
        ("hidden", unseen.hidden_km2),
        ("masked", unseen.masked_km2),
        ("never_in_frame", unseen.never_in_frame_km2),
    ]
    seen = unseen.own_side_km2 - sum(area for _, area in parts)
    return [("seen", max(0.0, seen)), *parts]


def profiles(report: NightReport, ink: Ink, texts: Texts) -> str | None:
    """Height flown against terrain, one panel a sortie (the first four); None when nothing was flown."""
    flights = [f for f in report.flights if len(f.x_m) > 1][:_MOST_PROFILES]
    if not flights:
        return None
    panel_in = 1.75
    drawn = figure(ink, FULL_WIDTH_IN, panel_in * len(flights) + 0.1)
    panels = drawn.subplots(len(flights), 1, squeeze=False)[:, 0]
    drawn.subplots_adjust(
        left=0.085,
        right=0.97,
        top=1 - 0.25 / (panel_in * len(flights)),
        bottom=0.4 / (panel_in * len(flights)),
        hspace=0.55,
    )
    for axes, flight in zip(panels, flights, strict=True):
        _profile(axes, flight, report.plan.clearance_required_m, ink, texts)
    panels[-1].set_xlabel(texts("report.chart.along_km"), fontsize=7, color=ink.text)
    return picture(drawn)


def _profile(axes: Axes, flight: Flight, clearance_m: float | None, ink: Ink, texts: Texts) -> None:
    quiet(axes, ink, grid="y")
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(flight.x_m), np.diff(flight.y_m)))]) / 1000.0
    known = np.concatenate([flight.ground_m, flight.height_m])
    floor = float(np.min(known[np.isfinite(known)], initial=np.inf)) - 60.0
    if not np.isfinite(floor):
        return
    axes.fill_between(along, floor, flight.ground_m, color=ink.faint, alpha=0.45, linewidth=0)
    if clearance_m is not None:
        axes.plot(along, flight.ground_m + clearance_m, color=ORANGE, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.plot(along, flight.height_m, color=ink.flown, linewidth=1.2)
    axes.set_xlim(0, max(float(along[-1]), 0.1))
    axes.set_ylim(floor, None)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    _plain_numbers(axes, texts)
    title = texts("report.chart.profile", sortie=flight.sortie, aircraft=flight.aircraft)
    axes.set_title(title, fontsize=7.5, color=ink.text, loc="left", pad=4)
    axes.set_ylabel(texts("report.chart.height_m"), fontsize=7, color=ink.text)


def timeline(report: NightReport, ink: Ink, texts: Texts) -> str:
    """One bar a sortie, alerts above by number."""
    rows = list(report.flights)
    height_in = 0.95 + 0.22 * max(1, len(rows))
    drawn = figure(ink, FULL_WIDTH_IN, height_in)
    axes = drawn.add_axes((0.13, 0.42 / height_in, 0.84, 1 - 0.47 / height_in))
    quiet(axes, ink, grid="x")
    for row, flight in enumerate(rows):
        start, end = int(flight.utc_ns[0]) / NS, int(flight.utc_ns[-1]) / NS
        axes.barh(-row, end - start, left=start, height=0.5, color=ink.flown)
    _alert_marks(axes, report, ink)
    axes.set_yticks([1.0, *(-r for r in range(len(rows)))], [texts("report.chart.alerts"), *(f.sortie for f in rows)])
    axes.set_ylim(-max(1, len(rows)) + 0.4, 1.9)
    _hours(axes, report, ink)
    return picture(drawn)


def _alert_marks(axes: Axes, report: NightReport, ink: Ink) -> None:
    span = max(1.0, (report.end_utc_ns - report.start_utc_ns) / NS)
    taken: list[float] = []
    for number, card in enumerate(report.alerts, start=1):
        at = card.alert.utc_ns / NS
        crowd = sum(abs(at - other) < 0.02 * span for other in taken)
        taken.append(at)
        axes.plot([at, at], [0.45 - len(report.flights), 0.75], color=ink.alert, linewidth=0.5, alpha=0.5, zorder=1)
        axes.plot([at], [1.0], "o", color=ink.alert, markersize=8.5, markeredgecolor=ink.halo, zorder=5 + number)
        if crowd < 1:
            axes.text(
                at,
                1.0,
                str(number),
                fontsize=5.5,
                weight="bold",
                color="white",
                ha="center",
                va="center_baseline",
                zorder=5.5 + number,
            )


def growth(report: NightReport, ink: Ink, texts: Texts) -> str | None:
    """Seen ground over the night, with what was planned; None when nothing was noted."""
    if len(report.seen_utc_ns) < 2:
        return None
    drawn = figure(ink, FULL_WIDTH_IN, 1.9)
    axes = drawn.add_axes((0.085, 0.22, 0.885, 0.7))
    quiet(axes, ink, grid="y")
    seconds = report.seen_utc_ns.astype(np.float64) / NS
    axes.fill_between(seconds, 0, report.seen_km2, color=ink.seen, alpha=0.3, linewidth=0, step="post")
    axes.step(seconds, report.seen_km2, where="post", color=ink.seen, linewidth=1.3)
    planned = report.plan.planned_km2
    axes.axhline(planned, color=ink.planned, linewidth=0.8, linestyle=(0, (5, 2)))
    axes.annotate(
        texts("report.chart.planned_km2", km2=texts.number(planned, 1)),
        (0.995, planned),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        fontsize=6.5,
        color=ink.text,
    )
    axes.set_ylim(0, 1.18 * max(planned, float(np.max(report.seen_km2)), 0.1))
    axes.set_ylabel("km²", fontsize=7, color=ink.text)
    _plain_numbers(axes, texts, decimals=None)
    _hours(axes, report, ink)
    return picture(drawn)


def not_seen(report: NightReport, ink: Ink, texts: Texts) -> str:
    """The own side as one bar, split by cause."""
    drawn = figure(ink, FULL_WIDTH_IN, 0.95)
    axes = drawn.add_axes((0.0, 0.62, 1.0, 0.33))
    colours = {
        "seen": ink.seen,
        "too_short": YELLOW,
        "too_coarse": ORANGE,
        "hidden": SKY,
        "masked": ink.text,
        "never_in_frame": ink.faint,
    }
    hatches = {"too_short": "//", "too_coarse": "\\\\", "hidden": "xx"}
    left = 0.0
    for cause, area in shares_of(report.unseen):
        if area <= 0:
            continue
        axes.barh(
            0,
            area,
            left=left,
            color=colours[cause],
            hatch=hatches.get(cause),
            edgecolor=ink.paper,
            linewidth=0.6,
            label=f"{texts('report.unseen.' + cause)}: {texts.number(area, 2)} km²",
        )
        left += area
    axes.set_xlim(0, max(left, 1e-6))
    axes.axis("off")
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.1),
        ncols=3,
        fontsize=6.5,
        frameon=False,
        labelcolor=ink.text,
        borderaxespad=0,
    )
    return picture(drawn)


def _plain_numbers(axes: Axes, texts: Texts, decimals: int | None = 0) -> None:
    def show(value: float, _: int) -> str:
        places = decimals if decimals is not None else (0 if value == round(value) else 1)
        return texts.number(value, places)

    axes.yaxis.set_major_formatter(FuncFormatter(show))


def _hours(axes: Axes, report: NightReport, ink: Ink) -> None:
    """UTC along the bottom, at steps of whole minutes that give four to nine figures."""
    start, end = report.start_utc_ns / NS, max(report.end_utc_ns / NS, report.start_utc_ns / NS + 1.0)
    steps_s = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
    step = next((s for s in steps_s if (end - start) / s <= 9), steps_s[-1])
    ticks = np.arange(math.ceil(start / step) * step, end + 1e-6, step)
    axes.set_xlim(start, end)
    axes.set_xticks(ticks, [datetime.fromtimestamp(t, tz=UTC).strftime("%H:%M") for t in ticks])
    axes.set_xlabel("UTC", fontsize=7, color=ink.text)
