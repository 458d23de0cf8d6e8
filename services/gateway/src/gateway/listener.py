import socket
import sys

BACKLOG = 2048


def bound(host: str, port: int) -> socket.socket:
    """Ends the process with a sentence when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.exit(f"gateway: cannot listen on {host}:{port}: {error.strerror}")
    listener.set_inheritable(True)
    return listener
