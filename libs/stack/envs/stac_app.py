"""stac-fastapi on pgstac, whose writes need the bearer key FAIR_STAC_API_KEY. Runs in the environment `stac`."""

import hmac
import os

from stac_fastapi.pgstac.app import instantiate_api
from stac_fastapi.pgstac.core import CoreCrudClient
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

READ_METHODS = {"GET", "HEAD", "OPTIONS"}
READ_POSTS = {"/search"}


class WritesNeedKey:
    """Refuses by default: a route that a new version adds is closed unless it is a read."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        if not key:
            raise ValueError("FAIR_STAC_API_KEY must not be empty")
        self.app, self.expected = app, f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_read(scope) and not self._has_key(scope):
            body = {"code": "Unauthorized", "description": "a bearer key is needed to write"}
            await JSONResponse(body, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_read(self, scope: Scope) -> bool:
        posts = scope["method"] == "POST" and scope["path"].rstrip("/") in READ_POSTS
        return scope["method"] in READ_METHODS or posts

    def _has_key(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self.expected)


class WithChildren(CoreCrudClient):
    """Names the collections as children of the landing page too: programs that walk links know no other way."""

    async def landing_page(self, **kwargs):
        page = await super().landing_page(**kwargs)
        found = await self.all_collections(request=kwargs["request"])
        for collection in found["collections"]:
            href = next(link["href"] for link in collection["links"] if link["rel"] == "self")
            child = {"rel": "child", "type": "application/json", "title": collection.get("title"), "href": href}
            page["links"].append(child)
        return page


app = instantiate_api(client=WithChildren).app
app.add_middleware(WritesNeedKey, key=os.environ["FAIR_STAC_API_KEY"])
