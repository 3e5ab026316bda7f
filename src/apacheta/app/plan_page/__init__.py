"""plan.html: the night's plan as one page for people, with maps and height profiles inside."""

from .failures import failures_of
from .page import render_plan

__all__ = ["failures_of", "render_plan"]
