"""Files of results at permanent addresses: each request redirects to an address of the object store that is signed
anew.

Open maps and saved layers request ranges for days, from pages of any origin and without a login. Files of public
predictions are public; those of private ones need the token of their results.
"""

from typing import Annotated

import orjson
from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.files import Stored
from contracts.prediction import GetResultFile, HeadResultFile
from gateway.apis.fair.data.files import STORED
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import Id
from gateway.http.limits.timeouts import STORAGE_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes

routes = Routes("predictions", FAIR)
SCOPE = "result_file"
PATH = "/predictions/{prediction_id}/results/{name}"
Name = Annotated[str, Path(max_length=100)]
Token = Annotated[str, Query(max_length=100)]


@routes.get(PATH, Policy.ANON, status=302, scope=SCOPE)
async def get_result_file(request: Request, prediction_id: Id, name: Name, token: Token = "") -> Response:
    query = GetResultFile(prediction_id=prediction_id, name=name, token=token)
    link = orjson.loads(await answer(request, query, STORAGE_WAIT))
    return Response(status_code=302, headers={"location": link["url"], "cache-control": "no-store"})


@routes.add("HEAD", PATH, Policy.ANON, responses=STORED, scope=SCOPE)
async def head_result_file(request: Request, prediction_id: Id, name: Name, token: Token = "") -> Response:
    """Answered here, because a signed address is valid for GET only."""
    query = HeadResultFile(prediction_id=prediction_id, name=name, token=token)
    found = Stored.model_validate_json(await answer(request, query, STORAGE_WAIT))
    headers = {"content-length": str(found.size), "etag": found.etag, "accept-ranges": "bytes"}
    return Response(headers=headers, media_type=found.content_type)
