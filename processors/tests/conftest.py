"""All processors of the folder, the shared sample where it lies beside the repository."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from extracts.outline import Outline
from extracts.processors import Registry, SourceCache, discover, read_catalogue
from extracts.processors.registry import RegisteredProcessor
from extracts.testing import FileServer, file_server, sample_boundaries, shared_sample

FOLDER = Path(__file__).parents[1]
HOST = "http://host/packages"


@pytest.fixture(scope="session")
def registry() -> Registry:
    return discover(FOLDER)


@pytest.fixture(scope="session")
def sample() -> Path:
    return shared_sample(FOLDER.parent)


@pytest.fixture(scope="session")
def sampled(registry: Registry, sample: Path) -> Registry:
    """With the lists of sources that the sample has."""
    return registry.with_sources(read_catalogue((sample / "sources/catalogue.json").read_bytes()))


@pytest.fixture(scope="session")
def boundaries(sample: Path) -> dict[str, Outline]:
    return sample_boundaries(sample)


@pytest.fixture
def cache(tmp_path: Path, sample: Path) -> SourceCache:
    """Over the sample's files, without a network."""
    for path in (sample / "sources").rglob("source_data/**/*"):
        if path.is_file():
            target = tmp_path / "cache" / path.relative_to(sample / "sources")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path)
    return SourceCache(tmp_path / "cache")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    """Serves packages, so that validators can fetch their files."""
    (tmp_path / "served").mkdir()
    with file_server(tmp_path / "served") as served:
        yield served


def folder_of(server: FileServer, found: RegisteredProcessor, boundary: str) -> Path:
    """Where a run's results are served."""
    return server.folder / boundary / "datasets" / found.dataset / found.version


def validate(package: dict) -> None:
    """By datapackage 1.15 and frictionless 5, which fetches the files and compares their bytes and hashes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import datapackage
        import frictionless
    package = orjson.loads(orjson.dumps(package))
    assert datapackage.Package(package).errors == []
    report = frictionless.Package.from_descriptor(package).validate()
    assert report.flatten(["type", "message"]) == []
    assert report.warnings == [warning for warning in report.warnings if "sha1" in warning]


def of(registry: Registry, name: str) -> RegisteredProcessor:
    return registry.processors[name]
