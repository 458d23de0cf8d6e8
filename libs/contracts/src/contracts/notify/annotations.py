"""Marks and regions on the time axis of curves: what happened on the platform. Times are in milliseconds since the
epoch."""

from pydantic import Field

from contracts.base import Command, Contract, Query

Ms = int
MAX_TEXT, MAX_TAGS, MAX_TAG = 1_000, 20, 64


class Annotation(Contract):
    """`end` is None for a mark, and for a region that goes on. `id` is None for what is not stored as an annotation."""

    id: int | None
    begin: Ms = Field(examples=[1_767_225_600_000])
    end: Ms | None
    text: str = Field(examples=["Training 7 of roofs is completed."])
    tags: list[str] = Field(examples=[["training", "completed"]])


class Annotations(Contract):
    """The oldest first. `truncated`: there are more, and these are the newest."""

    annotations: list[Annotation]
    truncated: bool = False


class ListAnnotations(Query, wire="notify.v1.list_annotations"):
    """Returns `Annotations` that touch the time from `begin` to `end`, those with all of `tags`."""

    begin: Ms = Field(examples=[1_767_225_600_000])
    end: Ms = Field(examples=[1_767_229_200_000])
    tags: list[str] = Field(default=[], examples=[["training"]])
    limit: int = Field(default=1_000, ge=1, le=1_000)


class AddAnnotation(Command, wire="notify.v1.add_annotation"):
    """Returns `Annotation`. Everybody sees it."""

    expires = 30.0
    begin: Ms = Field(ge=0, lt=2**53, examples=[1_767_225_600_000])
    end: Ms | None = Field(default=None, ge=0, lt=2**53)
    text: str = Field(min_length=1, max_length=MAX_TEXT, examples=["New imagery"])
    tags: list[str] = Field(default=[], max_length=MAX_TAGS, examples=[["imagery"]])


class DeleteAnnotation(Command, wire="notify.v1.delete_annotation"):
    expires = 30.0
    annotation_id: int = Field(examples=[3])
