"""The words: records, ids, times and errors that every room speaks. Stdlib and msgspec only."""
