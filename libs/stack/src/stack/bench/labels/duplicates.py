"""Near duplicates: planted among generated pictures, and clusters of as many hashes as a large dataset has."""

import random
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from catalog.labelstore.datasets.domain import SIDES, SplitItem, split
from catalog.labelstore.datasets.duplicates import clusters
from catalog.labelstore.images.inspect import inspect
from stack.bench.rows import Row

LARGE = 124_000
SIZE = (320, 240)
KINDS = ("exact", "encoded again", "resized", "cropped around", "cropped at a corner")
SHARE = 0.5
"""Of the pictures that are copies."""


def duplicates(count: int = 20_000) -> list[Row]:
    """Each copy belongs to one original; a split by image must not part them."""
    hashes, digests, origins, kinds = _planted(count)
    found = clusters(hashes, digests)
    kept = [found[index] == found[origin] for index, origin in enumerate(origins)]
    exact = [good for good, kind in zip(kept, kinds, strict=True) if kind == "exact"]
    near = {kind: [good for good, one in zip(kept, kinds, strict=True) if one == kind] for kind in KINDS[1:]}
    share = sum(map(sum, near.values())) / max(sum(map(len, near.values())), 1) * 100
    apart = _separated(found, origins, kept)
    parts = ", ".join(f"{kind} {100 * sum(one) / max(len(one), 1):.1f} %" for kind, one in near.items())
    name = f"duplicates among {count:,} pictures"
    alone = len({found[index] for index, origin in enumerate(origins) if index == origin})
    originals = sum(index == origin for index, origin in enumerate(origins))
    return [
        Row(f"{name}: exact ones found", 100 * sum(exact) / max(len(exact), 1), "%", ">= 100", f"of {len(exact):,}"),
        Row(f"{name}: near ones found", round(share, 2), "%", ">= 95", parts),
        Row(f"{name}: on two sides of a split", apart, "", "<= 0", "of those that were found"),
        Row(f"{name}: originals taken for each other", originals - alone, "", None, f"of {originals:,}"),
        *_large(),
    ]  # fmt: skip


def _planted(count: int) -> tuple[list[int | None], list[str | None], list[int], list[str]]:
    """Returns hash, SHA-256, number of the original and kind of each picture."""
    dice, noise = random.Random(5), np.random.default_rng(5)
    hashes, digests, origins, kinds = [], [], [], []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture.jpg"
        while len(hashes) < count:
            original, first = _picture(noise), len(hashes)
            wanted = ["original"] + ([dice.choice(KINDS)] if dice.random() < 2 * SHARE else [])
            for kind in wanted[: count - first]:
                _saved(original, kind, path)
                about = inspect(iter([path.read_bytes()]))
                hashes.append(about.dhash)
                digests.append(about.sha256)
                origins.append(first)
                kinds.append(kind)
    return hashes, digests, origins, kinds


def _picture(noise: np.random.Generator) -> Image.Image:
    """Noise whose amplitude falls with its frequency, as that of photographs does."""
    width, height = SIZE
    frequency = np.hypot(np.fft.rfftfreq(width)[None], np.fft.fftfreq(height)[:, None])
    frequency[0, 0] = 1
    shape = frequency.shape
    values = np.fft.irfft2((noise.normal(size=shape) + 1j * noise.normal(size=shape)) / frequency, (height, width))
    scaled = (values - values.min()) / np.ptp(values) * 255
    return Image.fromarray(scaled.astype(np.uint8)).convert("RGB")


def _saved(original: Image.Image, kind: str, path: Path) -> None:
    width, height = original.size
    across, down = width // 50, height // 50
    made = {
        "resized": lambda: original.resize((width // 2, height // 2)),
        "cropped around": lambda: original.crop((across // 2, down // 2, width - across // 2, height - down // 2)),
        "cropped at a corner": lambda: original.crop((across, down, width, height)),
    }.get(kind, lambda: original)()
    made.save(path, "JPEG", quality=92 if kind in ("original", "exact") else 70)


def _separated(found: list[int], origins: list[int], kept: list[bool]) -> int:
    items = [SplitItem(index, f"image {index}", cluster) for index, cluster in enumerate(found)]
    sides = split(items, dict(zip(SIDES, (0.7, 0.15, 0.15), strict=True)), "seed")
    return sum(good and sides[index] != sides[origin]
               for index, (origin, good) in enumerate(zip(origins, kept, strict=True)))  # fmt: skip


def _large() -> list[Row]:
    noise = np.random.default_rng(7)
    frames = np.repeat(noise.integers(-(2**63), 2**63 - 1, LARGE // 1000), 1000)
    worst = frames ^ (np.int64(1) << noise.integers(0, 63, LARGE))
    rows = []
    for name, hashes in (("different", noise.integers(-(2**63), 2**63 - 1, LARGE)), ("frames of recordings", worst)):
        started = time.process_time()
        clusters(hashes.tolist(), [None] * LARGE)
        spent = time.process_time() - started
        rows.append(Row(f"clusters of {LARGE:,} hashes, {name}", round(spent, 1), "s CPU", "<= 30", _peak()))
    return rows


def _peak() -> str:
    return f"peak of the process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
