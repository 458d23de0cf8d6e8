"""What the servers need from outside the workspace: Debian packages; an environment each for ZenML and STAC."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from stack.home import REPOSITORY, Home, StackError

PACKAGES = {
    "postgres": ("postgresql-15", "postgresql-15-postgis-3"),
    "s3": ("radosgw", "ceph-mon", "ceph-osd", "ceph-common"),
}
BINARIES = {"s3": ("radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool")}
POSTGRES_FOLDERS = ("/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin")


def packages(servers: set[str]) -> None:
    """Installs the Debian packages of these servers whose programs are missing."""
    missing = [
        package for name, needed in PACKAGES.items() if name in servers and not _present(name) for package in needed
    ]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise StackError(f"Install {' '.join(missing)} (Debian's names), or give the address of a running server.")
    # Debian's own cluster would take port 5432 and memory for nothing
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run([*_as_root(), "apt-get", "update", "-q"], quiet)
    _run([*_as_root(), "apt-get", "install", "-y", "-q", "--no-install-recommends", *missing], quiet)


def environment(home: Home, name: str) -> Path:
    """The folder `<home>/envs/<name>`, made anew whenever `requirements/<name>-server.txt` has changed."""
    requirements = REPOSITORY / "requirements" / f"{name}-server.txt"
    folder, wanted = home.folder("envs") / name, hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = folder / "fairway-requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        _run([_uv(), "venv", "-q", "--clear", "--python", sys.executable, folder])
        _run([_uv(), "pip", "sync", "-q", "--require-hashes", "--python", folder / "bin/python", requirements])
        stamp.write_text(wanted)
    return folder


def postgres_binary(name: str) -> Path:
    """Debian keeps `initdb` and `postgres` off the PATH."""
    found = shutil.which(name, path=os.pathsep.join([*reversed(POSTGRES_FOLDERS), os.environ.get("PATH", "")]))
    if not found:
        raise StackError(f"{name} of PostgreSQL 15 or later is missing: run `python -m stack install`.")
    return Path(found)


def _present(server: str) -> bool:
    if server == "postgres":
        return any(Path(folder, "initdb").exists() and _postgis(folder) for folder in POSTGRES_FOLDERS)
    return all(shutil.which(binary) for binary in BINARIES[server])


def _postgis(folder: str) -> bool:
    version = Path(folder).parent.name
    return Path(f"/usr/share/postgresql/{version}/extension/postgis.control").exists()


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
