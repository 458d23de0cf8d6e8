"""From messages to what the transaction of a batch writes; no I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from contracts.notify.samples import BadSample, Sample, samples_of

Channel = tuple[str, str, str]
"""Backend, name and type."""
Key = tuple[int, int]
"""Series and time of a sample."""


class Versioned(NamedTuple):
    """The samples of one message, in their order; `version` is the time, in nanoseconds, at which its stream stored it,
    or its sender sent it."""

    version: int
    samples: Sequence[Sample]


class Row(NamedTuple):
    """A sample with its series, as the table has it."""

    series_id: int
    sample: Sample
    version: int


@dataclass
class Series:
    """A row of `channel_series`, locked by this transaction."""

    id: int
    shape: list[int]
    unit: str
    description: str
    source: str
    first_ts: int | None
    last_ts: int | None
    sealed_until: int

    def note(self, sample: Sample) -> None:
        """Takes over times, shape and texts of a sample."""
        if self.first_ts is None or sample.ts < self.first_ts:
            self.first_ts = sample.ts
        if self.last_ts is None or sample.ts >= self.last_ts:
            self.last_ts = sample.ts
            self.shape = [] if sample.array is None else [len(sample.array)]
        if sample.unit or sample.description or sample.source:
            self.unit, self.source = sample.unit or self.unit, sample.source or self.source
            self.description = sample.description or self.description


@dataclass
class Changes:
    """`appended` are later than all samples of their series, so no row can have their key; `merged` may replace rows;
    `late` are the keys of those in sealed time."""

    appended: list[Row] = field(default_factory=list[Row])
    merged: list[Row] = field(default_factory=list[Row])
    late: list[Key] = field(default_factory=list[Key])


def decoded(body: bytes, default_backend: str) -> list[Sample]:
    """Returns the samples of a message. Raises BadSample, which says what is wrong and where."""
    try:
        return samples_of(orjson.loads(body), default_backend)
    except orjson.JSONDecodeError as error:
        raise BadSample(f"no JSON: {error}") from error


def reason(problem: BadSample) -> str:
    """Returns the sentence of a dead letter."""
    return f"{'.'.join(map(str, problem.where))} {problem}".strip()


def channels_of(batches: Iterable[Versioned]) -> list[Channel]:
    """Returns the channels, in the order in which they appear first."""
    return list(dict.fromkeys(sample[:3] for batch in batches for sample in batch.samples))


def changes(batches: Iterable[Versioned], series: Mapping[Channel, Series]) -> Changes:
    """Returns the rows, one for each series and time: the last of several counts. Notes all samples in `series`."""
    rows: dict[Key, Row] = {}
    for version, samples in batches:
        for sample in samples:
            number = series[sample[:3]].id
            rows[number, sample.ts] = Row(number, sample, version)
    found = Changes()
    ends = {one.id: (-1 if one.last_ts is None else one.last_ts, one) for one in series.values()}
    for key, row in rows.items():
        end, one = ends[row.series_id]
        (found.appended if key[1] > end else found.merged).append(row)
        if key[1] < one.sealed_until:
            found.late.append(key)
        one.note(row.sample)
    return found
