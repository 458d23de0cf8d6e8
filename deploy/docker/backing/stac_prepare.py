"""Brings pgstac up to date, as the superuser ADMIN_URL, and makes role `stac` its administrator, as the catalog's
own triggers need it."""

import os
import subprocess

import psycopg

SETTINGS = {"context": "on", "context_stats_ttl": "0 seconds"}

admin = psycopg.conninfo.conninfo_to_dict(os.environ.pop("ADMIN_URL"))
libpq = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
as_admin = {name: str(admin[key]) for key, name in libpq.items()}
subprocess.run(["pypgstac", "migrate"], env={**os.environ, **as_admin, "PGDATABASE": "stac"}, check=True)
with psycopg.connect(**{**admin, "dbname": "stac"}, autocommit=True) as connection:
    connection.execute("grant pgstac_admin, pgstac_ingest, pgstac_read to stac")
    connection.execute("alter role stac in database stac set search_path to pgstac, public")
    for name, value in SETTINGS.items():
        connection.execute("update pgstac.pgstac_settings set value = %s where name = %s", (value, name))
