"""The STAC API (stac-fastapi on pgstac) with Transactions, in an environment of its own."""

import os
import subprocess
from urllib.parse import urlsplit

from stack import databases, install, pids
from stack.home import REPOSITORY, Env, Home, StackError
from stack.processes import Daemon
from stack.ready import http_ok
from stack.servers import Ask

APP_FOLDER = REPOSITORY / "libs/stack/envs"
SETTINGS = {"context": "on", "context_stats_ttl": "0 seconds"}
"""Of pgstac: searches answer `numberMatched`, counted anew each time; its own default keeps a count for a day."""


def up(home: Home, ask: Ask) -> Env:
    given = os.environ.get("FAIR_STAC_API_URL")
    if given and not home.owns(given):
        return {"FAIR_STAC_API_URL": given, "FAIR_STAC_API_KEY": os.environ.get("FAIR_STAC_API_KEY", "")}
    programs = install.environment(home, "stac") / "bin"
    offered = ask("postgres")
    admin, owner = offered["FAIRWAY_PG_ADMIN_URL"], offered["STAC_DATABASE_URL"]
    if pids.find(home, "stac") is None:
        _migrate(programs / "pypgstac", admin)
    port, key = home.port("stac"), home.secret("stac-key")
    url = f"http://127.0.0.1:{port}"
    env = {**_libpq(owner), "ENABLE_TRANSACTIONS_EXTENSIONS": "TRUE", "FAIR_STAC_API_KEY": key}
    argv = [programs / "uvicorn", "stac_app:app", "--app-dir", APP_FOLDER, "--no-access-log"]
    address = ["--host", "127.0.0.1", "--port", str(port)]
    ready = http_ok(f"{url}/_mgmt/health")
    Daemon("stac", [*argv, *address], env=env, ready=ready, cwd=home.folder("stac"), home=home).start()
    return {"FAIR_STAC_API_URL": url, "FAIR_STAC_API_KEY": key}


def _migrate(pypgstac: os.PathLike[str], admin: str) -> None:
    """Role `stac` becomes pgstac's administrator, so that it may write items and hang triggers on pgstac's tables."""
    env = {**os.environ, **_libpq(admin), "PGDATABASE": "stac"}
    done = subprocess.run([pypgstac, "migrate"], env=env, capture_output=True, text=True)
    if done.returncode:
        raise StackError(f"pypgstac migrate failed: {done.stderr[-2000:]}")
    with databases.as_admin(admin, "stac") as connection:
        connection.execute("grant pgstac_admin, pgstac_ingest, pgstac_read to stac")
        connection.execute("alter role stac in database stac set search_path to pgstac, public")
        for name, value in SETTINGS.items():
            connection.execute("update pgstac.pgstac_settings set value = %s where name = %s", (value, name))


def _libpq(url: str) -> Env:
    place = urlsplit(url)
    return {
        "PGHOST": place.hostname or "",
        "PGPORT": str(place.port or 5432),
        "PGUSER": place.username or "",
        "PGPASSWORD": place.password or "",
        "PGDATABASE": place.path.lstrip("/"),
    }
