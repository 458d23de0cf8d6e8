"""Bodies that name images, by id or by path."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body
from pydantic import Field, model_validator

from contracts.catalog.label_shared import ImageRef
from gateway.apis.labelstore.shared.inputs import StrictBody
from gateway.http.inputs.fields import MAX_ID

LARGE_BODY = 1 << 20
"""Bytes of a list of images."""


class ImageReference(StrictBody):
    """Exactly one of both; a path is compared exactly."""

    id: int | None = Field(None, ge=0, le=MAX_ID, examples=[17])
    filepath: str | None = Field(None, examples=["fairway/uploads/danube-2026/0001.jpg"])

    @model_validator(mode="after")
    def _has_one(self) -> "ImageReference":
        if (self.id is None) is (self.filepath is None):
            raise ValueError("must have exactly one of id and filepath")
        return self


ImageReferences = Annotated[list[ImageReference], Body(examples=[[{"id": 17}]])]


def references(body: Sequence[ImageReference]) -> list[ImageRef]:
    return [ImageRef(id=one.id, filepath=one.filepath) for one in body]
