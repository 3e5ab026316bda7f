"""What the core process tells the console, and what it hears from it: the server side of the core's link."""

from .book import Book, Decided, book_of
from .live import Door, Live
from .night import Scene, night_of

__all__ = ["Book", "Decided", "Door", "Live", "Scene", "book_of", "night_of"]
