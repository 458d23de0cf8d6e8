"""What is there already survives a new release."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg

from kit.db import migrations
from kit.db.database import SESSION

MADE = (
    "insert into webhooks (user_id, username, url, description, active, secret, secret_made_at, created_at,"
    " last_modified) values (7, 'mapper', 'https://hooks.example.org/', '', true, 'x', now(), now(), now())"
)
MAILED = (
    "insert into mails (kind, user_id, address, subject, body, state, created_at)"
    " values ('deletion', 7, 'a@map.example', 'Hello', 'Words.', %s, now() - interval '3 days')"
)


def test_webhooks_of_before_there_was_a_challenge_count_as_verified(empty_database: str):
    migrations.upgrade("notify", empty_database, "0006")
    with psycopg.connect(empty_database, autocommit=True) as database:
        database.execute(MADE)
        migrations.upgrade("notify", empty_database)
        database.execute(MADE)
        verified = database.execute("select verified_at is not null from webhooks order by id").fetchall()
    assert verified == [(True,), (False,)]


def test_mails_of_before_they_were_tried_again_are_due_at_once(empty_database: str):
    """Also those that the former release makes while it is replaced."""
    migrations.upgrade("notify", empty_database, "0008")
    with psycopg.connect(empty_database, autocommit=True) as database:
        for state in ("queued", "failed"):
            database.execute(MAILED, (state,))
        migrations.upgrade("notify", empty_database)
        database.execute(MAILED, ("queued",))
        rows = database.execute("select state, attempts, due_at <= now(), claimed_until from mails order by id")
        assert rows.fetchall() == [(state, 0, True, None) for state in ("queued", "failed", "queued")]


def test_mails_that_wait_get_their_user_and_our_words(empty_database: str):
    migrations.upgrade("notify", empty_database, "0009")
    with psycopg.connect(empty_database, autocommit=True) as database:
        database.execute("insert into known_users (id, username, email, delivery_methods, as_of)"
                         " values (7, 'mapper', 'a@map.example', '{email}', now())")  # fmt: skip
        database.execute("insert into notifications (id, user_id, message, about, about_id, slug, created_at)"
                         " overriding system value values (9, 7, 'x', 'dataset', '1', 'failed', now())")  # fmt: skip
        database.execute("insert into mails (notification_id, address, subject, body, created_at)"
                         " values (9, 'a@map.example', 'fAIr : Free money', 'x', now())")  # fmt: skip
        database.execute("update kpi set healed_at = now()")
        migrations.upgrade("notify", empty_database)
        assert database.execute("select user_id, subject from mails").fetchall() == [(7, "fAIr notification")]
        assert database.execute("select email_verified from known_users").fetchall() == [(False,)]
        due = "select healed_at < now() - interval '1 day' from kpi"
        assert database.execute(due).fetchall() == [(True,)], "the gateway is asked for verified addresses at once"


def test_a_migration_that_waits_for_a_writer_stops_no_other(empty_database: str):
    """Nobody waits as long as services bear, and the migration comes through once the writer is done."""
    migrations.upgrade("notify", empty_database, "0008")
    with (
        psycopg.connect(empty_database) as slow,
        psycopg.connect(empty_database, autocommit=True, options=SESSION) as other,
    ):
        slow.execute(MAILED, ("queued",))
        with ThreadPoolExecutor(1) as pool:
            upgrading = pool.submit(migrations.upgrade, "notify", empty_database)
            try:
                written = _write_for(other, 4.0)
            finally:
                slow.commit()
            upgrading.result(60)
        found = other.execute("select count(*) from mails").fetchone()
    assert found == (written + 1,)


def _write_for(connection: psycopg.Connection, seconds: float) -> int:
    """Returns the number of mails that were written meanwhile."""
    end, written = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        connection.execute(MAILED, ("queued",))
        written += 1
        time.sleep(0.05)
    return written
