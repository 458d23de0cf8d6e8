import asyncio
import contextlib
import importlib
import json
import os
import sys
from pathlib import Path

from pipelines import outcome as outcomes
from pipelines.child import plugins, run, store
from pipelines.child.process import Stop, die_with_parent
from pipelines.port import PipelinesDown


def main(argument: str, folder: str = ".") -> int:
    """Takes `SPEC.json`, or `--warm FOLDER`, an empty folder for ZenML's configuration. Returns the exit code."""
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


def _wait_for_spec(folder: Path) -> Path:
    store.configure(folder)
    with contextlib.suppress(PipelinesDown):  # the run itself tries again and reports it
        asyncio.run(_warm_up())
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
