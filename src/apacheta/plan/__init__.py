"""Where to fly and what would be seen: racetracks over the own side, drawn at random for every slot of the night.

`plan_night` (recipe.py) wires the parts: airspace (how low, how near), walkers (who would come which way), strips
(where to circle), sight (what the camera may show), looks (what it would see), routes and tours (how to get there and
home), menu (which strips are worth it), lottery (slots), draw (which tour, from a seed that is told after the flight).
"""

from .recipe import PlanResult, check_lift_off, plan_night

__all__ = ["PlanResult", "check_lift_off", "plan_night"]
