"""Channels: named series of samples. Times are in nanoseconds since the epoch.

Answers that may be large travel in slices: an answer with a `position` has more, and the same query with that position
gets the next slice.
"""

from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Query
from contracts.shared import Json

BinningScheme = Literal["unweightedScalar", "timeWeightedScalar"]
Axis = Literal["time", "step", "relative_step", "relative_time"]
Downsample = Literal["m4", "minmaxlttb", "last"]
Ns = int


class Channel(Contract):
    """`shape` is empty for scalars, and has the length of the latest array otherwise."""

    backend: str
    name: str
    seriesId: str
    source: str
    type: str
    shape: list[int]
    unit: str
    description: str


class ChannelPosition(Contract):
    """The last channel of a slice."""

    backend: str
    name: str
    type: str


class SearchChannels(Query, wire="notify.v1.search_channels"):
    """Returns `FoundChannels`. `text` is a regular expression for names, whatever their case."""

    text: str = Field(default="", examples=["loss$"])
    backend: str | None = None
    limit: int | None = Field(default=None, ge=1)
    position: ChannelPosition | None = None
    found: int = 0
    """How many the slices before this one had."""


class FoundChannels(Contract):
    channels: list[Channel]
    truncated: bool = False
    position: ChannelPosition | None = None


class ListRecentChannels(Query, wire="notify.v1.list_recent_channels"):
    """Returns `FoundChannels`: those whose curves were requested last, then those that are new."""


class FindChannel(Query, wire="notify.v1.find_channel"):
    """Returns `Channel`. A name of digits is a series id."""

    channel_name: str = Field(examples=["42/loss"])
    backend: str | None = None


class CurvePosition(Contract):
    """`series` as it was resolved for the first slice; `next` is a bin or a time."""

    series: int
    begin: Ns
    end: Ns
    width: Ns
    raw: bool
    next: int
    taken: int = 0
    """Points of the slices before."""


class GetCurve(Query, wire="notify.v1.get_curve"):
    """Returns `CurveSlice`. Begin and end are in milliseconds. `num_bins` of 0 or less asks for samples as they were
    recorded."""

    channel_name: str = Field(examples=["42/loss"])
    backend: str | None = None
    begin_ms: int = Field(examples=[1_767_225_600_000])
    end_ms: int = Field(examples=[1_767_229_200_000])
    num_bins: int = Field(default=0, examples=[500])
    raw_when_sparse: bool = False
    remove_empty_bins: bool = False
    is_string: bool | None = None
    query_expansion: bool = False
    scheme: BinningScheme = "unweightedScalar"
    downsample: Downsample | None = None
    axis: Axis = "time"
    position: CurvePosition | None = None


class CurveSlice(Contract):
    """Points in columns of equal length, `keys` ascending. Raw: `pulses`, and `arrays` where there are any;
    binned: `counts`, `mins` and `maxs`. Numbers that are not finite are None, with `descs` where text belongs to a
    point; a column that says nothing is empty."""

    raw: bool
    waveform: bool = False
    keys: list[int] = []
    values: list[float | None] = []
    arrays: list[list[float | None] | None] = []
    mins: list[float | None] = []
    maxs: list[float | None] = []
    counts: list[int] = []
    pulses: list[int | None] = []
    descs: list[str | None] = []
    interval: float = 0.0
    """The width of bins in nanoseconds where there are two or more."""
    continue_at_ms: int | None = None
    """Where the next request goes on when the points are more than may be returned."""
    position: CurvePosition | None = None


class GetChannelEvents(Query, wire="notify.v1.get_channel_events"):
    """Returns `ChannelEvents`: samples as they were recorded. One of `channel_name` and `series_id` is given; the
    latter counts. Slices after the first are asked for by the id."""

    channel_name: str | None = Field(default=None, examples=["42/loss"])
    series_id: int | None = None
    backend: str | None = None
    begin: Ns = Field(examples=[1_767_225_600_000_000_000])
    end: Ns = Field(examples=[1_767_229_200_000_000_000])
    one_before: bool = False
    position: Ns | None = None
    """The first time of this slice."""


class ChannelEvents(Contract):
    """`values` has ids of `enum`, whose words are in `texts`; numbers that are not finite are None."""

    series_id: int
    type: str
    times: list[Ns]
    pulses: list[int | None]
    values: list[int | float | str | list[float | None] | None]
    texts: list[str | None] = []
    position: Ns | None = None


class RecordSamples(Command, wire="notify.v1.record_samples"):
    """Stores samples, all or none. Returns `{accepted, channels_created}`."""

    samples: list[Json] = Field(
        min_length=1, max_length=10_000, examples=[[{"name": "42/loss", "ts": 1_767_225_600_000_000_000, "value": 0.5}]]
    )
