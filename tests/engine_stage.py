"""A supervisor to be run in a process of its own: `python engine_stage.py STATUS CHILDREN.json ENDING...`.

CHILDREN.json is a list of `Child` fields. It holds one UDP socket, whose port it prints; FD in a command is the
socket's descriptor, which every child inherits.
"""

import json
import sys
from pathlib import Path

from apacheta.app.engine import Child, Supervisor, held_port, udp_socket


def main() -> int:
    status, given, *ending = sys.argv[1:]
    sock = udp_socket()
    children = []
    for fields in json.loads(Path(given).read_text()):
        argv = tuple(word.replace("FD", str(sock.fileno())) for word in fields.pop("argv"))
        children.append(Child(argv=argv, descriptors=(sock.fileno(),), **fields))
    print(held_port(sock), flush=True)
    return int(Supervisor(children, ending=ending, status=Path(status)).run())


if __name__ == "__main__":
    sys.exit(main())
