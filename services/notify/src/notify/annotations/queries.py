from sqlalchemy import func, select, text

from contracts.notify.annotations import Annotation, Annotations, ListAnnotations
from kit.errors import Invalid
from kit.messaging.tx import ReadTx
from kit.telemetry.activity import RESTARTED, SERVICES
from notify.annotations.tables import AnnotationRow as Row
from notify.annotations.visibility import visible_to

NS = 1_000_000
_STARTS = text("""
select ts / :ms as begin, source from channels.channel_sample join channels.channel_series s on s.id = series_id
where backend = :backend and name like '%/' || :name and type = 'string' and ts >= :first and ts < :last
order by ts desc limit :most""")
START_TAGS = ["service", "started"]


def view(row: Row) -> Annotation:
    return Annotation(id=row.id, begin=row.begin_ms, end=row.end_ms, text=row.text, tags=row.tags)


async def list_annotations(query: ListAnnotations, read: ReadTx) -> Annotations:
    """Raises Invalid when the end is before the begin."""
    if query.begin > query.end:
        raise Invalid("bad_times", "`from` must not be after `to`.")
    found = [*await _stored(query, read), *await _starts(query, read)]
    found.sort(key=lambda one: one.begin)
    return Annotations(annotations=found[-query.limit :], truncated=len(found) > query.limit)


async def _stored(query: ListAnnotations, read: ReadTx) -> list[Annotation]:
    """A region that goes on touches everything after its begin."""
    touches = (Row.begin_ms < query.end) & (func.greatest(Row.begin_ms, Row.end_ms) >= query.begin)
    wanted = visible_to(read.actor) & touches & Row.tags.contains(query.tags)
    newest = select(Row).where(wanted).order_by(Row.begin_ms.desc(), Row.id.desc()).limit(query.limit + 1)
    return [view(row) for row in await read.session.scalars(newest)]


async def _starts(query: ListAnnotations, read: ReadTx) -> list[Annotation]:
    """Starts of services are samples that their processes record."""
    if not set(query.tags) <= set(START_TAGS):
        return []
    times = {"first": _ns(query.begin), "last": _ns(query.end)}
    given = {"ms": NS, "backend": SERVICES, "name": RESTARTED, "most": query.limit + 1, **times}
    rows = (await read.session.execute(_STARTS, given)).tuples()
    return [
        Annotation(id=None, begin=begin, end=None, text=f"Service {source} started.", tags=START_TAGS)
        for begin, source in rows
    ]


def _ns(milliseconds: int) -> int:
    return min(max(milliseconds, 0) * NS, 2**63 - 1)
