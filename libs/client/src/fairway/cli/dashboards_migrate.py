"""The command `dashboards-migrate`: dashboards from a store into a file, and back.

Address and token come from the environment: API_BASE_URL or FAIRWAY_URL, and FAIRWAY_TOKEN; else from the login of
`fairway login`.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx
import typer

from fairway.cli.session import client
from fairway.errors import FairwayError

USAGE = """\
usage: dashboards-migrate export|import [FILE] [--all]

export  writes the whitelisted dashboards into FILE, all of them with --all
import  stores all dashboards of FILE, or none; others stay as they are
FILE    ./whitelisted_dashboards.json when it is not given
"""
DEFAULT = "./whitelisted_dashboards.json"
ACTIONS = ("export", "import")


class BadFile(Exception):
    """Says which file is wrong, and in what."""


def main() -> None:
    """Exits with 0 on success, else with 1 and one line on standard error."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Returns the exit code of a command line."""
    action = next((word for word in reversed(arguments) if word in ACTIONS), None)
    if action is None or {"--help", "-h"} & set(arguments):
        print(USAGE, end="")
        return 1
    words = [word for word in arguments if word not in ACTIONS and not word.startswith("-")]
    try:
        _migrate(action, Path(words[0] if words else DEFAULT), "--all" in arguments)
    except (FairwayError, BadFile, OSError, ValueError, httpx.HTTPError, typer.BadParameter) as error:
        print(f"dashboards-migrate: {error}", file=sys.stderr)
        return 1
    return 0


def _migrate(action: str, path: Path, everything: bool) -> None:
    os.environ.setdefault("FAIRWAY_URL", os.environ.get("API_BASE_URL", ""))
    if action == "import":
        records = _records(path)
        with client() as fairway:
            done = fairway.dashboards.import_all(records)
        print(f"{done['inserted']} dashboards were inserted, {done['updated']} updated.")
    else:
        with client() as fairway:
            found = fairway.dashboards.export_all(everything)
        path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        print(f"{len(found)} dashboards were written to {path}.")


def _records(path: Path) -> list[object]:
    if not path.is_file():
        raise BadFile(f"there is no file {path}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadFile(f"{path} is not JSON: {error}") from error
    if not isinstance(found, list):
        raise BadFile(f"{path} is no array of dashboards")
    return found
