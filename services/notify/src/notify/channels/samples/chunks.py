"""Sealed chunks: times, numbers and pulse ids of consecutive samples, compressed.

A chunk is one zstd frame of: the number of samples (4 bytes), which pulse ids there are (1 byte), the differences
between times, the numbers, and the differences between pulse ids. Eight-byte values are stored by byte (all first
bytes, then all second bytes), since neighbours differ in few of them. Everything is little-endian.
"""

import sys
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

SIZE = 1024
"""Samples of a chunk."""
LEVEL = 3
NO_PULSES, ALL_PULSES, SOME_PULSES = 0, 1, 2
_MASK = (1 << 64) - 1
_SWAP = sys.byteorder == "big"


@dataclass(frozen=True, slots=True)
class Columns:
    """Samples in ascending order of `times` (nanoseconds since the epoch). `pulses` is None when no sample has any."""

    times: "array[int]"
    numbers: "array[float]"
    pulses: list[int | None] | None = None

    def __len__(self) -> int:
        return len(self.times)


def columns(rows: Iterable[tuple[int, int | None, float]]) -> Columns:
    """Returns samples given as time, pulse id and number."""
    times, pulses, numbers = zip(*rows, strict=True) if (rows := list(rows)) else ((), (), ())
    known = any(pulse is not None for pulse in pulses)
    return Columns(array("q", times), array("d", numbers), [*pulses] if known else None)


def rows_of(samples: Columns) -> list[tuple[int, int | None, float]]:
    """The opposite of `columns`."""
    pulses = samples.pulses or [None] * len(samples)
    return list(zip(samples.times, pulses, samples.numbers, strict=True))


def encode(samples: Columns) -> bytes:
    """Returns the payload of a chunk; there is at least one sample."""
    kind, pulses = _pulse_bytes(samples.pulses)
    head = len(samples).to_bytes(4, "little") + bytes([kind])
    numbers = array("Q", memoryview(samples.numbers.tobytes()).cast("Q").tolist())
    return _compressor().compress(head + _by_byte(_steps(samples.times)) + _by_byte(numbers) + pulses)


def decode(payload: bytes) -> Columns:
    """Returns the samples of a chunk. Raises zstandard.ZstdError for bytes that are none."""
    count, kind, body = unpacked(payload)
    times = array("q", accumulate(_whole(body, 0, count)))
    numbers = array("d")
    numbers.frombytes(_whole(body, 8 * count, count).tobytes())
    return Columns(times, numbers, _pulses(body[16 * count :], count, kind))


def unpacked(payload: bytes) -> tuple[int, int, bytes]:
    """Returns the number of samples, which pulse ids there are, and the rest of the frame."""
    raw = _decompressor().decompress(payload)
    return int.from_bytes(raw[:4], "little"), raw[4], raw[5:]


@cache
def _compressor() -> Any:
    from zstandard import ZstdCompressor

    return ZstdCompressor(level=LEVEL)


@cache
def _decompressor() -> Any:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor()


def _steps(values: Sequence[int]) -> "array[int]":
    """The first value and the differences between neighbours, modulo 2^64."""
    return array("Q", [values[0] & _MASK, *((after - before) & _MASK for before, after in pairwise(values))])


def _by_byte(values: "array[int]") -> bytes:
    raw = _little(values).tobytes()
    return b"".join(raw[place::8] for place in range(8))


def _whole(body: bytes, offset: int, count: int) -> "array[int]":
    raw = bytearray(8 * count)
    for place in range(8):
        raw[place::8] = body[offset + place * count : offset + (place + 1) * count]
    found = array("Q")
    found.frombytes(raw)
    return _little(found)


def _little(values: "array[int]") -> "array[int]":
    if _SWAP:
        values.byteswap()
    return values


def _pulse_bytes(pulses: list[int | None] | None) -> tuple[int, bytes]:
    known = [pulse for pulse in pulses or () if pulse is not None]
    if not pulses or not known:
        return NO_PULSES, b""
    if len(known) == len(pulses):
        return ALL_PULSES, _by_byte(_steps(known))
    flags = bytes(pulse is not None for pulse in pulses)
    return SOME_PULSES, flags + _by_byte(_steps(known))


def _pulses(body: bytes, count: int, kind: int) -> list[int | None] | None:
    if kind == NO_PULSES:
        return None
    flags = bytes([1]) * count if kind == ALL_PULSES else body[:count]
    offset = 0 if kind == ALL_PULSES else count
    known = accumulate(_whole(body, offset, sum(flags)), lambda before, step: (before + step) & _MASK)
    return [_signed(next(known)) if flag else None for flag in flags]


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
