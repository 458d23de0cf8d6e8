from sqlalchemy import ARRAY, Double, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from notify.channels.schema import SCHEMA
from notify.tables import Base


class ChannelSampleRow(Base):
    """A sample that is not sealed. `number` has numbers, 0 and 1 of `bool`, and ids of `enum`, whose words are in
    `text`; `elements` has arrays. Of two samples of the same time the one with the greater `version` counts."""

    __tablename__ = "channel_sample"
    __table_args__ = {"schema": SCHEMA}

    series_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ts: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pulse_id: Mapped[int | None]
    number: Mapped[float | None] = mapped_column(Double)
    text: Mapped[str | None]
    elements: Mapped[list[float] | None] = mapped_column(ARRAY(Double))
    version: Mapped[int]


class LateSampleRow(Base):
    """A row of `channel_sample` that lies in sealed time, until the sealer has computed its chunk anew."""

    __tablename__ = "late_sample"
    __table_args__ = {"schema": SCHEMA}

    series_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ts: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class SealedChunkRow(Base):
    """Up to 1,024 consecutive samples of a series, compressed (`notify.channels.samples.domain`), and what curves need
    to know of them. `min` and `max` are those of finite values, `sum` is theirs, `first` and `last` are of all."""

    __tablename__ = "sealed_chunk"
    __table_args__ = {"schema": SCHEMA}

    series_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_ts: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_ts: Mapped[int]
    n: Mapped[int]
    n_finite: Mapped[int]
    sum: Mapped[float] = mapped_column(Double)
    min: Mapped[float | None] = mapped_column(Double)
    max: Mapped[float | None] = mapped_column(Double)
    first: Mapped[float] = mapped_column(Double)
    last: Mapped[float] = mapped_column(Double)
    payload: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class RollupRow(Base):
    """The samples of one bin: `bin` times `width` seconds is its start. It stays when the samples are dropped."""

    __tablename__ = "rollup"
    __table_args__ = {"schema": SCHEMA}

    series_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    width: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bin: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int]
    n_finite: Mapped[int]
    sum: Mapped[float] = mapped_column(Double)
    min: Mapped[float | None] = mapped_column(Double)
    max: Mapped[float | None] = mapped_column(Double)
    last: Mapped[float] = mapped_column(Double)
    last_ts: Mapped[int]
