"""`python -m stack.preforked <folder> <room>...` imports the rooms and forks the children of the folder. Linux only."""

import gc
import importlib
import logging
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own threads would not survive a fork
LIBRARIES = (
    "kit.cli", "kit.messaging.delivery.subscribers", "prometheus_client.multiprocess", "uvicorn.lifespan.off",
    "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto", "encodings.idna",
)  # fmt: skip
"""What every room imports later, when it opens."""


def main(folder: Path, rooms: list[str]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    gc.disable()
    for module in (*LIBRARIES, *(f"{room}.main" for room in rooms)):
        warm_up = getattr(importlib.import_module(module), "warm_up", None)
        if warm_up:
            warm_up()
    from stack.preforked.full_pools import fill
    from stack.preforked.own_metrics import metrics_of
    from stack.preforked.parent import Parent, threads

    if threads() > 1:
        logging.error("%s threads after the imports: a fork would leave their locks held", threads())
        os._exit(1)
    metrics = metrics_of(rooms)
    gc.collect()
    filled = fill()
    gc.freeze()
    Parent(folder, metrics).run()
    del filled


main(Path(sys.argv[1]), sys.argv[2:])
