"""Bytes to records and back, without IO."""
