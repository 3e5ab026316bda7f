"""What the core process tells the console, and what it hears from it: the server side of the core's link."""

from .book import Book, Decided, book_of
from .gate import AreaGate
from .live import Door, Live
from .night import Scene, night_of
from .stream_scene import StreamScene, bounds_about
from .taps import GatedTap

__all__ = [
    "AreaGate",
    "Book",
    "Decided",
    "Door",
    "GatedTap",
    "Live",
    "Scene",
    "StreamScene",
    "book_of",
    "bounds_about",
    "night_of",
]
