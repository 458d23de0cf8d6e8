"""What the two commands need, and what they say when it is missing. Nothing is installed here."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
ONLY_ONE = """
echo made >>"$MADE"
for _ in {1..20}; do [ "$(wc -l <"$MADE")" = 1 ] || exit 1; sleep 0.05; done
"""
"""Fails when a second one is at it too, for which it waits a second."""
MAKES_ENVIRONMENTS = f"""
[ "$1" = -m ] || exit 0
{ONLY_ONE}
mkdir -p "$3/bin"
cp "${{0%/*}}/pip" "$3/bin"
"""
"""A Python whose environments have the pip that lies beside it."""

MAKES_THE_WORKSPACE = f"""
[ "$1" = venv ] || exit 0
{ONLY_ONE}
mkdir -p .venv/bin
ln -s /bin/true .venv/bin/python
"""


def said(*command: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)


def program(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/bash\n{text}\n")
    file.chmod(0o755)
    return file


def system_path(folder: Path, *without: str) -> str:
    """A PATH with the system's programs but for those."""
    for name in ("bash", "env", "dirname", "id", "grep", "cat", "git", "sudo"):
        if name not in without:
            (folder / name).symlink_to(f"/usr/bin/{name}")
    return str(folder)


def test_first_fitting_python_is_taken(tmp_path: Path):
    old = program(tmp_path, "python3", "exit 1")
    assert (
        said(SCRIPTS / "python", old, tmp_path / "none", sys.executable, **os.environ).stdout.strip() == sys.executable
    )


def test_missing_python_is_said(tmp_path: Path):
    done = said(SCRIPTS / "python", program(tmp_path, "python3", "exit 1"), **os.environ)
    assert done.returncode == 1
    assert "Python 3.11 or 3.12 is missing" in done.stderr
    assert "apt-get install python3" in done.stderr


def test_missing_git_is_said(tmp_path: Path):
    done = said("/bin/bash", SCRIPTS / "bootstrap", PATH=system_path(tmp_path, "git"))
    assert done.returncode == 1
    assert "git is missing" in done.stderr


def test_missing_sudo_is_said_to_a_user(tmp_path: Path):
    path = system_path(tmp_path, "sudo", "id")
    program(tmp_path, "id", "echo 1000")
    done = said("/bin/bash", SCRIPTS / "as_root", "true", PATH=path)
    assert done.returncode == 1
    assert "root or sudo" in done.stderr


def test_uv_that_is_named_is_taken_or_missed(tmp_path: Path):
    named = program(tmp_path, "uv", "echo named")
    assert said(SCRIPTS / "uv", **os.environ | {"UV": str(named)}).stdout == "named\n"
    done = said(SCRIPTS / "uv", **os.environ | {"UV": str(tmp_path / "none")})
    assert done.returncode == 1
    assert "is no program" in done.stderr


def test_two_at_once_install_uv_once(tmp_path: Path):
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    shutil.copy(SCRIPTS / "uv", scripts)
    program(scripts, "python", f"echo {program(tmp_path, 'python3', MAKES_ENVIRONMENTS)}")
    program(tmp_path, "pip", f'cp {program(tmp_path, "uv", "echo uv")} "${{0%/*}}"')
    env = {name: value for name, value in os.environ.items() if name != "UV"} | {"MADE": str(tmp_path / "made")}
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: said(scripts / "uv", **env), range(2)))
    assert [(done.returncode, done.stdout) for done in both] == [(0, "uv\n")] * 2, both
    assert (tmp_path / "made").read_text() == "made\n"


def test_two_at_once_make_the_workspace_environment_once(tmp_path: Path):
    for folder in ("scripts", "requirements"):
        (tmp_path / folder).mkdir()
    for name in ("bootstrap", "python", "step", "uv"):
        shutil.copy(SCRIPTS / name, tmp_path / "scripts")
    (tmp_path / "requirements/dev.txt").write_text("a==1\n")
    uv = program(tmp_path, "uv", MAKES_THE_WORKSPACE)
    env = os.environ | {"UV": str(uv), "MADE": str(tmp_path / "made")}
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: said(tmp_path / "scripts/bootstrap", **env), range(2)))
    assert [done.returncode for done in both] == [0, 0], both
    assert (tmp_path / "made").read_text() == "made\n"


def test_environment_is_clean():
    own = {"PATH": "/somewhere/bin:/usr/bin:/bin", "HOME": "/home/x", "PYTHONPATH": "/y", "NATS__URL": "nats://z",
           "FAIRWAY_HOME": "/w", "SSL_CERT_FILE": "/ca.pem", "OPENBLAS_CORETYPE": "Zen", "TERM": "dumb"}  # fmt: skip
    lines = said(SCRIPTS / "clean_environment", "env", **own).stdout.split()
    kept = dict(line.split("=", 1) for line in lines)
    assert kept.pop("PATH").startswith("/usr/local/sbin:")
    assert kept == {name: own[name] for name in own if name not in ("PATH", "PYTHONPATH", "NATS__URL")}


def test_step_tells_and_fails_with_the_end_of_the_log():
    started = time.monotonic()
    done = said(SCRIPTS / "step", "Doing nothing", "true", **os.environ)
    assert done.stdout.splitlines()[0] == "Doing nothing ..."
    assert "done in 0 s" in done.stdout
    assert time.monotonic() - started < 9, "it leaves a process that keeps its output open"
    done = said(SCRIPTS / "step", "Failing", "bash", "-c", "echo no space left; exit 7", **os.environ)
    assert done.returncode == 7
    assert "no space left" in done.stderr


def test_entries_of_known_pins_stay_as_they_are(tmp_path: Path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text(entry("a==1", 1) + entry("b==2 ; python_version < '3.12'", 2) + entry("gone==1", 3))
    new.write_text(entry("a==1", 1, 9) + entry("added==4", 4) + entry("b==3", 5))
    subprocess.run([sys.executable, SCRIPTS / "keep_entries.py", new, old], check=True, timeout=60)
    assert old.read_text() == entry("a==1", 1) + entry("added==4", 4) + entry("b==3", 5)


def entry(pin: str, *hashes: int) -> str:
    return " \\\n    ".join([pin, *(f"--hash=sha256:{number}" for number in hashes)]) + "\n"
