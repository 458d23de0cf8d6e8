"""`python compiled.py FOLDER KEPT`: compiles the modules in FOLDER. A module that several images have is compiled once:
KEPT, a folder that stays between builds, holds what was compiled, by path and source."""

import hashlib
import os
import py_compile
import sys
from importlib.util import cache_from_source
from pathlib import Path
from shutil import copyfile

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def compile_module(source: Path, kept: Path) -> None:
    """Some packages bring modules of another Python: those stay as they are."""
    held = kept / hashlib.sha256(f"{sys.version} {source}\n".encode() + source.read_bytes()).hexdigest()
    if not held.exists():
        made = f"{held}.{os.getpid()}"
        try:
            py_compile.compile(str(source), made, doraise=True, invalidation_mode=UNCHECKED)
        except py_compile.PyCompileError as error:
            print(f"{source} is not compiled: {error.exc_value}", file=sys.stderr)
            return
        os.replace(made, held)
    target = Path(cache_from_source(source))
    target.parent.mkdir(exist_ok=True)
    copyfile(held, target)


def main(folder: Path, kept: Path) -> None:
    kept.mkdir(parents=True, exist_ok=True)
    for source in folder.rglob("*.py"):
        compile_module(source, kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
