"""Starts NATS anew when its health page stays bad, as a cluster's liveness probe would: a stream that met a full disk
takes nothing more until then, although there is space again.

`python -m stack.nats_supervisor`, a daemon of the home. A server that was stopped, or that says nothing at all, is left
alone: somebody may want it so.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from stack import pids
from stack.home import Home
from stack.nats import daemon, store
from stack.nats_health import has_room, problem

log = logging.getLogger("stack.nats_supervisor")
EVERY = 1.0
PATIENCE = 5.0
"""Seconds that the page is bad before the server is started anew."""


class Supervisor:
    """`again` stops the server and starts it. One that somebody else has started is left alone until it was well: it
    may still read what it had stored."""

    def __init__(self, port: int, store: Path, again: Callable[[], object]) -> None:
        self.port, self.store, self.again = port, store, again
        self._was_well, self._bad_since = True, float("inf")

    def run(self) -> None:
        while True:
            self.look()
            time.sleep(EVERY)

    def look(self) -> None:
        found = problem(self.port)
        if not found:
            self._was_well, self._bad_since = found is not None, float("inf")
        elif self._was_well:
            self._bad(found)

    def _bad(self, found: str) -> None:
        if self._bad_since == float("inf"):
            log.warning("NATS is not well: %s", found)
            self._bad_since = time.monotonic()
        if time.monotonic() - self._bad_since >= PATIENCE and has_room(self.store):
            log.warning("NATS is started anew")
            self.again()
            self._bad_since = float("inf")


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home = Home.default()
    server = daemon(home)

    def again() -> None:
        with home.locked("up"):
            if pids.find(home, server.name) and problem(home.port("nats-monitor")):
                server.stop()
                server.start()

    Supervisor(home.port("nats-monitor"), store(home), again).run()


if __name__ == "__main__":
    main()
