"""Named points where a test may kill the process: `FAIRWAY_FAILPOINTS=relay.acked,settle.committed:0.01`.

The number is the chance per pass (default 1). Without the variable nothing happens.
"""

import os
import random
import signal

_ARMED: dict[str, float] = {
    name: float(chance or 1)
    for name, _, chance in (item.partition(":") for item in os.environ.get("FAIRWAY_FAILPOINTS", "").split(",") if item)
}


def reach(name: str) -> None:
    """Kills this process with SIGKILL when the point `name` is armed."""
    if _ARMED and random.random() < _ARMED.get(name, 0.0):
        os.kill(os.getpid(), signal.SIGKILL)
