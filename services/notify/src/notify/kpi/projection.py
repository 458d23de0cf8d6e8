"""Copies of what is counted, and the counts, in one statement each: whatever is told twice, or late, counts once.

`ON CONFLICT DO UPDATE` waits for a twin and then sees its row, so `previous` is what the row really was. An older
`as_of` changes nothing and counts nothing.
"""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import TextClause, text

from kit.messaging.tx import Tx

USERS = text("""
WITH put AS (
  INSERT INTO known_users AS k (id, username, email, delivery_methods, as_of)
  SELECT id, username, email, delivery_methods, :as_of
  FROM jsonb_to_recordset(:rows) AS g (id bigint, username text, email text, delivery_methods text[])
  ON CONFLICT (id) DO UPDATE SET username = excluded.username, email = excluded.email,
    delivery_methods = excluded.delivery_methods, as_of = excluded.as_of WHERE k.as_of <= excluded.as_of
  RETURNING (xmax = 0)::int AS new),
delta AS (SELECT coalesce(sum(new), 0) AS users FROM put)
UPDATE kpi SET users = kpi.users + delta.users FROM delta WHERE delta.users <> 0""")
MODELS = text("""
WITH put AS (
  INSERT INTO known_models AS k (id, stac_item_id, status, as_of)
  SELECT id, stac_item_id, status, :as_of
  FROM jsonb_to_recordset(:rows) AS g (id bigint, stac_item_id text, status text)
  ON CONFLICT (id) DO UPDATE SET previous = k.status, status = excluded.status,
    stac_item_id = excluded.stac_item_id, as_of = excluded.as_of WHERE k.as_of < excluded.as_of
  RETURNING status, previous),
delta AS (
  SELECT coalesce(sum((status IS NOT DISTINCT FROM 'active')::int - (previous IS NOT DISTINCT FROM 'active')::int), 0)
    AS models FROM put)
UPDATE kpi SET models = kpi.models + delta.models FROM delta WHERE delta.models <> 0""")
FEEDBACK = text("""
WITH put AS (
  INSERT INTO known_feedback AS k (id, action, as_of)
  SELECT id, action, :as_of FROM jsonb_to_recordset(:rows) AS g (id bigint, action text)
  ON CONFLICT (id) DO UPDATE SET previous = k.action, action = excluded.action, as_of = excluded.as_of
    WHERE k.as_of < excluded.as_of
  RETURNING action, previous),
delta AS (
  SELECT coalesce(sum((action IS NOT NULL)::int - (previous IS NOT NULL)::int), 0) AS feedback,
    coalesce(sum((action IS NOT DISTINCT FROM 'accept')::int - (previous IS NOT DISTINCT FROM 'accept')::int), 0)
    AS accepted FROM put)
UPDATE kpi SET feedback = kpi.feedback + delta.feedback, accepted = kpi.accepted + delta.accepted
FROM delta WHERE delta.feedback <> 0 OR delta.accepted <> 0""")


async def put(statement: TextClause, rows: list[dict[str, Any]], as_of: datetime, tx: Tx) -> None:
    await tx.session.execute(statement, {"rows": orjson.dumps(rows).decode(), "as_of": as_of})


async def heard(statement: TextClause, tx: Tx, **row: Any) -> None:
    """One row, as of the event that tells of it."""
    assert tx.cause
    await put(statement, [row], tx.cause.sent_at, tx)
