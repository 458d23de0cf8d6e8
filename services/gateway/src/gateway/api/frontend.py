"""The built single-page application, where a deployment serves it itself (SERVE_FRONTEND)."""

from pathlib import Path

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from gateway.policy import Policy
from gateway.routing import Routes
from gateway.settings import DoorSettings


class Page(Convertor[str]):
    """Every path outside `/api`, so that what is unknown there stays a problem."""

    regex = "(?!api(?:/|$)).*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", Page())
routes = Routes("system", prefix="")


@routes.get("/{path:page}", Policy.OPEN, scope=None, include_in_schema=False)
async def page(request: Request, path: str) -> Response:
    """A file of the build; anything else is a page of the application, which finds out by itself."""
    folder = request.app.state.door.settings.frontend_folder
    file = None if folder is None else _inside(folder, path) or _inside(folder, "index.html")
    if file is None:
        raise HTTPException(404)
    return FileResponse(file)


def _inside(folder: Path, path: str) -> Path | None:
    """None for what is no file, or lies elsewhere after links and dots are followed."""
    try:
        file = (folder / path.lstrip("/")).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        return None


def into(app: FastAPI, settings: DoorSettings) -> None:
    """To be called last: it matches nearly everything."""
    if settings.serve_frontend:
        routes.into(app)
