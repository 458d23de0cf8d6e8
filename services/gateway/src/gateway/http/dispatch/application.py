"""The application with the layers that our routes need."""

from fastapi import FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp


class Application(FastAPI):
    """FastAPI adds two layers more: one closes what its own way to call an endpoint has opened, which no route of ours
    uses (docs/decisions/0102); one answers unexpected errors, which the outermost of ours does."""

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=dict(self.exception_handlers), debug=self.debug)
        for cls, args, kwargs in reversed(self.user_middleware):
            app = cls(app, *args, **kwargs)
        return app
