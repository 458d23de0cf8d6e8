"""What happened on the platform, as marks and regions over curves."""

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import annotations as c
from gateway.apis.dashboards.bodies import body_of, json_model
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import ask, send
from gateway.http.inputs.fields import Body, Id
from gateway.http.policy import SMALL_BODY, Policy
from gateway.http.routing import Routes

routes = Routes("annotations", DASHBOARDS)
Begin = Annotated[c.Ms, Query(alias="from", ge=-(2**53), le=2**53, description="Milliseconds since the epoch.",
                              examples=[1_767_225_600_000])]  # fmt: skip
End = Annotated[c.Ms, Query(alias="to", ge=-(2**53), le=2**53, description="Milliseconds since the epoch.",
                            examples=[1_767_229_200_000])]  # fmt: skip
Tags = Annotated[list[str], Query(max_length=c.MAX_TAGS, description="All of them are wanted.", examples=["training"])]
EXAMPLE = {"begin": 1_767_225_600_000, "text": "New imagery", "tags": ["imagery"]}


class AnnotationBody(Body):
    """A mark, or with `end` a region."""

    begin: c.Ms = Field(ge=0, lt=2**53)
    end: c.Ms | None = Field(default=None, ge=0, lt=2**53)
    text: str = Field(min_length=1, max_length=c.MAX_TEXT)
    tags: list[Annotated[str, Field(min_length=1, max_length=c.MAX_TAG)]] = Field(default=[], max_length=c.MAX_TAGS)


@routes.get("/annotations", Policy.ANON, c.Annotations, scope=SCOPE, refuses={400: "`from` is after `to`."})
async def list_annotations(request: Request, begin: Begin, end: End, tags: Tags = []) -> Response:  # noqa: B006
    """Lists what happened: trainings, publications, starts of services, and what operators have noted."""
    return await ask(request, c.ListAnnotations(begin=begin, end=end, tags=tags))


@routes.post(
    "/annotations", Policy.ADMIN, c.Annotation, status=201, scope=SCOPE, sends=c.AddAnnotation,
    openapi_extra=body_of(AnnotationBody.model_json_schema(), EXAMPLE), refuses={415: None},
)  # fmt: skip
async def add_annotation(request: Request) -> Response:
    """Notes something for everybody."""
    body = await json_model(request, AnnotationBody, SMALL_BODY)
    return await send(request, c.AddAnnotation(**body.model_dump()))


@routes.delete("/annotations/{annotation_id}", Policy.ADMIN, scope=SCOPE, sends=c.DeleteAnnotation)
async def delete_annotation(request: Request, annotation_id: Id) -> Response:
    """Deletes an annotation."""
    return await send(request, c.DeleteAnnotation(annotation_id=annotation_id))
