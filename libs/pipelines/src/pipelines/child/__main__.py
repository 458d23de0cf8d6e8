import asyncio
import contextlib
import importlib
import json
import os
import shutil
import socket
import sys
from pathlib import Path

from pipelines import outcome as outcomes
from pipelines.child import fork_server, plugins, run, store
from pipelines.child.process import Stop, die_with_parent
from pipelines.port import PipelinesDown


def main(argument: str, folder: str = ".", connection: str = "") -> int:
    """Takes `SPEC.json`, or an option with an empty folder for ZenML's configuration; `connection` is the number of an
    open socket. Returns the exit code."""
    if argument == "--fork-server":
        own = _serve(Path(folder), socket.socket(fileno=int(connection)))
        return main("--warm", str(own)) if own else 0
    die_with_parent()
    stop = Stop()
    if argument == "--warm":
        spec_file = _wait_for_spec(Path(folder))
    else:
        spec_file = Path(argument).resolve()
        store.configure(spec_file.parent)
    outcome = run.run(spec_file, stop)
    outcomes.write_outcome(outcome)
    return outcomes.exit_code(outcome)


def _serve(folder: Path, connection: socket.socket) -> Path | None:
    """A fork starts with the token that was received here, as each sign-in costs the server half a second."""
    die_with_parent(with_forks=False)
    _prepare(folder)
    store.forget_connections()
    own = fork_server.serve(connection)
    if own:
        shutil.copytree(folder, own, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.log"))
    return own


def _prepare(folder: Path) -> None:
    store.configure(folder)
    with contextlib.suppress(PipelinesDown):  # the run itself tries again and reports it
        asyncio.run(_warm_up())


def _wait_for_spec(folder: Path) -> Path:
    _prepare(folder)
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    order = json.loads(line)
    spec_file = Path(order["spec"])
    _write_log_to(spec_file.parent / "child.log")
    os.environ["FAIRWAY_REPORT"] = order["report"]
    return spec_file


async def _warm_up() -> None:
    importlib.import_module("pipelines.child.observe")
    plugins.preload()
    adapter, _ = await store.sign_in(retry_seconds=0)
    await adapter.aclose()


def _write_log_to(file: Path) -> None:
    log_file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    os.close(log_file)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
