"""What some blocks of a layout hold, as a value and as bytes that give back exactly that value."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry

from geoml.features import Building
from geoml.seams import Finding

FORMAT = "fairway-portion/1"


class Torn(ValueError):
    """The bytes are not a whole portion."""


@dataclass
class Portion:
    """Buildings that are clean, and findings of which another block may know more; in pixels of the grid."""

    ready: list[Building] = field(default_factory=list)
    cut: list[Finding] = field(default_factory=list)


def pack(portion: Portion) -> bytes:
    """Outlines as WKB, which keeps every bit. A checksum of each array comes with the archive."""
    ready, cut, buffer = portion.ready, portion.cut, io.BytesIO()
    np.savez_compressed(
        buffer,
        format=FORMAT,
        confidence=np.array([b.confidence for b in ready], np.float64),
        **_wkb("outline", [b.outline for b in ready]),
        **_wkb("whole", [f.whole for f in cut]),
        **_wkb("core", [f.core for f in cut]),
        view=np.array([f.view.bounds for f in cut], np.float64).reshape(-1, 4),
        pixels=np.array([f.pixels for f in cut], np.int64),
        probability=np.array([f.probability for f in cut], np.float64),
    )
    return buffer.getvalue()


def unpack(content: bytes) -> Portion:
    """Raises Torn."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _portion(dict(arrays))
    except (
        ValueError,
        KeyError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zipfile.zlib.error,
        shapely.GEOSException,
    ) as e:
        raise Torn("not a whole portion") from e


def _portion(arrays: dict[str, NDArray]) -> Portion:
    if str(arrays["format"]) != FORMAT:
        raise Torn("another format")
    ready = zip(_shapes(arrays, "outline"), arrays["confidence"].tolist(), strict=True)
    views = shapely.box(*arrays["view"].T)
    numbers = arrays["pixels"].tolist(), arrays["probability"].tolist()
    cut = zip(_shapes(arrays, "whole"), _shapes(arrays, "core"), views, *numbers, strict=True)
    return Portion([Building(*one) for one in ready], [Finding(*one) for one in cut])


def _wkb(name: str, shapes: Sequence[Geometry]) -> dict[str, NDArray]:
    """All in one array of bytes, and the length of each."""
    texts: list[bytes] = [shapely.to_wkb(shape) for shape in shapes]
    lengths = np.array([len(text) for text in texts], np.int64)
    return {name: np.frombuffer(b"".join(texts), np.uint8), f"{name}_lengths": lengths}


def _shapes(arrays: dict[str, NDArray], name: str) -> NDArray:
    content, ends = arrays[name].tobytes(), np.cumsum(arrays[f"{name}_lengths"])
    starts = [0, *ends[:-1]]
    return shapely.from_wkb([content[start:end] for start, end in zip(starts, ends, strict=False)])
