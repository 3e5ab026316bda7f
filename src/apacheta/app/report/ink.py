"""The report's colours and how a figure becomes a picture.

Okabe and Ito, "Color Universal Design" (2008): eight colours that people with any colour vision tell apart. Each
meaning has one colour on every map and chart, and a second sign (dash, hatch, shape) for print without colour.
"""

import base64
import io
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

ORANGE = "#e69f00"
SKY = "#56b4e9"
GREEN = "#009e73"
YELLOW = "#f0e442"
BLUE = "#0072b2"
VERMILION = "#d55e00"
PURPLE = "#cc79a7"

DPI = 160
FULL_WIDTH_IN = 7.4


@dataclass(frozen=True)
class Ink:
    """One theme: the same on paper and on a dark screen, but for which is ground and which is figure."""

    name: str
    paper: str
    text: str
    faint: str
    relief: tuple[float, float]
    """Grey of the darkest and the lightest slope of the hillshade."""
    contour: str
    planned: str
    flown: str
    seen: str
    alert: str
    halo: str
    veil: str


LIGHT = Ink(
    name="light",
    paper="#ffffff",
    text="#1b1e23",
    faint="#7b828c",
    relief=(0.60, 1.0),
    contour="#8a7f70",
    planned="#1b1e23",
    flown=BLUE,
    seen=GREEN,
    alert=VERMILION,
    halo="#ffffff",
    veil="#9a9a9a",
)
DARK = Ink(
    name="dark",
    paper="#14171b",
    text="#e4e6e9",
    faint="#8c939d",
    relief=(0.06, 0.34),
    contour="#7d766b",
    planned="#e4e6e9",
    flown=SKY,
    seen="#1fc496",
    alert="#ff8033",
    halo="#14171b",
    veil="#000000",
)
INKS = (LIGHT, DARK)


def figure(ink: Ink, width_in: float, height_in: float) -> Figure:
    """An empty figure on the theme's paper, drawn by Agg without any global state."""
    drawn = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor=ink.paper)
    FigureCanvasAgg(drawn)
    return drawn


def quiet(axes: Axes, ink: Ink, *, grid: Literal["x", "y"] | None = None) -> None:
    """Thin grey axes, small figures; `grid` is "x", "y" or none."""
    axes.set_facecolor(ink.paper)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(ink.faint)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(colors=ink.text, labelsize=7, width=0.6, length=3, color=ink.faint)
    if grid:
        axes.grid(axis=grid, color=ink.faint, alpha=0.25, linewidth=0.5)
    axes.set_axisbelow(True)


def picture(drawn: Figure) -> str:
    """The figure as a PNG data address."""
    store = io.BytesIO()
    drawn.savefig(store, format="png", facecolor=drawn.get_facecolor())
    return data_address(store.getvalue())


def data_address(image: bytes) -> str:
    """PNG or JPEG bytes as a data address, so that the page needs no second file."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode('ascii')}"
