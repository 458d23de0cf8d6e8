"""What is there already survives a new release."""

from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from kit import migrations

MADE = (
    "insert into webhooks (user_id, username, url, description, active, secret, secret_made_at, created_at,"
    " last_modified) values (7, 'mapper', 'https://hooks.example.org/', '', true, 'x', now(), now(), now())"
)


def test_webhooks_of_before_there_was_a_challenge_count_as_verified(postgres_url: str):
    name, place = f"test_notify_{uuid4().hex[:8]}", conninfo_to_dict(postgres_url)
    url = f"postgresql://{place['user']}:{place.get('password', '')}@{place['host']}:{place['port']}/{name}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"create database {name}")
        try:
            migrations.upgrade("notify", url, "0006")
            with psycopg.connect(url, autocommit=True) as database:
                database.execute(MADE)
                migrations.upgrade("notify", url)
                database.execute(MADE)
                verified = database.execute("select verified_at is not null from webhooks order by id").fetchall()
        finally:
            admin.execute(f"drop database {name} with (force)")
    assert verified == [(True,), (False,)]
