"""What README, CONTRIBUTING and the guides tell somebody to type or to open is there."""

import json
import re
import shlex
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.core import TyperGroup
from typer.main import get_command

from contracts import OWNERS
from extracts.errors import ExtractError
from fairway.cli import app
from kit.cli import VERBS
from tests.contracts.rooms import services

ROOT = Path(__file__).parents[2]
GENERATED = {"access", "fair-coverage", "topology"}
GUIDES = [page for page in sorted(ROOT.glob("docs/*.md")) if page.stem not in GENERATED]
PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", *GUIDES, *sorted(ROOT.glob("libs/*/README.md")),
    *sorted(ROOT.glob("models/*/README.md")), ROOT / "findings" / "README.md",
]  # fmt: skip
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
FOLDERS = "(?:docs|libs|services|deploy|tests|models|scripts|requirements)"
IMAGINED = {"services/training/src/training/runs/jobs/archive_files.py", "deploy/secrets"}
"""Of the recipes, and what a command of a guide makes."""
RECIPES = {"A new endpoint that reads": 5, "A new event and someone who hears it": 4, "Long work": 5}
"""Section of CONTRIBUTING.md → files that are written by hand."""
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@each_page
def test_every_target_exists(page: Path) -> None:
    typed = re.findall(r"(?:^|`)make ([\w-]+)", page.read_text(), re.MULTILINE)
    assert set(typed) <= TARGETS


@each_page
def test_every_module_exists(page: Path) -> None:
    for module, verb in re.findall(r"python -m ([\w.]+|<room>)(?: (\w+))?", page.read_text()):
        if module == "<room>" or module in OWNERS:
            assert verb in {*VERBS, ""}
        else:
            assert find_spec(module), module


@each_page
def test_every_file_exists(page: Path) -> None:
    text = page.read_text()
    named = re.findall(rf"(?:`|^# )({FOLDERS}/[\w./-]+)(?:`|$)", text, re.MULTILINE)
    linked = re.findall(r"\]\(([^)#:]+)\)", text)
    for name in set(named) - IMAGINED:
        assert (ROOT / name).exists(), name
    for name in linked:
        assert (page.parent / name).exists(), name


@each_page
def test_every_decision_exists(page: Path) -> None:
    for number in re.findall(r"\bdecision (\d{4})", page.read_text()):
        assert list(ROOT.glob(f"docs/decisions/{number}-*.md")), number


@each_page
def test_every_command_of_the_client_exists(page: Path) -> None:
    text = page.read_text()
    for typed in re.findall(r"^(fairway [^#\n]+)|`(fairway [^`]+)`", text, re.MULTILINE):
        command, words = get_command(app), shlex.split("".join(typed))[1:]
        while isinstance(command, TyperGroup):
            assert words, typed
            assert words[0] in command.commands, typed
            command, words = command.commands[words[0]], words[1:]
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= options, typed


@each_page
def test_every_route_exists(page: Path) -> None:
    """Names of what stands in an address may differ; `…` stands for what was said before."""
    routes = {f"{method.upper()} {_nameless(path)}" for path, one in documented().items() for method in one}
    for method, path in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)", page.read_text()):
        wanted = _nameless(path)
        assert routes & {f"{method} {wanted}", f"{method} /api/v1{wanted}"} or "…" in path, f"{method} {path}"


def _nameless(path: str) -> str:
    return re.sub(r"\{[^}]*\}|<[^>]*>", "{}", path).rstrip("/")


@cache
def documented() -> dict[str, dict[str, Any]]:
    """Operations by path and method."""
    return services()["gateway"].app.openapi()["paths"]


def test_codes_of_extracts_are_those_of_its_guide() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "libs/extracts/src").rglob("*.py"))
    kinds = [kind.__name__ for kind in ExtractError.__subclasses__()]
    guide = (ROOT / "libs/extracts/README.md").read_text().partition("## Codes\n")[2]
    for kind in kinds:
        (told,) = re.findall(rf"^\| `{kind}` \| (.*) \|$", guide, re.MULTILINE)
        assert set(re.findall(rf'{kind}\(\s*"(\w+)"', sources)) == set(re.findall(r"\w+", told)), kind


def test_every_finding_is_told() -> None:
    told = re.findall(r"^\| `([\w-]+\.sh)`", (ROOT / "findings/README.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(path.name for path in ROOT.glob("findings/*.sh"))


@pytest.mark.parametrize("title", RECIPES)
def test_recipes_name_the_files_that_they_touch(title: str) -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    files = re.findall(rf"^# ({FOLDERS}/\S+)$", section, re.MULTILINE)
    assert len(set(files)) == len(files) == RECIPES[title]


CURL = re.compile(r"curl ((?:-[HX] \S+ |\"\$\w+\" )*)\$API(/[\w/-]+)(?: -d '(.*?)')?", re.DOTALL)


def asked() -> list[tuple[str, str, str]]:
    """Method, path, body of each call in docs/api.md."""
    found = CURL.findall((ROOT / "docs" / "api.md").read_text())
    return [("post" if body or "-X POST" in options else "get", path, body) for options, path, body in found]


@pytest.mark.parametrize(("method", "path", "body"), asked())
def test_every_call_is_one_of_ours(method: str, path: str, body: str) -> None:
    document = services()["gateway"].app.openapi()
    pattern = re.sub(r"/\d+/", r"/[^/]+/", f"/api/v1{path}")
    routes = [known for known in document["paths"] if re.fullmatch(pattern, known)]
    operation = document["paths"][routes[0]][method]
    if body:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(json.loads(body), {**schema, "components": document["components"]})


def test_there_are_calls() -> None:
    assert len(asked()) >= 6
