import socket
import sys

BACKLOG = 2048


def open_socket(host: str, port: int) -> socket.socket:
    """Exits with a message when the address is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        sys.exit(f"gateway: cannot listen on {host}:{port}: {error.strerror}")
    listener.set_inheritable(True)
    return listener
