"""Ten million samples of one channel, the windows that are asked for, and their bins."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

N, DAYS, BINS = 10_000_000, 35, 1_000
DAY = 86_400 * 10**9
START = 1_700_000_000 // 86_400 * DAY
WINDOWS = {"whole range": (START, START + DAYS * DAY), "one day": (START + 17 * DAY, START + 18 * DAY)}


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Returns times that jitter by a millisecond, and a random walk."""
    chance = np.random.default_rng(12)
    step = DAYS * DAY // N
    times = START + np.arange(N, dtype=np.int64) * step + chance.integers(0, 1_000_000, N)
    return times, np.cumsum(chance.normal(size=N))


def write_parquet(folder: Path, times: np.ndarray, numbers: np.ndarray) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"ts": times, "number": numbers}), folder / "samples.parquet")


def bin_width(span: Sequence[int]) -> int:
    """Returns nanoseconds."""
    from notify.channels.curves.domain import width_of

    return width_of(span[0], span[1], BINS)
