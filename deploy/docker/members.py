"""`python members.py training`: the folders of the workspace members that an image is made of, a service last.

The image `runner` has no service: models stand on geoml.
"""

import re
import sys
import tomllib
from pathlib import Path

WORKSPACE = Path(__file__).parents[2]


def members(room: str) -> list[Path]:
    found: dict[str, Path] = {}
    _add(*(("geoml", WORKSPACE / "libs/geoml") if room == "runner" else (room, WORKSPACE / "services" / room)), found)
    return list(found.values())


def _add(name: str, folder: Path, found: dict[str, Path]) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    for needed in (re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in project["dependencies"]):
        if needed not in found and (WORKSPACE / "libs" / needed).is_dir():
            _add(needed, WORKSPACE / "libs" / needed, found)
    found[name] = folder


if __name__ == "__main__":
    print(*members(sys.argv[1]))
