"""plan.html: the night's plan as one page for people, with maps and height profiles inside."""

from .failures import cost_of, failures_of
from .page import render_plan

__all__ = ["cost_of", "failures_of", "render_plan"]
