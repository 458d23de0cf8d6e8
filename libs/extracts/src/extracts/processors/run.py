"""A run of a processor for one area: a part at a time, for workers that share them, or all of them in one process."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from extracts.digests import digest
from extracts.processors.base import Inputs, MadeFile, Part, Tables
from extracts.processors.cache import Prepared, SourceCache
from extracts.processors.finishing import Result, finish
from extracts.processors.registry import RegisteredProcessor
from extracts.processors.request import Request
from extracts.processors.steps import FETCHING, HASHING, MOVING, Report, never_backwards


def make_part(
    found: RegisteredProcessor, part: Part, request: Request, inputs: Inputs, folder: Path, report: Report,
    done: int = 0,
) -> MadeFile:  # fmt: skip
    """Writes one file into `folder`, complete or not at all. `done`: parts that are made already, by anyone.

    Repeating it gives the same bytes.
    """
    total, steps, target = len(found.parts(request)), found.processor.steps, folder / part.output

    def progress(fraction: float) -> None:
        report(*steps.at((done + fraction) / total))

    progress(0.0)
    details = found.processor.make(part, request, inputs, target, progress)
    return MadeFile(part.number, part.output, part.driver, digest(target), details)


def run(
    found: RegisteredProcessor, request: Request, cache: SourceCache, folder: Path, host: str,
    report: Report = lambda percent, label: None, tables: Tables | None = None,
) -> Result:  # fmt: skip
    """Makes `<folder>/data/` and the pages beside it. A run that fails or is stopped leaves what was there before."""
    report, steps = never_backwards(report), found.processor.steps
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
    try:
        prepared = prepare(found, cache, report)
        inputs, parts = Inputs(prepared.files, tables), found.parts(request)
        (draft / "data").mkdir()
        made = [make_part(found, one, request, inputs, draft / "data", report, one.number) for one in parts]
        if steps.hashing is not None:
            report(steps.hashing, HASHING)
        result = finish(found, request, made, host, prepared.archives)
        report(steps.moving, MOVING)
        _move(draft, folder, result)
        for percent, label in steps.documentation if result.pages else ():
            report(percent, label)
        return result
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def prepare(
    found: RegisteredProcessor, cache: SourceCache, report: Report, parts: Iterable[Part] | None = None
) -> Prepared:
    """Sources of these parts, or all of the processor's, fetched and checked."""
    needed = None if parts is None else [part.source.name for part in parts if part.source]
    percent = found.processor.steps.fetching

    def fetching() -> None:
        if percent is not None:
            report(percent, FETCHING)

    fetching()
    return cache.prepare(found.dataset, found.version, found.sources, needed, fetching)


def _move(draft: Path, folder: Path, result: Result) -> None:
    for name, page in result.pages.items():
        (draft / name).write_text(page, encoding="utf-8")
        os.replace(draft / name, folder / name)
    if (folder / "data").exists():
        os.replace(folder / "data", draft / "old")
    os.replace(draft / "data", folder / "data")
