"""The result of a group of blocks, and its serialized form, which restores exactly the same values."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from geoml.features import Building
from geoml.stitching import Detection

FORMAT = "fairway-portion/1"


class CorruptResult(ValueError):
    """The bytes are not a complete serialized result."""


@dataclass
class BlockResult:
    """`complete` buildings lie inside their block; `cut` detections may continue in another. In pixels of the grid."""

    complete: list[Building] = field(default_factory=list)
    cut: list[Detection] = field(default_factory=list)


def serialize(result: BlockResult) -> bytes:
    """Returns a compressed .npz file. Outlines are WKB, which keeps every bit; the archive holds checksums."""
    complete, cut, buffer = result.complete, result.cut, io.BytesIO()
    arrays: dict[str, Any] = {
        "format": FORMAT,
        "confidence": np.array([b.confidence for b in complete], np.float64),
        **_wkb("outline", [b.outline for b in complete]),
        **_wkb("whole", [d.whole for d in cut]),
        **_wkb("core", [d.core for d in cut]),
        "window": np.array([d.window.bounds for d in cut], np.float64).reshape(-1, 4),
        "pixels": np.array([d.pixels for d in cut], np.int64),
        "probability": np.array([d.probability for d in cut], np.float64),
    }
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def deserialize(content: bytes) -> BlockResult:
    """Restores what `serialize` wrote. Raises CorruptResult for any other bytes."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _result(dict(arrays))
    except (
        ValueError,
        KeyError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        shapely.GEOSException,
    ) as error:
        raise CorruptResult("not a complete result") from error


def _result(arrays: dict[str, NDArray]) -> BlockResult:
    if str(arrays["format"]) != FORMAT:
        raise CorruptResult("another format")
    complete = zip(_shapes(arrays, "outline"), arrays["confidence"].tolist(), strict=True)
    windows = shapely.box(*arrays["window"].T)
    numbers = arrays["pixels"].tolist(), arrays["probability"].tolist()
    cut = zip(_shapes(arrays, "whole"), _shapes(arrays, "core"), windows, *numbers, strict=True)
    return BlockResult([Building(*one) for one in complete], [Detection(*one) for one in cut])


def _wkb(name: str, shapes: Sequence[Geometry]) -> dict[str, NDArray]:
    """All geometries as one array of bytes, and the length of each."""
    texts: list[bytes] = [shapely.to_wkb(shape) for shape in shapes]
    lengths = np.array([len(text) for text in texts], np.int64)
    return {name: np.frombuffer(b"".join(texts), np.uint8), f"{name}_lengths": lengths}


def _shapes(arrays: dict[str, NDArray], name: str) -> NDArray:
    content, ends = arrays[name].tobytes(), np.cumsum(arrays[f"{name}_lengths"])
    starts = [0, *ends[:-1]]
    return shapely.from_wkb([content[start:end] for start, end in zip(starts, ends, strict=False)])
