"""Bodies: JSON as strictly as orjson reads it, and types that several of them use."""

import json
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
UserId = Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)]
NUL = b"\\u0000"


class Body(BaseModel):
    """What a client may send; unknown members are ignored, as the old clients are used to."""

    model_config = ConfigDict(extra="ignore")


class JsonRequest(Request):
    """Refuses what PostgreSQL or other readers cannot keep: NaN, lone surrogates, NUL characters, endless nesting."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            if NUL in body:
                raise HTTPException(400, "Text must not contain NUL characters.")
            try:
                self._json = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise json.JSONDecodeError(error.msg, "", 0) from error
        return self._json


def _template(text: str) -> str:
    if not text.startswith(("http://", "https://")) or not all(part in text for part in ("{x}", "{y}", "{z}")):
        raise ValueError("must be a URL with {x}, {y} and {z}")
    return text


TileTemplate = Annotated[str, Field(max_length=4096), AfterValidator(_template)]
Keywords = list[Annotated[str, Field(min_length=1, max_length=80)]]
