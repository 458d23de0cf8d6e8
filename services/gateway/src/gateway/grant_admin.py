"""`python -m gateway.grant_admin ID NAME`: makes a user an administrator. Roles come from the users table only, so the
operator of a deployment creates its first administrator here. Running gateways apply it within 30 s."""

import sys

import psycopg
from psycopg import sql

from gateway.settings import Settings
from kit.db.database import plain_url
from kit.settings import load

_GRANT = sql.SQL(
    "insert into users (id, username, is_staff) values (%s, %s, true) "
    "on conflict (id) do update set is_staff = true returning username"
)


def grant(database_url: str, user_id: int, username: str) -> str:
    """Returns the name of the administrator; an existing user keeps their name."""
    with psycopg.connect(plain_url(database_url), autocommit=True) as connection:
        row = connection.execute(_GRANT, (user_id, username)).fetchone()
    assert row
    return row[0]


def main() -> None:
    if len(sys.argv) != 3 or not sys.argv[1].lstrip("-").isdigit():
        sys.exit("usage: python -m gateway.grant_admin ID NAME")
    name = grant(load(Settings).database_url.get_secret_value(), int(sys.argv[1]), sys.argv[2])
    print(f"{name} is an administrator.")


if __name__ == "__main__":
    main()
