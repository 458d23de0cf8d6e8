"""Taxonomies of labels in versions, and the audit trail of the label store."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Query
from contracts.catalog.label_shared import Id, LabelName, ListPage
from contracts.shared import Json

AuditKind = Literal[
    "campaign", "image_set", "image", "user", "role", "dataset", "taxonomy", "review", "truth"
]  # fmt: skip
MAX_LABELS = 5_000


class TaxonomyLabel(Contract):
    """`synonyms` are read as the label; `parent` is the name of another label; `colour` is `#rrggbb`."""

    name: LabelName
    synonyms: list[LabelName] = Field(default=[], max_length=100)
    parent: LabelName | None = None
    colour: str | None = Field(default=None, pattern="^#[0-9a-f]{6}$")


class LabelTaxonomy(Contract):
    """One version of a taxonomy; it never changes."""

    taxonomy_id: int
    name: str
    version: int
    labels: list[TaxonomyLabel]
    created_by: str
    created_at: datetime


class CreateLabelTaxonomy(Command, wire="catalog.v1.create_label_taxonomy"):
    """Makes the next version of the taxonomy of that name, by an image-admin. Result: `LabelTaxonomy`, 201.
    Unprocessable `invalid_value` where a name or synonym occurs twice, ignoring case, a parent is no label, or parents
    go round in a circle."""

    name: str = Field(min_length=1, max_length=128, examples=["river-litter"])
    labels: list[TaxonomyLabel] = Field(min_length=1, max_length=MAX_LABELS, examples=[[{"name": "bottle"}]])


class GetLabelTaxonomy(Query, wire="catalog.v1.get_label_taxonomy"):
    """For everybody with a role in the label store: labellers must know the labels."""

    taxonomy_id: Id


class ListLabelTaxonomies(Query, wire="catalog.v1.list_label_taxonomies"):
    """Rows: `LabelTaxonomy`."""

    page: ListPage = ListPage()
    name: str | None = None


class AuditEntry(Contract):
    """A change: who, what, when, and the members that differ. `by` is `system` for what no request has asked for."""

    entry_id: int
    at: datetime
    by: str
    action: Literal["created", "changed", "deleted"]
    about: AuditKind
    about_id: str
    before: Json | None
    after: Json | None


class ListLabelAudit(Query, wire="catalog.v1.list_label_audit"):
    """Rows: `AuditEntry`, in the order of the changes; for image-admins. Nobody can change or delete an entry."""

    page: ListPage = ListPage()
    about: AuditKind | None = None
    about_id: str | None = None
    by: str | None = None
    since: datetime | None = None
