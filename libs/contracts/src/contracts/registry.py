"""All messages of Fairway, for those who do not know in advance which they need."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from contracts import OWNERS
from contracts.base import REGISTRY, Message


@cache
def all_messages() -> Mapping[str, type[Message]]:
    """Loads every module of every owner and returns the messages by their CloudEvents type. It costs a process about
    5 MB, so a service that only handles its own messages does without."""
    for owner in OWNERS:
        package = import_module(f"contracts.{owner}")
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    return REGISTRY
