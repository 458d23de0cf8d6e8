"""The work of processors, called in a child process by `catalog.packages.production.processors`."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from catalog.packages.production.child.progress import reporter
from catalog.packages.production.child.state import Asked, request_of, returning_failures, state

Step = tuple[int, str]


@dataclass(frozen=True)
class Plan:
    """`outputs`: names of all files. `sources_key`: of the processor's release and its list of sources. `moving` and
    `documentation`: percents and labels before and after the files are moved into the package."""

    outputs: list[str]
    release: str
    sources_key: str
    moving: list[Step]
    documentation: list[Step]


@dataclass(frozen=True)
class Ready:
    """The sources are there and checked. `archives`: those that were fetched now."""

    request_key: str
    archives: list[str]


@dataclass(frozen=True)
class Finished:
    """As `extracts.processors.Result`."""

    log: dict[str, Any]
    resource: dict[str, Any]
    pages: dict[str, str]


@returning_failures
def plan(asked: Asked) -> Plan:
    """Reads no source."""
    from extracts.processors.steps import HASHING, MOVING

    found = state().found(asked.processor)
    steps, outputs = found.processor.steps, found.outputs(request_of(asked))
    moving = [(steps.moving, MOVING)] if steps.hashing is None else [(steps.hashing, HASHING), (steps.moving, MOVING)]
    documentation = list(steps.documentation) if found.processor.has_pages else []
    return Plan(outputs, found.metadata.release, sources_key(found), moving, documentation)


def sources_key(found: Any) -> str:
    text = repr((found.metadata.release, found.sources))
    return hashlib.sha256(text.encode()).hexdigest()


@returning_failures
def fetch(asked: Asked, progress: Path) -> Ready:
    """Fetches and checks all sources of a processor."""
    from extracts.processors import prepare

    found, request = state().found(asked.processor), request_of(asked)
    prepared = prepare(found, state().cache, reporter(progress))
    return Ready(found.request_key(request, prepared.hashes), list(prepared.archives))


@returning_failures
def make(asked: Asked, number: int, done: int, folder: Path, progress: Path) -> dict[str, Any]:
    """Writes one file into `folder`. Returns the record of it (`MadeFile`)."""
    from extracts.processors import Inputs, make_part, prepare

    found, request, report = state().found(asked.processor), request_of(asked), reporter(progress)
    part = found.parts(request)[number]
    prepared = prepare(found, state().cache, lambda percent, label: None, [part])
    inputs = Inputs(prepared.files, state().tables())
    return asdict(make_part(found, part, request, inputs, folder, report, done))


@returning_failures
def finish(asked: Asked, made: list[dict[str, Any]], archives: list[str]) -> Finished:
    """Once all parts are made; names are those of the asked package, whoever made them first."""
    from extracts import processors

    found, request = state().found(asked.processor), request_of(asked)
    names = found.outputs(request)
    files = [_made(one | {"output": names[one["number"]]}) for one in made]
    result = processors.finish(found, request, files, state().settings.host, archives)
    return Finished(result.log, result.resource, result.pages)


def _made(record: dict[str, Any]) -> Any:
    from extracts.digests import FileDigest
    from extracts.processors import MadeFile

    digest = FileDigest(**record["digest"])
    return MadeFile(record["number"], record["output"], record["driver"], digest, record["details"])


@returning_failures
def describe(asked: Asked, folder: Path) -> Finished:
    """The resource of files that are stored already, from copies in `folder`."""
    from extracts import processors
    from extracts.digests import digest
    from extracts.processors import MadeFile

    found, request = state().found(asked.processor), request_of(asked)
    parts = found.parts(request)
    files = [MadeFile(one.number, one.output, one.driver, digest(folder / one.output), {}) for one in parts]
    result = processors.finish(found, request, files, state().settings.host)
    return Finished(result.log, result.resource, result.pages)


@returning_failures
def estimate(asked: Asked) -> dict[str, Any]:
    """A dry run: nothing is fetched and nothing written."""
    from extracts import processors
    from extracts.processors import Inputs

    found, request = state().found(asked.processor), request_of(asked)
    present = state().cache.present(found.dataset, found.version, found.sources)
    return asdict(processors.estimate(found, request, Inputs(present.files, state().tables())))


def sources_keys() -> dict[str, str]:
    """Returns the keys of the current lists of sources, by processor."""
    return {name: sources_key(found) for name, found in state().registry.processors.items()}
