"""Sizes of functions and modules of the product, by room: `make style` prints them, `test_sizes` holds them.

Lines of a function are those of its body without the docstring; of a module those that are not blank.
"""

import ast
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"tests", "migrations"}
PACKAGES = {"services", "libs"}
"""Folders whose folders are rooms."""
ROOMS = PACKAGES | {"models", "processors"}


@dataclass
class Sizes:
    """Lines by name."""

    functions: dict[str, int] = field(default_factory=dict)
    modules: dict[str, int] = field(default_factory=dict)


def by_room() -> dict[str, Sizes]:
    rooms: dict[str, Sizes] = defaultdict(Sizes)
    for name in _tracked():
        text, parts = (ROOT / name).read_text(), PurePath(name).parts
        sizes = rooms["/".join(parts[:2]) if parts[0] in PACKAGES else parts[0]]
        sizes.modules[name] = sum(1 for line in text.splitlines() if line.strip())
        sizes.functions |= {f"{name}:{line}": size for line, size in _functions(ast.parse(text))}
    return dict(rooms)


def whole() -> Sizes:
    rooms = by_room().values()
    return Sizes(
        {name: size for room in rooms for name, size in room.functions.items()},
        {name: size for room in rooms for name, size in room.modules.items()},
    )


def _tracked() -> list[str]:
    names = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True).splitlines()
    inside = [name for name in names if PurePath(name).parts[0] in ROOMS and (ROOT / name).exists()]
    return [name for name in inside if not ELSEWHERE & set(PurePath(name).parts)]


def _functions(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """First line and number of lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            yield node.lineno, (body[-1].end_lineno or 0) - body[0].lineno + 1


def median(sizes: dict[str, int]) -> float:
    return statistics.median(sizes.values())


def p90(sizes: dict[str, int]) -> int:
    return sorted(sizes.values())[int(len(sizes) * 0.9)]


def main() -> None:
    table = Table("room", "functions", "median", "p90", "longest", "modules", "median", "longest")
    for room, sizes in [*sorted(by_room().items()), ("all", whole())]:
        functions, modules = sizes.functions, sizes.modules
        table.add_row(*map(str, (
            room, len(functions), median(functions), p90(functions), max(functions.values()),
            len(modules), median(modules), max(modules.values()),
        )))  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    main()
