"""The only place that names concrete adapters: composition, settings, command line."""
