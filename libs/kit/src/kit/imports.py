"""Imports of libraries without what they load and no process of ours uses (docs/decisions/0014)."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def import_without(name: str) -> Iterator[None]:
    """Makes `import name` fail inside the block, as on a machine that does not have it, unless it is loaded already."""
    is_loaded = name in sys.modules
    if not is_loaded:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if not is_loaded:
            del sys.modules[name]


def never_import(name: str) -> None:
    """Makes every later `import name` of this process fail, unless it is loaded already."""
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@contextmanager
def import_hollow(module: str, *names: str) -> Iterator[None]:
    """Inside the block `from package.inner import name` gets an empty class, unless the package is loaded already: for
    libraries that use it in tests only."""
    package, _, inner = module.partition(".")
    hollow = {} if package in sys.modules else {package: ModuleType(package), module: ModuleType(module)}
    if hollow:
        vars(hollow[module]).update({name: type(name, (), {}) for name in names})
        setattr(hollow[package], inner, hollow[module])
        sys.modules.update(hollow)
    try:
        yield
    finally:
        for name in hollow:
            sys.modules.pop(name, None)


@contextmanager
def import_empty(names_by_module: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Inside the block each of the modules, unless it is loaded already, has nothing but empty classes of these names:
    for libraries that import it for what no process of ours does. Later imports get the real one."""
    empty = {name: ModuleType(name) for name in names_by_module if name not in sys.modules}
    for name, module in empty.items():
        vars(module).update({inner: type(inner, (), {}) for inner in names_by_module[name]})
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            sys.modules.pop(name, None)
