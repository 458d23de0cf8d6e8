"""The built single-page application, for deployments that serve it themselves (SERVE_FRONTEND)."""

from fastapi import APIRouter
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.apis.fair.dialect import FAIR
from gateway.http.files.contained_file import file_in
from gateway.http.policy import Policy
from gateway.http.routing import Routes
from gateway.settings import HttpSettings


class FrontendPath(Convertor[str]):
    """Every path outside `/api`, so that unknown paths below `/api` stay problems."""

    regex = "(?!api(?:/|$)).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", FrontendPath())
routes = Routes("system", FAIR, prefix="")


@routes.get("/{path:page}", Policy.OPEN, scope=None, include_in_schema=False)
async def page(request: Request, path: str) -> Response:
    """Returns a file of the build; for any other path the application itself, which handles unknown pages."""
    folder = request.app.state.context.settings.frontend_folder
    file = None if folder is None else file_in(folder, path) or file_in(folder, "index.html")
    if file is None:
        raise HTTPException(404)
    return FileResponse(file)


def register(router: APIRouter, settings: HttpSettings) -> None:
    """Must be called last: it matches nearly every path."""
    if settings.serve_frontend:
        routes.register(router)
