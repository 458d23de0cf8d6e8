from contracts.notify.annotations import MAX_TAG, AddAnnotation, Annotation, DeleteAnnotation
from kit.db.ids import IdAllocator
from kit.db.sql import SqlFragment
from kit.errors import Forbidden, NotFound, Unprocessable
from kit.messaging.tx import Tx
from notify.annotations.tables import AnnotationRow as Row

_REGION = """insert into annotations as old (key, begin_ms, end_ms, text, tags, user_id)
values (%s, %s, %s, %s, %s, %s) on conflict (key) where key is not null do update set
begin_ms = least(old.begin_ms, excluded.begin_ms), end_ms = greatest(old.end_ms, excluded.end_ms),
text = case when excluded.end_ms is null and old.end_ms is not null then old.text else excluded.text end,
tags = case when excluded.end_ms is null and old.end_ms is not null then old.tags else excluded.tags end"""


def mark(tx: Tx, key: str, text: str, tags: list[str], user_id: int | None = None, ends: bool = False) -> None:
    """Marks the time of the event that caused this. A second mark of the same `key` makes a region of both, in whatever
    order they come; `ends` says that this one is its end. `user_id` sees it alone, None for everybody."""
    now = int(tx.caused_at.timestamp() * 1000)
    tx.write(SqlFragment(_REGION, (key, now, now if ends else None, text, tags, user_id)))


async def add_annotation(command: AddAnnotation, tx: Tx, ids: IdAllocator) -> Annotation:
    _only_operators(tx)
    if command.end is not None and command.end < command.begin:
        raise Unprocessable("bad_times", "`end` must not be before `begin`.")
    if any(not 1 <= len(tag) <= MAX_TAG for tag in command.tags):
        raise Unprocessable("bad_tag", f"A tag has 1 to {MAX_TAG} characters.")
    number = await ids.next(Row)
    values = {"begin_ms": command.begin, "end_ms": command.end, "text": command.text, "tags": command.tags}
    tx.insert(Row, id=number, **values)
    return Annotation(id=number, begin=command.begin, end=command.end, text=command.text, tags=command.tags)


async def delete_annotation(command: DeleteAnnotation, tx: Tx) -> None:
    _only_operators(tx)
    row = await tx.session.get(Row, command.annotation_id)
    if row is None:
        raise NotFound("annotation_not_found", "There is no such annotation.")
    await tx.session.delete(row)


def _only_operators(tx: Tx) -> None:
    if not tx.actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may do this.")
