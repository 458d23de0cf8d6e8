"""The end of a processor's run: data package resource, pages and log, from the parts that any workers made."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from extracts.package import Descriptor, PackageFile, resource
from extracts.pages import dataset_index, dataset_license
from extracts.processors.base import MadeFile
from extracts.processors.registry import RegisteredProcessor
from extracts.processors.request import Request
from extracts.raster.formats import COG_MEDIA_TYPE, MEDIA_TYPE
from extracts.vector.formats import MEDIA_TYPES

FORMATS = {"GTiff": "GeoTIFF", "GPKG": "GEOPKG"}
"""As the reference names them; other drivers have their own name."""
ALL_MEDIA_TYPES = {"GTiff": MEDIA_TYPE, "COG": COG_MEDIA_TYPE, **MEDIA_TYPES}


@dataclass(frozen=True)
class Result:
    """`log`: the job's result, with the resource of the data package in it. `pages`: by file name, beside `data/`."""

    log: dict[str, Any]
    resource: Descriptor
    pages: dict[str, str]


def finish(
    found: RegisteredProcessor, request: Request, made: Iterable[MadeFile], host: str, archives: Sequence[str] = ()
) -> Result:
    """Once, when all parts are made; ValueError when they are others than `parts` says.

    `host`: root address of packages. `archives`: those that were fetched for this run.
    """
    files = sorted(made, key=lambda one: one.number)
    expected = [(part.number, part.output) for part in found.parts(request)]
    if [(one.number, one.output) for one in files] != expected:
        raise ValueError(f"{found.name} has {len(expected)} files, of which {len(files)} were made.")
    root = f"{host.rstrip('/')}/{request.boundary}/datasets/{found.dataset}/{found.version}"
    pages = _pages(found) if found.processor.has_pages else {}
    described = _resource(found, files, root)
    return Result(_log(found, files, root, pages, archives) | {"datapackage": described}, described, pages)


def _resource(found: RegisteredProcessor, files: list[MadeFile], root: str) -> Descriptor:
    drivers = {one.driver for one in files}
    driver = next(iter(drivers)) if len(drivers) == 1 else None
    described = resource(
        found.dataset_version, [PackageFile(f"{root}/data/{one.output}", one.digest) for one in files],
        FORMATS.get(driver, driver) if driver else "mixed", ALL_MEDIA_TYPES.get(driver) if driver else None,
    )  # fmt: skip
    for entry, one in zip(described["files"], files, strict=True):
        if one.details:
            entry["details"] = dict(one.details)
    return described


def _log(
    found: RegisteredProcessor, files: list[MadeFile], root: str, pages: dict[str, str], archives: Sequence[str]
) -> dict[str, Any]:
    of, uris = found.processor, [f"{root}/data/{one.output}" for one in files]
    steps: dict[str, Any] = {
        "zip download path": ",".join(archives), of.crop_key: True, "move to storage success": True,
        "result URIs" if of.several else "result URI": ",".join(uris),
        "created index documentation": f"{root}/index.html" if pages else "",
        "created license documentation": f"{root}/license.html" if pages else "",
    }  # fmt: skip
    return {f"{found.dataset} - {step}": value for step, value in steps.items() if step and value}


def _pages(found: RegisteredProcessor) -> dict[str, str]:
    version, of = found.dataset_version, found.metadata
    title = of.title_long or of.title or of.description
    return {
        "index.html": dataset_index(version, title, of.paragraphs, of.citation),
        "license.html": dataset_license(version),
    }
