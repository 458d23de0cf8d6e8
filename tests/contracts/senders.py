"""Who sends each message, read from the sources: a service that names the class elsewhere than where it hears it."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from contracts import OWNERS
from contracts.base import Command, Message, Query
from contracts.registry import all_messages

SERVICES = Path(__file__).parents[2] / "services"
HEARS = {"on", "effect", "job", "batch", "in_worker", "subject"}
"""Methods of a router that say what is heard, and the method of a message that names what is subscribed to."""


def senders(message: type[Message]) -> list[str]:
    """Returns the services that send the message. Only the gateway sends commands, and only owners send facts and jobs
    (`test_permissions`); who names the class of another service's event or of a command reads it."""
    named = {room for room, messages in _named().items() if message in messages}
    if issubclass(message, Query):
        return sorted(named)
    return sorted(named & ({"gateway"} if issubclass(message, Command) else {message.owner()}))


@cache
def _named() -> dict[str, set[type[Message]]]:
    sources = {room: (SERVICES / room / "src").rglob("*.py") for room in OWNERS}
    return {room: {found for path in paths for found in _used(path)} for room, paths in sources.items()}


def _used(path: Path) -> Iterator[type[Message]]:
    tree = ast.parse(path.read_text())
    names, passed_over = dict(_imported(tree)), {id(part) for top in _not_sent(tree) for part in ast.walk(top)}
    for node in ast.walk(tree):
        if id(node) not in passed_over:
            yield from _messages(node, names)


def _imported(tree: ast.AST) -> Iterator[tuple[str, Any]]:
    """Names that a module imports from the contracts, and what they are there: a module or a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "contracts":
            module = import_module(node.module or "")
            yield from ((alias.asname or alias.name, _member(module, alias.name)) for alias in node.names)


def _member(module: ModuleType, name: str) -> Any:
    return getattr(module, name, None) or import_module(f"{module.__name__}.{name}")


def _not_sent(tree: ast.AST) -> Iterator[ast.AST]:
    """Annotations, and what a router is told to hear."""
    for node in ast.walk(tree):
        yield from filter(None, (getattr(node, "annotation", None), getattr(node, "returns", None)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in HEARS:
            yield from (node.func, *node.args)


def _messages(node: ast.AST, names: dict[str, Any]) -> Iterator[type[Message]]:
    """An attribute of what is no module, as in `owner.GetRunLogs()`, is each message with this name."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        found = names.get(node.id)
        yield from (found,) if found in all_messages().values() else ()
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = names.get(node.value.id)
        said = [getattr(module, node.attr, None)] if isinstance(module, ModuleType) else _named_so(node.attr)
        yield from (one for one in said if one in all_messages().values())


def _named_so(name: str) -> list[type[Message]]:
    return [message for message in all_messages().values() if message.__name__ == name]
