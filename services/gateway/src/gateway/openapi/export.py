"""The OpenAPI document as a file."""

import json

from gateway.app import application
from gateway.settings import HttpSettings

SERVER = "http://127.0.0.1:8000/api/v1"


def document() -> str:
    """The same for every deployment: the server is that of a developer's machine. Indented by one space, since the
    document is deep."""
    app = application(HttpSettings.model_construct(api_base_url=SERVER, frontend_url="http://127.0.0.1:8000"))
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
