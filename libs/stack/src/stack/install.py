"""What the servers need from outside the workspace: Debian packages; an environment each for ZenML and STAC."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from stack.home import REPOSITORY, Home, StackError

CEPH = ("radosgw", "ceph-mon", "ceph-osd", "ceph-common")
CEPH_PROGRAMS = ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool")
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
            "Install PostgreSQL 15+ with PostGIS, and Ceph's radosgw, or give addresses of running servers."
        )
    # at runlevel 1 the packages' own servers are not started: nothing of ours would use them
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run([*_as_root(), "apt-get", "update", "-q"], quiet)
    wanted = [*(_postgres_packages() if "postgres" in missing else ()), *(CEPH if "s3" in missing else ())]
    _run([*_as_root(), "apt-get", "install", "-y", "-q", "--no-install-recommends", *wanted], quiet)


def program(name: str, package: str) -> str:
    """A program of a Debian package, installed when missing."""
    if not shutil.which(name):
        _run(
            [*_as_root(), "apt-get", "install", "-y", "-q", package],
            {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    return shutil.which(name) or name


def environment(home: Home, name: str) -> Path:
    """The folder `<home>/envs/<name>`, made anew whenever `requirements/<name>-server.txt` has changed."""
    requirements = REPOSITORY / "requirements" / f"{name}-server.txt"
    folder, wanted = home.folder("envs") / name, hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "fairway-requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        _run([_uv(), "venv", "-q", "--clear", "--python", sys.executable, folder])
        _run(
            [
                _uv(),
                "pip",
                "sync",
                "-q",
                "--compile-bytecode",
                "--require-hashes",
                "--python",
                folder / "bin/python",
                requirements,
            ]
        )
        stamp.write_text(wanted)
    return folder


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


def _as_root() -> list[str]:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo", "--preserve-env=DEBIAN_FRONTEND,RUNLEVEL"]
    raise StackError("Installing Debian packages needs root: run `python -m stack install` as root once.")


def _uv() -> str:
    found = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if not found:
        raise StackError("uv is missing: install it, or name its path in the environment variable UV.")
    return found


def _run(argv: list[str | Path], env: dict[str, str] | None = None) -> None:
    words = [str(part) for part in argv]
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise StackError(f"{' '.join(words)} failed:\n{done.stdout[-3000:]}")
