"""The backing servers as child processes, for the demo, development and tests; and sandbox third parties."""

from stack.processes import Daemon
from stack.run import down, status, up

__all__ = ["Daemon", "down", "status", "up"]
