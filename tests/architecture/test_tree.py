"""What must not be in the repository, and what every room must have."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("gateway", "catalog", "training", "prediction", "notify")
REGISTRIES = re.compile(
    r"files\.python" + r"hosted\.org|registry\.npm" + r"js\.org|pypi\." + r"org/|deb\.debian\." + "org"
)

WHOLE_ROOM = {"contracts", "outages"}
"""Subjects of tests that concern all aggregates of a room."""
HELD_BY = {
    r"^@router\.(on|effect|job)\b": ("handlers.py",),
    r"^    __tablename__ = ": ("tables.py",),
    r"^def visible_to\(": ("visibility.py",),
}
"""Content, as a regular expression, and the ends of the names of modules that may have it."""


def tracked(*patterns: str) -> list[Path]:
    names = subprocess.check_output(["git", "ls-files", *patterns], cwd=ROOT, text=True).splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_registry_is_named():
    for path in tracked():
        try:
            assert not REGISTRIES.search(path.read_text()), path
        except UnicodeDecodeError:
            continue


def test_nothing_large_is_kept():
    """The OpenAPI document of all public APIs is the largest file."""
    assert [path for path in tracked() if path.stat().st_size > 1 << 20] == []


def test_each_decision_has_a_number_of_its_own():
    titles = {path.name: path.read_text().partition("\n")[0] for path in tracked("docs/decisions/*.md")}
    assert len({name[:4] for name in titles}) == len(titles)
    assert [name for name, title in titles.items() if not title.startswith(f"# {int(name[:4])}. ")] == []


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_look_alike(room: str):
    package = ROOT / "services" / room / "src" / room
    for name in ("__main__.py", "main.py", "settings.py", "tables.py", "migrations/env.py"):
        assert (package / name).exists(), name


@pytest.mark.parametrize("room", ROOMS)
def test_tests_are_named_after_what_they_test(room: str):
    """`test_<aggregate>.py` or `test_<aggregate>_….py`, so that they are found beside each other; a module of the room
    and an API of the gateway count as well."""
    package = ROOT / "services" / room / "src" / room
    names = {path.stem for path in (*package.iterdir(), *package.glob("apis/*"))} | WHOLE_ROOM
    stems = {path: path.stem.removeprefix("test_") for path in tracked(f"services/{room}/tests/*test_*.py")}
    others = [path for path, stem in stems.items() if not any(f"{stem}_".startswith(f"{name}_") for name in names)]
    assert [str(path.relative_to(ROOT)) for path in others] == [], f"begin with one of {sorted(names)}"


@pytest.mark.parametrize("content", HELD_BY)
def test_modules_are_named_after_what_they_hold(content: str):
    sources = [path for path in tracked("services/*/src/*.py") if not path.name.endswith(HELD_BY[content])]
    elsewhere = [path for path in sources if re.search(content, path.read_text(), re.MULTILINE)]
    assert [str(path.relative_to(ROOT)) for path in elsewhere] == []


@pytest.mark.parametrize("name", ["dev", *ROOMS, "runner", *(f"{room}-worker" for room in ROOMS if room != "gateway")])
def test_requirements_are_hashed_and_free_of_addresses(name: str):
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_only_the_relay_and_the_bus_publish():
    """Handlers write outbox rows; whoever publishes by hand loses messages in a crash."""
    allowed = {
        "relay.py",
        "batch_publisher.py",
        "bus.py",
        "pull_consumer.py",
        "dead_letters.py",
        "ack_heartbeat.py",
        "settle.py",
        "query_server.py",
        "batching/requests.py",
        "batching/answers.py",
        "testing.py",
        "telemetry/samples.py",
        "dead_letters/usecases.py",
    }
    sources = [path for path in tracked("services/*/src/*.py", "libs/kit/src/*.py") if not _may_publish(path, allowed)]
    publishing = re.compile(r"\b(js|nc|_client|broker)\.publish\(")
    assert [str(path.relative_to(ROOT)) for path in sources if publishing.search(path.read_text())] == []


def _may_publish(path: Path, allowed: set[str]) -> bool:
    return bool(allowed & {path.name, "/".join(path.parts[-2:])})


@pytest.mark.parametrize("package", ["services/gateway/src/gateway"])
def test_folders_stay_small(package: str):
    counts = Counter(path.parent for path in tracked(f"{package}/*.py") if "migrations" not in path.parts)
    assert {str(folder): count for folder, count in counts.items() if count > 14} == {}
