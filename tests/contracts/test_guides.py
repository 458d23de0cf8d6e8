"""What README, CONTRIBUTING and the guides tell somebody to type or to open is there."""

import json
import re
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest

from contracts import OWNERS
from kit.cli import VERBS
from tests.contracts.rooms import services

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "libs" / "stack" / "README.md",
    *(ROOT / "docs" / f"{name}.md" for name in ("api", "bench", "deploy")),
    *sorted(ROOT.glob("models/*/README.md")),
]
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
