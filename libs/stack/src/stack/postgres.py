"""PostgreSQL with PostGIS: one database and one role per room, and the database `stac`.

Started by root, the server runs as user `postgres`, because it refuses root. When that user cannot reach the home
folder (a checkout below /root), the data lives in /var/lib/fairway/<hash of the home's path> instead.
"""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from stack import databases, install
from stack.home import Env, Home, StackError
from stack.processes import Daemon
from stack.servers import Ask

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "300", "jit": "off"}
FAST = {"fsync": "off", "full_page_writes": "off"}
"""For tests: what is committed outlives a killed server, but not a crash of the machine."""


def up(home: Home, ask: Ask) -> Env:
    """Besides the addresses of the rooms: FAIRWAY_PG_ADMIN_URL, the superuser's, for this package only."""
    admin = os.environ.get("FAIRWAY_PG_ADMIN_URL")
    if not admin or home.owns(admin):
        admin = _serve(home)
    return {**databases.ensure(home, admin), "FAIRWAY_PG_ADMIN_URL": admin}


def _serve(home: Home) -> str:
    port, password = home.port("postgres"), home.secret("postgres")
    data = _data_folder(home)
    if not data.exists():
        _initdb(data, password)
    admin = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    settings = {**SETTINGS, **(FAST if os.environ.get("FAIRWAY_PG_FAST") == "1" else {}), "port": str(port)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    argv = [*_as_postgres(), install.postgres_binary("postgres"), "-D", data, *options]
    Daemon("postgres", argv, ready=lambda: _answers(admin), cwd=Path("/"), stop_signal=signal.SIGINT, home=home).start()
    return admin


def _answers(admin: str) -> bool:
    with psycopg.connect(admin, connect_timeout=10):
        return True


def _initdb(data: Path, password: str) -> None:
    """Into a draft folder that is renamed when complete, so that an interrupted first start leaves no half cluster."""
    draft = data.with_name(data.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    draft.mkdir(mode=0o700)
    pwfile = draft.with_name("pwfile")
    pwfile.touch(mode=0o600)
    pwfile.write_text(password)
    if os.geteuid() == 0:
        for path in (draft, pwfile):
            shutil.chown(path, "postgres", "postgres")
    argv = [*_as_postgres(), install.postgres_binary("initdb"), "-D", draft, f"--pwfile={pwfile}"]
    choices = ["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"]
    try:
        subprocess.run([*argv, *choices], check=True, capture_output=True, text=True, cwd="/")
    except subprocess.CalledProcessError as error:
        raise StackError(f"initdb failed: {error.stderr}") from error
    finally:
        pwfile.unlink()
    draft.rename(data)


def _data_folder(home: Home) -> Path:
    """Chosen once and remembered: a parent that changes its permissions later must not make the data vanish."""
    with home.remember() as memory:
        return Path(memory.setdefault("postgres_data", str(_reachable_folder(home))))


def _reachable_folder(home: Home) -> Path:
    folder = home.folder("postgres")
    if os.geteuid() != 0 or _open_to_others(folder):
        return folder / "data"
    return Path("/var/lib/fairway") / hashlib.sha256(str(home.path).encode()).hexdigest()[:12] / "postgres" / "data"


def _open_to_others(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _as_postgres() -> list[str]:
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise StackError("User postgres is missing: run `python -m stack install`.") from None
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
