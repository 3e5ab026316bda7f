"""Apacheta: the ground software of an unarmed drone watch over mountain borders."""

__version__ = "0.1.0"
