"""Work in children behaves alike on every Python we support: Debian 12's own, the newest 3.11 and 3.12 found here."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = (*os.environ.get("PATH", "").split(os.pathsep), "/usr/bin", "/usr/local/bin", "/opt/python/*/bin")
AT_HOME = (".pyenv/versions/*/bin", ".local/share/uv/python/*/bin")
PACKAGES = ("pebble", "psutil", "pytest", "pytest-asyncio", "pytest-timeout")
KIT = ROOT / "libs/kit"
MODULES = ("parent_death.py", "subprocess_errors.py", "subprocesses.py", "worker_process.py")


def pythons() -> dict[str, Path]:
    """Of each version, the first that is found; by full version."""
    places = [place for pattern in PLACES if pattern for place in Path("/").glob(pattern.lstrip("/"))]
    places += sorted(Path.home().glob(".pyenv/versions/*/bin")) + sorted(
        Path.home().glob(".local/share/uv/python/*/bin")
    )
    programs = [one for place in places for one in place.glob("python3.1[12]") if os.access(one, os.X_OK)]
    found: dict[str, Path] = {}
    for program in programs:
        said = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=30, check=False).stdout
        if version := re.match(r"Python (3\.\d+\.\d+)\s", said):
            found.setdefault(version[1], program)
    return found


def newest(minor: str) -> str | None:
    fitting = [version for version in pythons() if version.startswith(f"{minor}.")]
    return max(fitting, key=lambda version: tuple(map(int, version.split("."))), default=None)


def wanted(label: str) -> str | None:
    return label if label in pythons() else newest(label.removeprefix("newest "))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("label", ["3.11.2", "newest 3.11", "newest 3.12"])
def test_children_on(label: str, tmp_path: Path):
    version = wanted(label)
    if version is None:
        pytest.skip(f"Python {label} is not on this machine")
    environment = tmp_path / "venv"
    pins = re.findall(rf"^(?:{'|'.join(PACKAGES)})==[^ ;]+", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE)
    run(ROOT / "scripts/uv", "venv", "-q", "--python", pythons()[version], environment)
    run(ROOT / "scripts/uv", "pip", "install", "-q", "--python", environment / "bin/python", *pins)
    package = tmp_path / "kit/process"
    package.mkdir(parents=True)
    for name in MODULES:
        (package / name).write_text((KIT / "src/kit/process" / name).read_text())
    options = ("-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml", "--rootdir", tmp_path,
               "-o", "addopts=--import-mode=importlib")  # fmt: skip
    said = run(environment / "bin/python", "-m", "pytest", *options, KIT / "tests/test_subprocesses.py", "--noconftest",
               PYTHONPATH=str(tmp_path))  # fmt: skip
    assert " passed" in said
    assert "failed" not in said


def run(*command: str | Path, **more: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, env={**os.environ, **more}, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout
