"""Pictures of curves and dashboards, for mails and reports, and the data that they are drawn from."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract, Query
from contracts.notify.annotations import Annotation
from contracts.notify.dashboard_sharing import Name
from contracts.notify.dashboards import DashboardId

Kind = Literal["png", "svg"]
MAX_CURVES, MAX_PANELS = 12, 60
"""Of one panel, of one picture; what is beyond them is counted in words on the picture."""
Width = Annotated[int, Field(ge=200, le=2400)]
Height = Annotated[int, Field(ge=120, le=2400)]
Value = Annotated[str, Field(max_length=512)]
Ms = Annotated[int, Field(examples=[1_767_225_600_000])]


class ChannelCurve(Contract):
    """Points of a channel in columns of equal length; `keys` are nanoseconds since the epoch. `mins` and `maxs` are
    empty for samples as they were recorded. `problem` is a sentence where there is no curve."""

    name: str
    backend: str | None
    unit: str = ""
    keys: list[int] = []
    values: list[float | None] = []
    mins: list[float | None] = []
    maxs: list[float | None] = []
    problem: str = ""


class CurveData(Contract):
    """All that is drawn between two times. Annotations are the newest ones, `more_annotations` says that there were
    others."""

    begin_ms: Ms
    end_ms: Ms
    curves: list[ChannelCurve] = []
    annotations: list[Annotation] = []
    more_annotations: bool = False


class Options(Contract):
    """`known` is the entity tag of a picture that the sender has already. Sizes are in pixels."""

    kind: Kind = "png"
    width: Width = 1000
    annotations: bool = True
    known: str | None = Field(default=None, max_length=200)


class DrawChannels(Query, wire="notify.v1.draw_channels"):
    """Returns `Picture`: one panel with all curves."""

    channel_names: list[str] = Field(min_length=1, max_length=MAX_CURVES, examples=[["42/loss"]])
    backend: str | None = None
    begin_ms: Ms
    end_ms: Ms = Field(examples=[1_767_229_200_000])
    title: str = Field(default="", max_length=200)
    height: Height = 400
    options: Options = Options()


class DrawDashboard(Query, wire="notify.v1.draw_dashboard"):
    """Returns `Picture`: the panels at their places. `values` replace placeholders. Counts as an access."""

    dashboard_id: DashboardId
    begin_ms: Ms
    end_ms: Ms = Field(examples=[1_767_229_200_000])
    values: dict[Name, Value] = Field(default={}, max_length=50)
    options: Options = Options()


class Picture(Contract):
    """`data` is in base64, and empty for a sender who knows the picture."""

    etag: str
    data: str
