"""A world behind the ports: terrain, people, aircraft and cameras of its own; it imports only core, formats, ports."""
