"""Taxonomies of labels, in versions, and the audit trail."""

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_taxonomies as c
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody, Text
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes

routes = Routes("taxonomies", LABELS)
Name = Annotated[str, Field(min_length=1, max_length=128)]


class TaxonomyLabelBody(StrictBody):
    name: str = Field(min_length=1, max_length=128, examples=["bottle"])
    synonyms: list[Name] = Field([], max_length=100, examples=[["flask"]])
    parent: Name | None = None
    colour: str | None = Field(None, pattern="^#[0-9a-f]{6}$", examples=["#2f9e62"])


class TaxonomyBody(StrictBody):
    name: str = Field(min_length=1, max_length=128, examples=["river-litter"])
    labels: list[TaxonomyLabelBody] = Field(min_length=1, max_length=c.MAX_LABELS)


class TaxonomyFilters(Paged):
    name: Text = None


class AuditFilters(Paged):
    about: c.AuditKind | None = None
    about_id: Text = None
    by: Text = None
    since: datetime | None = None


@routes.post(
    "/label_taxonomies", Policy.AUTH, c.LabelTaxonomy, status=201, sends=c.CreateLabelTaxonomy,
    refuses={422: "A name occurs twice, or a parent is no label or its own ancestor."},
)  # fmt: skip
async def create_label_taxonomy(request: Request, body: TaxonomyBody) -> Response:
    """Makes the next version of a taxonomy; campaigns point to a version, which never changes."""
    return await send(request, c.CreateLabelTaxonomy.model_validate(body.model_dump()))


@routes.get("/label_taxonomies", Policy.AUTH, listed("taxonomies", c.LabelTaxonomy), refuses=PAST_THE_END)
async def list_label_taxonomies(request: Request, filters: Annotated[TaxonomyFilters, Query()]) -> Response:
    """Lists the versions of taxonomies."""
    return await ask_page(request, c.ListLabelTaxonomies, "taxonomies", filters)


@routes.get("/label_taxonomies/{taxonomy_id}", Policy.AUTH, c.LabelTaxonomy)
async def get_label_taxonomy(request: Request, taxonomy_id: Id) -> Response:
    """Shows the labels of a version; for labellers as well."""
    return await ask(request, c.GetLabelTaxonomy(taxonomy_id=taxonomy_id))


@routes.get("/label_audit", Policy.AUTH, listed("entries", c.AuditEntry), refuses=PAST_THE_END)
async def list_label_audit(request: Request, filters: Annotated[AuditFilters, Query()]) -> Response:
    """Lists who has changed what, with the values before and after, in the order of the changes."""
    return await ask_page(request, c.ListLabelAudit, "entries", filters)
