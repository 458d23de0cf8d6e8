"""Waits that say what they wait for, again and again, so that a slow machine is seen to be at work."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

EVERY = 10.0


@contextmanager
def step(words: str) -> Iterator[None]:
    """As `told`; says before what is done, and afterwards how long it took."""
    started = time.monotonic()
    print(f"{words} ...", file=sys.stderr, flush=True)
    with told(words):
        yield
    print(f"  done in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)


@contextmanager
def told(words: str, every: float = EVERY) -> Iterator[None]:
    """While the block runs, `words` and the seconds so far go to standard error every `every` seconds."""
    started, ended = time.monotonic(), threading.Event()

    def tell() -> None:
        while not ended.wait(every):
            print(f"  {words}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()
