"""What the servers need from outside the workspace: Debian packages; an environment each for ZenML and STAC."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.home import REPOSITORY, Home, StackError
from stack.waiting import step

CEPH = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
CEPH_PROGRAMS = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool")
UV, AS_ROOT = REPOSITORY / "scripts/uv", REPOSITORY / "scripts/as_root"
POSTGRES_VERSIONS = (15, 16, 17, 18)
"""the first that a machine offers is taken"""


def packages(servers: set[str]) -> None:
    """Installs the Debian packages of these servers whose programs are missing."""
    present = {"postgres": _has_postgres, "s3": _has_ceph}
    missing = [name for name, is_there in present.items() if name in servers and not is_there()]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise StackError(
            "This is no Debian or Ubuntu: install PostgreSQL 15+ with PostGIS, and Ceph's radosgw, or give addresses "
            "of running servers (libs/stack/README.md)."
        )
    with _apt_lock():
        _apt_update()
        wanted = [*(_postgres_packages() if "postgres" in missing else ()), *(CEPH if "s3" in missing else ())]
        with step(f"Installing {', '.join(wanted)}"):
            _apt("install", "-y", "--no-install-recommends", *wanted)


def program(name: str, package: str) -> str:
    """A program of a Debian package, installed when missing."""
    with _apt_lock():
        if not shutil.which(name):
            _apt_update()
            with step(f"Installing {package}"):
                _apt("install", "-y", package)
    return shutil.which(name) or name


def environment(home: Home, name: str, pinned: str | None = None) -> Path:
    """The folder `<home>/envs/<name>`, made anew whenever its requirements have changed: `pinned`, a file of the folder
    `requirements`, or `<name>-server.txt`."""
    requirements = REPOSITORY / "requirements" / (pinned or f"{name}-server.txt")
    folder, wanted = home.folder("envs") / name, hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "fairway-requirements.sha256"
    with home.locked(f"environment-{name}"):
        if not stamp.exists() or stamp.read_text() != wanted:
            with step(f"Installing the packages of the {name} server"):
                _make_environment(folder, requirements)
            stamp.write_text(wanted)
    return folder


def _make_environment(folder: Path, requirements: Path) -> None:
    options = ["-q", "--compile-bytecode", "--require-hashes", "--python", folder / "bin/python"]
    _run([UV, "venv", "-q", "--clear", "--python", sys.executable, folder])
    _run([UV, "pip", "sync", *options, requirements])


def postgres_binary(name: str) -> Path:
    """Debian keeps `initdb` and `postgres` off the PATH."""
    folders = [f"/usr/lib/postgresql/{version}/bin" for version in POSTGRES_VERSIONS]
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))
    if not found:
        raise StackError(f"{name} of PostgreSQL 15 or later is missing: run `python -m stack install`.")
    return Path(found)


def _has_postgres() -> bool:
    """With PostGIS. Elsewhere than on Debian, `pg_config` knows where extensions lie."""
    shares = [Path(f"/usr/share/postgresql/{version}") for version in POSTGRES_VERSIONS]
    if not shutil.which("apt-get") and shutil.which("pg_config"):
        shares.append(Path(subprocess.check_output(["pg_config", "--sharedir"], text=True).strip()))
    return any((share / "extension/postgis.control").exists() for share in shares)


def _has_ceph() -> bool:
    return all(shutil.which(program) for program in CEPH_PROGRAMS)


def _postgres_packages() -> tuple[str, str]:
    offered = subprocess.check_output(["apt-cache", "pkgnames", "postgresql-"], text=True).split()
    for version in POSTGRES_VERSIONS:
        if (postgis := f"postgresql-{version}-postgis-3") in offered:
            return f"postgresql-{version}", postgis
    raise StackError("This machine's package sources offer no PostGIS for PostgreSQL 15 or later.")


@contextmanager
def _apt_lock() -> Iterator[None]:
    """apt has one user at a time; tests that run side by side install what each of them needs."""
    with (REPOSITORY / ".venv/.apt.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _apt_update() -> None:
    with step("Reading what the system's package sources offer"):
        _apt("update")


def _apt(*arguments: str) -> None:
    """At runlevel 1 the packages' own servers are not started: nothing of ours would use them."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run([AS_ROOT, "apt-get", "-q", *arguments], quiet)


def _run(argv: list[str | Path], env: dict[str, str] | None = None) -> None:
    words = [str(part) for part in argv]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise StackError(f"{' '.join(words)} failed:\n{done.stdout[-3000:]}")
