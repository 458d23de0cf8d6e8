from sqlalchemy import func, select

from catalog.labelstore.taxonomies.domain import problem_of
from catalog.labelstore.taxonomies.queries import TAXONOMY
from catalog.labelstore.taxonomies.tables import TaxonomyRow
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_taxonomies as c
from contracts.shared import Json
from kit.errors import Unprocessable
from kit.messaging.tx import Tx


async def create_taxonomy(command: c.CreateLabelTaxonomy, tx: Tx) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    if problem := problem_of(command.labels):
        raise Unprocessable("invalid_value", problem)
    same = func.lower(TaxonomyRow.name) == command.name.lower()
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(command.name.lower(), 1))))
    version = (await tx.session.scalar(select(func.max(TaxonomyRow.version)).where(same)) or 0) + 1
    labels = [one.model_dump() for one in command.labels]
    row = TaxonomyRow(name=command.name, version=version, labels=labels, created_by=caller.name)
    tx.session.add(row)
    await tx.session.flush()
    return (await tx.session.scalars(select(TAXONOMY).where(TaxonomyRow.id == row.id))).one()
