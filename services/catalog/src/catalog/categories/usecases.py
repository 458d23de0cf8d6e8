"""Categories. Administrators write them, everybody reads them."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from catalog.categories.domain import label_problem, slug_problem
from catalog.categories.queries import category_row, present
from catalog.categories.tables import CategoryRow
from contracts.catalog.areas import Category, ChangeCategory, CreateCategory, DeleteCategory
from contracts.shared import Actor
from kit.errors import Conflict, Forbidden, Invalid
from kit.messaging.tx import Tx


async def create_category(command: CreateCategory, tx: Tx) -> Category:
    _require_admin(tx.actor)
    if problem := slug_problem(command.slug):
        raise Invalid("invalid_slug", problem, slug=[problem])
    if await tx.session.scalar(select(CategoryRow.id).where(CategoryRow.slug == command.slug)):
        problem = "There is a category with this slug already."
        raise Invalid("slug_taken", problem, slug=[problem])
    row = CategoryRow(slug=command.slug, label=_checked_label(command.label), description=command.description)
    tx.session.add(row)
    await tx.session.flush()
    return present(row)


async def change_category(command: ChangeCategory, tx: Tx) -> Category:
    _require_admin(tx.actor)
    row = await category_row(command.slug, tx)
    row.label = row.label if command.label is None else _checked_label(command.label)
    row.description = row.description if command.description is None else command.description
    row.last_modified = datetime.now(UTC)
    return present(row)


async def delete_category(command: DeleteCategory, tx: Tx) -> None:
    """Raises Conflict while a row of the catalog belongs to the category."""
    _require_admin(tx.actor)
    row = await category_row(command.slug, tx)
    try:
        await tx.session.delete(row)
        await tx.session.flush()
    except IntegrityError as error:
        raise Conflict("category_in_use", f"The category {command.slug} is in use and cannot be deleted.") from error


def _require_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("admins_only", "Only administrators may change categories.")


def _checked_label(label: str) -> str:
    if problem := label_problem(label):
        raise Invalid("invalid_label", problem, label=[problem])
    return label
