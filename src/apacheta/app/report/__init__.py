"""The night's report: one HTML file that a commander and a parliament can read, print and check.

`render(report, language)` takes everything in a `NightReport` and gives the page as text. The page asks nothing of
any network: styles and pictures are inside.
"""

from .night import (
    AlertCard,
    Area,
    Flight,
    Ground,
    Health,
    Line,
    LogState,
    NightReport,
    Score,
    Spot,
    Unseen,
)
from .page import render

__all__ = [
    "AlertCard",
    "Area",
    "Flight",
    "Ground",
    "Health",
    "Line",
    "LogState",
    "NightReport",
    "Score",
    "Spot",
    "Unseen",
    "render",
]
