"""Packages: what is stored."""

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog import packages as c
from gateway.apis.packages import archive
from gateway.apis.packages.boundaries import Boundary
from gateway.apis.packages.dialect import PACKAGES, READ
from gateway.apis.packages.geometries import DATA_PACKAGE
from gateway.apis.packages.processors import DatasetProcessors
from gateway.apis.packages.slices import ask_slices
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from kit.errors import NotFound

routes = Routes("packages", PACKAGES)
WAIT = 10.0
"""Seconds for an owner that reads the storage of packages."""
Processors = Annotated[list[c.ProcessorId], Query(max_length=50, examples=[["gridfinder.version_1"]])]


class Package(c.Package):
    processors: list[DatasetProcessors]  # pyright: ignore[reportIncompatibleVariableOverride]
    boundary: Boundary  # pyright: ignore[reportIncompatibleVariableOverride]
    datapackage: DATA_PACKAGE


class Download(BaseModel):
    """`url` gives the archive without a login until `expires_at`; `bytes` is its size."""

    url: str
    expires_at: datetime
    bytes: int
    files: int


@routes.get("/packages", Policy.PUBLIC_READ, list[c.PackageSummary], scope=READ)
async def list_packages(request: Request) -> Response:
    """Lists all packages by the names of their boundaries."""
    query = c.ListPackages()
    return await ask_slices(request, query, "boundary_name", WAIT, query.limit)


@routes.get("/packages/index.json", Policy.PUBLIC_READ, list[c.IndexedPackage], scope=READ)
async def get_package_index(request: Request) -> Response:
    """Lists all packages with areas, addresses, sizes, SHA-256 sums and dates of their files, for programs."""
    return await ask_slices(request, c.PackagesIndex(), "boundary_name", WAIT)


@routes.get("/packages/{boundary_name}", Policy.PUBLIC_READ, Package, scope=READ)
async def get_package(request: Request, boundary_name: str) -> Response:
    """Returns one package with its datasets and its data package."""
    return await ask(request, c.GetPackage(name=boundary_name), WAIT)


@routes.get("/packages/{boundary_name}/download", Policy.PUBLIC_READ, Download, scope=READ)
async def get_package_download(request: Request, boundary_name: str, processors: Processors = []) -> Response:  # noqa: B006
    """Returns an address of the package as one zip file, or of a selection of its processors."""
    members = await _members(request, boundary_name, processors)
    settings = request_context(request).app.settings
    link = archive.Link(boundary_name, tuple(processors))
    token, expires_at = link.signed(settings.signing_key.get_secret_value())
    address = f"{settings.api_base_url}/packages/{boundary_name}/archive.zip?token={token}"
    size = archive.size(boundary_name, processors, members)
    body = Download(url=address, expires_at=expires_at, bytes=size, files=len(members))
    return JSONResponse(body.model_dump(mode="json"))


@routes.get("/packages/{boundary_name}/archive.zip", Policy.OPEN, scope=READ, responses=archive.ZIP,
            refuses={403: "The link is not valid, or its time is over."})  # fmt: skip
async def get_package_archive(request: Request, boundary_name: str, token: archive.Token) -> Response:
    """Streams a package as one zip file. The files are stored uncompressed; `manifest.json` is the last one and has
    the SHA-256 of all others."""
    secret = request_context(request).app.settings.signing_key.get_secret_value()
    link = archive.Link.opened(boundary_name, token, secret)
    return archive.response(request, link, await _members(request, boundary_name, link.processors))


async def _members(request: Request, name: str, processors: tuple[str, ...] | list[str]) -> list[c.PackageMember]:
    query = c.PackageContents(name=name, processors=list(processors))
    members = [c.PackageMember.model_validate(one) for one in orjson.loads(await answer(request, query, WAIT))]
    if not members:
        raise NotFound("package_not_found", f"Package {name} not found")
    return members
