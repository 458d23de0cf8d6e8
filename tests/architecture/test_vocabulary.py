"""Names of modules, classes and functions use the terms of docs/glossary.md; retired words do not come back."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("retired_words.toml")
SOURCES = ("libs/*/src/*.py", "services/*/src/*.py", "models/*.py", "processors/*.py")
SEVERAL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words(name: str) -> set[str]:
    return {word.lower() for word in SEVERAL.findall(name)}


def names(path: Path) -> Iterator[str]:
    """The module, the packages it lies in, and every class and function in it, with the private ones."""
    yield from path.relative_to(ROOT).with_suffix("").parts[3:]
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    yield from (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds))


def found_words(retired: set[str]) -> dict[str, dict[str, list[str]]]:
    """Retired words by room, with the names that have them. Migrations are released and keep their names."""
    found: dict[str, dict[str, list[str]]] = {}
    listed = subprocess.check_output(["git", "ls-files", *SOURCES], cwd=ROOT, text=True).splitlines()
    for path in (ROOT / line for line in listed if "/tests/" not in line and "/migrations/" not in line):
        room = "/".join(path.relative_to(ROOT).parts[:2])
        for name in names(path) if path.exists() else ():
            for word in words(name) & retired:
                found.setdefault(room, {}).setdefault(word, []).append(name)
    return found


def test_retired_words_do_not_come_back():
    rules = tomllib.loads(FILE.read_text())
    allowed = rules["not_renamed"]
    new = {
        f"{room}: {', '.join(sorted(set(where)))}: use {rules['words'][word]}"
        for room, found in found_words(set(rules["words"])).items()
        for word, where in found.items()
        if word not in allowed.get(room, [])
    }
    assert new == set()


def test_list_of_rooms_not_renamed_only_shrinks():
    rules = tomllib.loads(FILE.read_text())
    found = found_words(set(rules["words"]))
    gone = {f"{room}: {w}" for room, left in rules["not_renamed"].items() for w in left if w not in found.get(room, {})}
    assert gone == set(), "delete these from retired_words.toml"


def test_words_are_seen_in_every_style_of_name():
    assert words("_DeadLetterHTTPRoute_of") == {"dead", "letter", "http", "route", "of"}
    assert "patience" in words("patience_of")


def test_glossary_is_a_table_of_terms_without_retired_words():
    retired = set(tomllib.loads(FILE.read_text())["words"])
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \|$", (ROOT / "docs/glossary.md").read_text(), re.M)
    assert 35 <= len(rows) <= 50
    assert [term for term, _ in rows if words(term) & retired] == []
