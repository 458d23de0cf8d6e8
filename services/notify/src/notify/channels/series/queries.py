import re
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import class_row, dict_row

from contracts.notify.channels import Channel, ChannelPosition, FoundChannels, SearchChannels
from contracts.notify.samples import may_read
from contracts.shared import Actor
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx
from notify.channels.series.snapshot import snapshot
from notify.channels.series.visibility import VISIBLE, parameters

MOST, SLICE, RECENT = 10_000, 2_000, 10
SEARCH_SECONDS = 12.0
MAX_PATTERN = 1_000
"""Characters."""
_BACK_REFERENCE = re.compile(r"(?:\\\\)*\\[1-9]")
_COLUMNS = 'backend, name, id::text as "seriesId", source, type, shape, unit, description'
_SEARCH = f"""
select {_COLUMNS} from channels.channel_series
where {VISIBLE} and (%(backend)s::text is null or backend = %(backend)s)
  and (%(text)s = '' or name ~* %(text)s)
  and (%(after)s::text[] is null or (backend, name, type) > (%(after)s[1], %(after)s[2], %(after)s[3]))
order by backend, name, type limit %(limit)s"""
_RECENT = f"""
with viewed as (
  select s.*, r.view from channels.recent_channel r join channels.channel_series s on s.id = r.series_id
  where {VISIBLE} order by r.view desc limit %(limit)s),
added as (
  select * from channels.channel_series where {VISIBLE} and id not in (select id from viewed)
  order by id desc limit %(limit)s)
select {_COLUMNS} from (
  select backend, name, id, source, type, shape, unit, description, 0 as rank, view as place from viewed
  union all select backend, name, id, source, type, shape, unit, description, 1, id from added) found
order by rank, place desc limit %(limit)s"""
_STATE = """id, backend, name, type, shape, first_ts, last_ts, sealed_until, dropped_until"""
_BY_NAME = f"""
select {_STATE} from channels.channel_series
where name = %(name)s and {VISIBLE} and (%(backend)s::text is null or backend = %(backend)s)
order by backend <> %(preferred)s, last_ts desc nulls last, id desc limit 1"""
_BY_ID = f"select {_STATE} from channels.channel_series where id = %s"
_CHANNEL = f"select {_COLUMNS} from channels.channel_series where id = %s"
_VIEWED: LiteralString = """
insert into channels.recent_channel (series_id) values (%s)
on conflict (series_id) do update set view = default, viewed_at = now()"""
MAX_ID = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class SeriesState:
    """A series as readers see it. Times are in nanoseconds."""

    id: int
    backend: str
    name: str
    type: str
    shape: list[int]
    first_ts: int | None
    last_ts: int | None
    sealed_until: int
    dropped_until: int

    @property
    def is_text(self) -> bool:
        """Whether its values are texts, which have no mean."""
        return self.type in ("string", "enum")

    @property
    def is_array(self) -> bool:
        """Whether its latest value is an array."""
        return bool(self.shape)


async def search(query: SearchChannels, read: ReadTx) -> FoundChannels:
    """The expression is evaluated by PostgreSQL alone, so that a name is never found by one way and missed by
    another. Raises Invalid for an expression that is none."""
    text = query.text.strip()
    _check_pattern(text)
    most = min(query.limit or MOST, MOST) - query.found
    limit = min(SLICE, most)
    position = query.position and [query.position.backend, query.position.name, query.position.type]
    given = {"backend": query.backend, "text": text, "after": position, "limit": limit + 1, **parameters(read.actor)}
    try:
        async with snapshot(read, SEARCH_SECONDS) as connection:
            rows = await _channels(connection, _SEARCH, given)
    except psycopg.errors.InvalidRegularExpression as error:
        raise _bad_pattern(str(error.diag.message_primary)) from error
    return _slice(rows, limit, is_last=limit == most)


def _check_pattern(text: str) -> None:
    """PostgreSQL needs exponential time for references to groups, and for nothing else."""
    if len(text) > MAX_PATTERN or "\0" in text:
        raise _bad_pattern(f"it has more than {MAX_PATTERN} characters, or NUL among them")
    if text.startswith("***") or _BACK_REFERENCE.search(text):
        raise _bad_pattern("references to groups and directives of an engine are not supported")


def _bad_pattern(reason: str) -> Invalid:
    return Invalid("bad_pattern", f"The search text is not a valid regular expression: {reason}.")


def _slice(rows: list[Channel], limit: int, is_last: bool) -> FoundChannels:
    found, more = rows[:limit], len(rows) > limit
    if not more or is_last:
        return FoundChannels(channels=found, truncated=more)
    last = found[-1]
    return FoundChannels(channels=found, position=ChannelPosition(backend=last.backend, name=last.name, type=last.type))


async def _channels(connection: psycopg.AsyncConnection, sql: str, given: dict[str, Any]) -> list[Channel]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(sql.encode(), given)
        return [Channel.model_construct(**row) for row in await cursor.fetchall()]


async def list_recent(read: ReadTx) -> FoundChannels:
    async with read.db.raw() as connection:
        return FoundChannels(channels=await _channels(connection, _RECENT, {"limit": RECENT, **parameters(read.actor)}))


async def find(name: str, backend: str | None, preferred: str, read: ReadTx) -> Channel:
    """Raises NotFound, also for an id that nobody has."""
    state = await resolve(name, backend, preferred, read)
    if state is None:
        raise unknown(name)
    async with read.db.raw() as connection, connection.cursor(row_factory=class_row(Channel)) as cursor:
        await cursor.execute(_CHANNEL.encode(), (state.id,))
        return await cursor.fetchone() or _raise(unknown(name))


async def resolve(name: str, backend: str | None, preferred: str, read: ReadTx) -> SeriesState | None:
    """Returns the series of an id, None when nobody has it; or that of a name, preferably of the backend `preferred`,
    then the one with the newest sample. Raises NotFound for a name that no visible series has."""
    name = name.strip()
    async with read.db.raw() as connection:
        if name.isascii() and name.isdigit():
            return await state_of(connection, int(name), read.actor) if len(name) < 30 else None
        async with connection.cursor(row_factory=class_row(SeriesState)) as cursor:
            given = {"name": name.replace("\0", "\ufffd"), "backend": backend, "preferred": preferred}
            await cursor.execute(_BY_NAME.encode(), given | parameters(read.actor))
            return await cursor.fetchone() or _raise(unknown(name))


async def state_of(connection: psycopg.AsyncConnection, series_id: int, actor: Actor) -> SeriesState | None:
    """Returns None for an id that nobody has, or whose channel the actor may not know of."""
    if series_id > MAX_ID:
        return None
    async with connection.cursor(row_factory=class_row(SeriesState)) as cursor:
        await cursor.execute(_BY_ID.encode(), (series_id,))
        state = await cursor.fetchone()
    return state if state and may_read(actor, state.backend) else None


async def note_view(series_id: int, read: ReadTx) -> None:
    """Puts a channel in front of those that were viewed last. It is committed at once: the order is that of the
    calls."""
    async with read.db.raw() as connection:
        await connection.execute(_VIEWED, (series_id,))


def unknown(name: str) -> NotFound:
    """Returns the refusal of a name that no channel has."""
    return NotFound("channel_not_found", f"There is no channel {name[:200]!r}. Search for it at /channels/search.")


def _raise(error: NotFound) -> Any:
    raise error
