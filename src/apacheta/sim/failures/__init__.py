"""A world in which things fail: aircraft that lose their engine, their way or their mind are flown to the ground.

It shares no code with the containment proof, which it tests: its own air, wind, aircraft and integrator.
"""

from .draws import Cause, Setting, causes_of, draw
from .flight import Outcome, Terrain, fly

__all__ = ["Cause", "Outcome", "Setting", "Terrain", "causes_of", "draw", "fly"]
