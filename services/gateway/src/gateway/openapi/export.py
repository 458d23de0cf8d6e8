"""The OpenAPI document as a file."""

import orjson

from gateway.app import application
from gateway.settings import HttpSettings

SERVER = "http://127.0.0.1:8000/api/v1"


def document() -> str:
    """The same for every deployment: the server is that of a developer's machine."""
    app = application(HttpSettings.model_construct(api_base_url=SERVER, frontend_url="http://127.0.0.1:8000"))
    return orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"
