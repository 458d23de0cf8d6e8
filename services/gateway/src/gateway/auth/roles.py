"""The first administrator of a deployment has nobody to be made one by."""

import psycopg

from gateway.settings import Settings
from kit.db import plain_url

_SET = """
insert into users (id, username, is_staff) values (%(id)s, %(name)s, %(staff)s)
on conflict (id) do update set is_staff = %(staff)s"""


def set_staff(settings: Settings, user_id: int, staff: bool) -> None:
    """Holds within half a minute. Somebody never seen gets a row, whose name is corrected at first sight."""
    with psycopg.connect(plain_url(settings.database_url.get_secret_value()), autocommit=True) as connection:
        connection.execute(_SET, {"id": user_id, "name": f"user-{user_id}", "staff": staff})
