"""The simulated night: `NightSimulator(...).run()` yields what aircraft over the truth would send; `serve` sends it."""

from .cast import Cast
from .ground import Ground
from .night import NightSimulator, Tick
from .process import FixDatagrams, serve

__all__ = ["NightSimulator", "Tick", "serve", "FixDatagrams", "Cast", "Ground"]
