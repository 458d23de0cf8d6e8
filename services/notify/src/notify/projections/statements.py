"""Copies of what is counted, and the counts, in one statement each: whatever is told twice, or late, counts once.

`ON CONFLICT DO UPDATE` waits for a twin and then sees its row, so `previous` is what the row really was. An older
`as_of` changes nothing and counts nothing. The statements travel with those of other handlers (group commit), so the
one row of counts is locked once for many events.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from kit.db.sql import SqlFragment
from kit.messaging.tx import Tx


@dataclass(frozen=True)
class Projection:
    """`copy` takes the moment and the rows as JSON, and returns what `count` reads from the name `put`."""

    copy: str
    count: str

    def fragments(self, rows: list[dict[str, Any]], as_of: datetime) -> tuple[SqlFragment, SqlFragment]:
        return SqlFragment(self.copy, (as_of, orjson.dumps(rows).decode()), "put"), SqlFragment(self.count, ())


USERS = Projection(
    """
  INSERT INTO known_users AS k (id, username, email, email_verified, delivery_methods, as_of)
  SELECT id, username, email, email_verified, delivery_methods, %s::timestamptz
  FROM jsonb_to_recordset(%s::jsonb)
    AS g (id bigint, username text, email text, email_verified boolean, delivery_methods text[])
  ON CONFLICT (id) DO UPDATE SET username = excluded.username, email = excluded.email,
    email_verified = excluded.email_verified, delivery_methods = excluded.delivery_methods, as_of = excluded.as_of
  WHERE k.as_of <= excluded.as_of
  RETURNING (xmax = 0)::int AS new""",
    """
  UPDATE kpi SET users = kpi.users + delta.users
  FROM (SELECT coalesce(sum(new), 0) AS users FROM put) AS delta WHERE delta.users <> 0""",
)
MODELS = Projection(
    """
  INSERT INTO known_models AS k (as_of, id, stac_item_id, status)
  SELECT %s::timestamptz, id, stac_item_id, status
  FROM jsonb_to_recordset(%s::jsonb) AS g (id bigint, stac_item_id text, status text)
  ON CONFLICT (id) DO UPDATE SET previous = k.status, status = excluded.status,
    stac_item_id = excluded.stac_item_id, as_of = excluded.as_of WHERE k.as_of < excluded.as_of
  RETURNING status, previous""",
    """
  UPDATE kpi SET models = kpi.models + delta.models FROM (
    SELECT coalesce(sum((status IS NOT DISTINCT FROM 'active')::int - (previous IS NOT DISTINCT FROM 'active')::int), 0)
      AS models FROM put) AS delta
  WHERE delta.models <> 0""",
)
FEEDBACK = Projection(
    """
  INSERT INTO known_feedback AS k (as_of, id, action)
  SELECT %s::timestamptz, id, action FROM jsonb_to_recordset(%s::jsonb) AS g (id bigint, action text)
  ON CONFLICT (id) DO UPDATE SET previous = k.action, action = excluded.action, as_of = excluded.as_of
    WHERE k.as_of < excluded.as_of
  RETURNING action, previous""",
    """
  UPDATE kpi SET feedback = kpi.feedback + delta.feedback, accepted = kpi.accepted + delta.accepted FROM (
    SELECT coalesce(sum((action IS NOT NULL)::int - (previous IS NOT NULL)::int), 0) AS feedback,
      coalesce(sum((action IS NOT DISTINCT FROM 'accept')::int - (previous IS NOT DISTINCT FROM 'accept')::int), 0)
      AS accepted FROM put) AS delta
  WHERE delta.feedback <> 0 OR delta.accepted <> 0""",
)


def apply(projection: Projection, tx: Tx, **row: Any) -> None:
    """One row, as of the event that tells of it."""
    tx.write(*projection.fragments([row], tx.caused_at))
