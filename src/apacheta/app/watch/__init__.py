"""`apacheta watch`: one stream through the chain; of a live one, the page. `command` is where it begins.

A recording, and a live stream without the page, are watched in the command's own process (`alone`). With the page the
command is a supervisor (`live`): it prepares (`prepare`), holds stream and sockets, and keeps the core (`core`), the
map's maker (`map_files`) and the console (`app.page`) running.
"""
