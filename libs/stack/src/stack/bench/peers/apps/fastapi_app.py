"""FastAPI with psycopg's pool."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel
from tasks import area_made, run

pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=16, open=False)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with pool:
        yield


app = FastAPI(lifespan=lifespan)
User = Annotated[int, Header(alias="X-User")]


class Area(BaseModel):
    geometry: dict[str, Any]
    properties: dict[str, Any]


@app.post("/areas/", status_code=201)
async def create(area: Area, user: User) -> dict[str, Any]:
    row = await insert(area, user)
    area_made.delay(row["id"])
    return row


@app.post("/runs/", status_code=202)
async def start(area: Area, user: User) -> dict[str, Any]:
    row = await insert(area, user)
    run.delay(row["id"])
    return row


async def insert(area: Area, user: int) -> dict[str, Any]:
    statement = "insert into areas (user_id, geometry) values (%s, %s) returning id, user_id, geometry, created_at"
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        return await (await cursor.execute(statement, [user, Jsonb(area.geometry)])).fetchone()


@app.get("/areas/{area_id}/")
async def read(area_id: int, user: User) -> dict[str, Any]:
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        row = await (await cursor.execute("select * from areas where id = %s", [area_id])).fetchone()
    if row is None:
        raise HTTPException(404)
    return row


@app.get("/areas/")
async def listed(user: User, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    async with pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        count = await (await cursor.execute("select count(*) as count from areas")).fetchone()
        page = "select * from areas order by id limit %s offset %s"
        rows = await (await cursor.execute(page, [limit, offset])).fetchall()
    return {"count": count["count"], "results": rows}
