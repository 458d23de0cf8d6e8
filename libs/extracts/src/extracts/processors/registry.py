"""Processors found in a folder: `<dataset>/<version>.py`, without a list anywhere else."""

import importlib.util
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from extracts.names import request_key
from extracts.package import DatasetVersion
from extracts.processors.base import Part, Processor
from extracts.processors.metadata import Metadata
from extracts.processors.request import Request
from extracts.processors.source_files import Source

NAME = re.compile(r"[a-z0-9_]+")
IGNORED = ("tests",)
"""Folders beside the datasets."""


@dataclass(frozen=True)
class RegisteredProcessor:
    """A processor with the names that its file gives it, and the sources that it has here."""

    dataset: str
    version: str
    metadata: Metadata
    processor: Processor
    sources: tuple[Source, ...]

    @property
    def name(self) -> str:
        return f"{self.dataset}.{self.version}"

    @property
    def formats(self) -> tuple[str, ...]:
        return self.processor.formats

    @property
    def dataset_version(self) -> DatasetVersion:
        """For data packages and pages."""
        of = self.metadata
        return DatasetVersion(
            self.dataset, self.version, of.title, of.description, of.dataset_name, of.origin_url, of.author, of.license
        )

    def parts(self, request: Request) -> list[Part]:
        """The files to make, in the order of the data package; none needs another one."""
        return self.processor.parts(self.dataset, self.version, request, self.sources)

    def outputs(self, request: Request) -> list[str]:
        """Names of files: a package has this dataset version when all of them are there."""
        return [part.output for part in self.parts(request)]

    def request_key(self, request: Request, hashes: Mapping[str, str]) -> str:
        """The address of the result; `hashes` are those of the prepared sources, or release names."""
        code = f"{self.name}@{self.metadata.release}"
        return request_key(request.outline, code, hashes, request.options.for_key())

    def describe(self) -> dict[str, Any]:
        """As the API gives it; `status` and `uri` are the caller's to add."""
        of = self.metadata
        return {
            "name": self.name, "description": of.description, "version": self.version, "data_author": of.author,
            "data_title": of.title, "data_title_long": of.title_long, "data_summary": of.paragraphs,
            "data_citation": of.citation, "data_origin_url": of.origin_url, "data_formats": list(self.formats),
            "data_license": {"name": of.license.name, "path": of.license.path, "title": of.license.title},
        }  # fmt: skip


@dataclass(frozen=True)
class Registry:
    """`processors` by name, in the order of names. `problems`: files that are left out, with the reason."""

    processors: dict[str, RegisteredProcessor]
    problems: dict[str, str]

    def visible(self, with_tests: bool) -> "Registry":
        """The same without test processors, unless they are wanted."""
        shown = {name: one for name, one in self.processors.items() if with_tests or not one.metadata.is_test}
        return replace(self, processors=shown)

    def with_sources(self, catalogue: Mapping[str, tuple[Source, ...]]) -> "Registry":
        """The same with lists of sources in the place of built-in ones; unknown names become problems."""
        known = {name: replace(one, sources=catalogue.get(name, one.sources)) for name, one in self.processors.items()}
        unknown = dict.fromkeys(catalogue.keys() - known, "The catalogue of sources names no known processor.")
        return replace(self, processors=known, problems=self.problems | unknown)

    def datasets(self) -> dict[str, list[RegisteredProcessor]]:
        """Versions by dataset."""
        found: dict[str, list[RegisteredProcessor]] = {}
        for one in self.processors.values():
            found.setdefault(one.dataset, []).append(one)
        return found


def discover(*folders: Path) -> Registry:
    """Every module that has `METADATA` and `PROCESSOR`. What cannot be taken becomes a problem, never an error."""
    found: dict[str, RegisteredProcessor] = {}
    problems: dict[str, str] = {}
    for path in (path for folder in folders for path in _modules(folder)):
        shown = f"{path.parent.name}/{path.name}"
        try:
            one = _registered(path)
        except (Exception, SystemExit) as error:
            problems[shown] = f"{type(error).__name__}: {error}"
            continue
        if one and one.name in found:
            problems[shown] = f"{one.name} is there twice; the first one is taken."
        elif one:
            found[one.name] = one
    return Registry(dict(sorted(found.items())), problems)


def _modules(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*/*.py")):
        hidden = path.parent.name.startswith((".", "_")) or path.name.startswith((".", "_"))
        if not hidden and path.parent.name not in IGNORED:
            yield path


def _registered(path: Path) -> RegisteredProcessor | None:
    """None for a module beside the processors that is none itself."""
    dataset, version = path.parent.name, path.stem
    module = _load(path, dataset, version)
    metadata, processor = getattr(module, "METADATA", None), getattr(module, "PROCESSOR", None)
    if metadata is None and processor is None:
        return None
    if not isinstance(metadata, Metadata) or not isinstance(processor, Processor):
        raise TypeError("A processor's module has METADATA, a Metadata, and PROCESSOR, a Processor.")
    if not NAME.fullmatch(dataset) or not NAME.fullmatch(version):
        raise ValueError("Names of datasets and versions have only a-z, 0-9 and _.")
    return RegisteredProcessor(dataset, version, metadata, processor, processor.sources)


def _load(path: Path, dataset: str, version: str) -> Any:
    name = f"{path.parent.parent.name}.{dataset}.{version}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path.name} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
