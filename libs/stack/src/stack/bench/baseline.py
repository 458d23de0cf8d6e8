"""The baseline: a bare FastAPI POST in one worker, with nothing behind it."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Body(BaseModel):
    name: str
    value: float


@app.post("/")
async def echo(body: Body) -> dict[str, str]:
    return {"name": body.name}
