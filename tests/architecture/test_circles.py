"""No two modules import each other, by whatever detour; imports in functions and for types count as well."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]


def circles(imports: Mapping[str, Iterable[str]]) -> set[tuple[str, ...]]:
    """Groups of modules that reach each other, sorted; `imports` maps a module to those it imports."""
    reached = {module: _reachable(module, imports) for module in imports}
    return {
        tuple(sorted({module} | {other for other in below if module in reached.get(other, ())}))
        for module, below in reached.items()
        if module in below
    }


def _reachable(start: str, imports: Mapping[str, Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(imports.get(start, ()))
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += imports.get(module, ())
    return found


@pytest.fixture(scope="module")
def found() -> set[tuple[str, ...]]:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return circles({module: graph.find_modules_directly_imported_by(module) for module in graph.modules})


def test_there_is_no_circle(found: set[tuple[str, ...]]):
    assert found == set()


def test_circles_are_seen_and_chains_are_not():
    assert circles({"a": ["b"], "b": ["c"], "c": ["b", "d"], "d": []}) == {("b", "c")}
