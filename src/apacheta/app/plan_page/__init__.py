"""plan.html: the night's plan as one page for people, with maps and height profiles inside."""

from .failures import failures_of
from .openings import Unseen, passed
from .page import render_plan

__all__ = ["Unseen", "failures_of", "passed", "render_plan"]
