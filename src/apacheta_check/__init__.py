"""Checks a containment certificate without a line of apacheta: `apacheta-check CERTIFICATE --plan P --sector S`.

Read in this order: `check` (what is held against what), `ground` (where border and ground are), `failures` (what an
aircraft does when something fails), `reach` (where it may come down), `files`. It needs numpy, and rasterio to read the
elevation model. docs/containment.md describes the certificate and says why the proof holds.
"""
