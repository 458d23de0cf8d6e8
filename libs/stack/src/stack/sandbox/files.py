"""A host of model files: serves a folder, with ranges and HEAD as any web server does."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from stack.sandbox.web import application


def app(data: Path) -> Starlette:
    return application([Mount("/", StaticFiles(directory=data))])
