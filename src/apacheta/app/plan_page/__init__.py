"""plan.html: the night's plan as one page for people, with maps and height profiles inside."""

from .page import render_plan

__all__ = ["render_plan"]
