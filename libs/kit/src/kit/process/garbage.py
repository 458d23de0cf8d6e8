"""Keeps a process as small after a million messages as after the first ones."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
MANY = 500_000
"""Objects that one large message may make before Python looks for cycles among them."""
_at_work = 0


def freeze_start_up() -> None:
    """Exempts all objects that exist now from garbage collection: modules, routes and schemas stay until the end.

    Python collects the oldest generation only once a quarter as many objects have joined it as survived there last
    time. With the 200,000 objects of a service's start, the cycles of 50,000 finished requests would wait that long.
    The second collection makes Python forget that count.
    """
    gc.collect()
    gc.freeze()
    gc.collect()


@contextmanager
def rare_collections() -> Iterator[None]:
    """For work that makes many objects at once: at its usual threshold of 700 Python looks through all of them again
    and again while they become more, which takes longer than the work itself. Works may overlap."""
    global _at_work
    if not _at_work:
        gc.set_threshold(MANY, *USUAL[1:])
    _at_work += 1
    try:
        yield
    finally:
        _at_work -= 1
        if not _at_work:
            gc.set_threshold(*USUAL)
