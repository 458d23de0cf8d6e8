"""The OpenAPI document as a file."""

from gateway.app import application
from gateway.openapi.compact_json import written
from gateway.settings import HttpSettings

SERVER = "http://127.0.0.1:8000/api/v1"


def document() -> str:
    """The same for every deployment: the server is that of a developer's machine."""
    app = application(HttpSettings.model_construct(api_base_url=SERVER, frontend_url="http://127.0.0.1:8000"))
    return written(app.openapi())
