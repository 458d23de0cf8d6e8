"""Rules for base models, and ids of local models."""

import ast
import re
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID, uuid5

_ENTRYPOINT = re.compile(r"models\.(?P<model>[a-z_][a-z0-9_]*)\.pipeline:(?P<function>[A-Za-z_][A-Za-z0-9_]*)")
_ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ITEMS = UUID("6c1f4c1e-0f5b-5c1a-9d0e-6d1f2b7f9a11")
MAX_NAME = 200
MAX_ERROR = 2000


class BadItem(ValueError):
    """The text is for the administrator who submitted the item."""


@dataclass(frozen=True)
class Entrypoint:
    """`models.<model>.pipeline:<function>`."""

    model: str
    function: str


@dataclass(frozen=True)
class Submission:
    item_id: str
    name: str
    entrypoint: Entrypoint


def parse_submission(item: dict[str, Any]) -> Submission:
    """Checks what a registration needs from the start. Raises BadItem with the problem."""
    name = _part(item, "properties", "mlm:name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise BadItem(f'properties["mlm:name"] must be a text of 1 to {MAX_NAME} characters.')
    item_id: Any = item.get("id")
    if not isinstance(item_id, str) or not _ITEM_ID.fullmatch(item_id):
        raise BadItem("id must consist of letters, digits, dots, dashes and underscores, at most 64.")
    return Submission(item_id, name, _entrypoint(item))


def _entrypoint(item: dict[str, Any]) -> Entrypoint:
    given = _part(item, "assets", "source-code", "mlm:entrypoint")
    match = _ENTRYPOINT.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        raise BadItem("The asset source-code needs mlm:entrypoint of the form models.<model>.pipeline:<function>.")
    return Entrypoint(match["model"], match["function"])


def _part(item: Any, *path: str) -> Any:
    """Returns the value at the path; None where the path does not exist."""
    for name in path:
        item = cast(dict[str, Any], item).get(name) if isinstance(item, dict) else None
    return item


def defines_name(source: str, name: str) -> bool:
    """Returns whether the module defines `name` at its top level, without running it."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return True
        if isinstance(node, ast.Import | ast.ImportFrom) and name in [a.asname or a.name for a in node.names]:
            return True
        if isinstance(node, ast.Assign) and name in [t.id for t in node.targets if isinstance(t, ast.Name)]:
            return True
    return False


def local_item_id(run_id: str, command_id: UUID) -> str:
    """Returns the id of the item of a published run: a new one for each command, the same for a repeated command."""
    return str(uuid5(_ITEMS, f"{run_id} {command_id}"))
