"""What two rooms share stands in a library: they have no block of six equal lines."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LENGTH = 6
APART = [
    ("models/unet", "models/rooftop_light"),
    ("models/unet", "models/box_unet"),
    ("services/training/src", "services/prediction/src"),
]
Block = tuple[str, ...]


def blocks(folder: Path) -> dict[Block, str]:
    """Returns blocks of lines → where one of them stands. Imports, comments, blank lines and lone brackets do not
    count; migrations stay as they are."""
    sources = [path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]
    return {block: str(path.relative_to(folder)) for path in sources for block in _blocks(path)}


def _blocks(path: Path) -> Iterator[Block]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    code = [line for line in lines if len(line) > 3 and not line.startswith(("import ", "from ", "#"))]
    return (tuple(code[start : start + LENGTH]) for start in range(len(code) - LENGTH + 1))


@pytest.mark.parametrize(("one", "other"), APART)
def test_no_copies(one: str, other: str):
    first, second = blocks(ROOT / one), blocks(ROOT / other)
    assert {block[0]: (first[block], second[block]) for block in first.keys() & second.keys()} == {}


def test_a_copy_is_seen(tmp_path: Path):
    for name, between in (("a.py", ""), ("b.py", "\n# a comment\n")):
        lines = [f"    value_{number} = {number}" for number in range(LENGTH)]
        (tmp_path / name).write_text(f"def {name[0]}():\n" + f"{between}\n".join(lines))
    a, b = (set(_blocks(tmp_path / name)) for name in ("a.py", "b.py"))
    assert len(a & b) == 1
    assert not any(left == right for left, right in product(a - b, b - a))
