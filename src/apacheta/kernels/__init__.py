"""The loops: numba, arrays in, arrays out, no words of ours. Each module says its units and shapes."""
