"""What the whole stack promises, on the real servers."""

import asyncio

import httpx
import nats
import psutil
import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, OperationalError

from stack import databases, down, pids, postgres, run, status, up
from stack.bucket import client
from stack.home import Home

pytestmark = [pytest.mark.live, pytest.mark.timeout(400)]

ROOMS = [name.upper() for name in databases.ROOMS]
SERVERS = {"nats", "nats-supervisor", "postgres", "ceph-mon", "ceph-osd", "radosgw", "stac", "zenml"}
ITEM = {
    "type": "Feature",
    "stac_version": "1.0.0",
    "id": "one",
    "collection": "kept",
    "geometry": {"type": "Point", "coordinates": [1, 2]},
    "bbox": [1, 2, 1, 2],
    "properties": {"datetime": "2026-01-01T00:00:00Z"},
    "assets": {},
    "links": [],
}
COLLECTION = {
    "type": "Collection",
    "stac_version": "1.0.0",
    "id": "kept",
    "description": "d",
    "license": "CC0-1.0",
    "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
    "links": [],
}


def stac(env) -> httpx.Client:
    key = {"Authorization": f"Bearer {env['FAIR_STAC_API_KEY']}"}
    return httpx.Client(base_url=env["FAIR_STAC_API_URL"], headers=key, timeout=30, trust_env=False)


async def with_stream(env, use):
    connection = await nats.connect(env["NATS__URL"], connect_timeout=5)
    try:
        return await asyncio.wait_for(use(connection.jetstream()), 20)
    finally:
        await connection.close()


async def write_everywhere(env) -> None:
    async def publish(stream):
        await stream.add_stream(name="KEPT", subjects=["kept"])
        await stream.publish("kept", b"message")

    await with_stream(env, publish)
    with psycopg.connect(env["DATABASE_URL_TRAINING"]) as connection:
        connection.execute("create table kept as select 7 as number")
    client(env).put_object(Bucket=env["BUCKET_NAME"], Key="kept", Body=b"object")
    stac(env).post("/collections", json=COLLECTION).raise_for_status()
    stac(env).post("/collections/kept/items", json=ITEM).raise_for_status()


async def read_everywhere(env) -> None:
    message = await with_stream(env, lambda stream: stream.get_msg("KEPT", 1))
    assert message.data == b"message"
    with psycopg.connect(env["DATABASE_URL_TRAINING"]) as connection:
        assert connection.execute("select number from kept").fetchone() == (7,)
    assert client(env).get_object(Bucket=env["BUCKET_NAME"], Key="kept")["Body"].read() == b"object"
    assert stac(env).get("/collections/kept/items/one").raise_for_status().json()["id"] == "one"
    assert zenml_stack(env)["name"] == env["FAIR_ZENML_STACK"]


def zenml_stack(env) -> dict:
    http = httpx.Client(base_url=f"{env['FAIR_ZENML_STORE_URL']}/api/v1", timeout=30, trust_env=False)
    token = http.post("/login", data={"password": env["FAIR_ZENML_STORE_API_KEY"]}).raise_for_status().json()
    http.headers["Authorization"] = f"Bearer {token['access_token']}"
    return http.get("/stacks", params={"name": env["FAIR_ZENML_STACK"]}).raise_for_status().json()["items"][0]


def alive(process: psutil.Process) -> bool:
    """A zombie is dead: in a container the first process may never bury the daemons it inherits."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_up_after_down_keeps_all_data_and_addresses(home, env):
    await write_everywhere(env)
    before = pids.running(home).values()
    assert len(before) == len(SERVERS)
    down(home=home)
    assert not [process for process in before if alive(process)]
    assert not [
        one for one in psutil.process_iter(["cmdline"]) if str(home.path) in " ".join(one.info["cmdline"] or [])
    ]
    assert up(home=home) == env
    await read_everywhere(env)


def test_up_while_running_starts_nothing(home, env):
    before = {name: one.pid for name, one in status(home).items()}
    assert set(before) == SERVERS
    assert up(home=home) == env
    assert {name: one.pid for name, one in status(home).items()} == before


async def test_killed_servers_come_back_with_their_data(home, env):
    with psycopg.connect(env["DATABASE_URL_NOTIFY"]) as connection:
        connection.execute("create table survived as select 1 as number")
    pids.kill([pids.find(home, name) for name in ("postgres", "nats", "ceph-osd", "radosgw")])
    assert up(home=home) == env
    with psycopg.connect(env["DATABASE_URL_NOTIFY"]) as connection:
        assert connection.execute("select number from survived").fetchone() == (1,)
    assert client(env).list_buckets()["Buckets"]


@pytest.mark.parametrize("room", ROOMS)
def test_role_opens_its_own_database_only(env, room):
    own = env[f"DATABASE_URL_{room}"]
    with psycopg.connect(own) as connection:
        connection.execute("create table mine (id int)")
        connection.rollback()
    others = [name for name in (*databases.ROOMS, "stac", "postgres", "template1") if name != room.lower()]
    for other in others:
        with pytest.raises(OperationalError, match="permission denied for database"):
            psycopg.connect(own.rsplit("/", 1)[0] + f"/{other}", connect_timeout=5)


@pytest.mark.parametrize("room", databases.WITH_POSTGIS)
def test_postgis_is_there(env, room):
    with psycopg.connect(env[f"DATABASE_URL_{room.upper()}"]) as connection:
        assert connection.execute("select st_area('POLYGON((0 0,0 2,2 2,2 0,0 0))'::geometry)").fetchone() == (4.0,)


def test_no_role_may_read_files_or_make_roles(env):
    with psycopg.connect(env["DATABASE_URL_GATEWAY"]) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("create role intruder superuser")


def test_stac_role_hears_of_items_that_others_write(env):
    stac(env).post("/collections", json={**COLLECTION, "id": "heard"}).raise_for_status()
    with psycopg.connect(env["STAC_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("listen heard")
        connection.execute(
            "create or replace function public.tell() returns trigger language plpgsql as"
            " $$ begin perform pg_notify('heard', new.id); return null; end $$"
        )
        connection.execute(
            "create or replace trigger tell after insert on pgstac.items for each row execute function public.tell()"
        )
        stac(env).post(
            "/collections/heard/items", json={**ITEM, "collection": "heard", "id": "loud"}
        ).raise_for_status()
        assert [one.payload for one in connection.notifies(timeout=10, stop_after=1)] == ["loud"]
        connection.execute("drop trigger tell on pgstac.items")


def routes_that_write(env) -> list[tuple[str, str]]:
    paths = httpx.get(f"{env['FAIR_STAC_API_URL']}/api", trust_env=False).json()["paths"]
    routes = [
        (method, path)
        for path, methods in paths.items()
        for method in methods
        if method not in ("get", "head", "options")
    ]
    return [route for route in routes if route != ("post", "/search")]


def test_every_stac_write_needs_the_key(env):
    routes = routes_that_write(env)
    assert {("post", "/collections"), ("put", "/collections/{collection_id}/items/{item_id}")} <= set(routes)
    for method, path in routes:
        for key in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": env["FAIR_STAC_API_KEY"]}):
            answer = httpx.request(method, env["FAIR_STAC_API_URL"] + path, json={}, headers=key, trust_env=False)
            assert answer.status_code == 401, (method, path)


def test_stac_reads_are_open(env):
    for path in ("/", "/collections", "/search"):
        assert httpx.get(env["FAIR_STAC_API_URL"] + path, trust_env=False).status_code == 200
    assert httpx.post(env["FAIR_STAC_API_URL"] + "/search", json={"limit": 1}, trust_env=False).status_code == 200


def test_presigned_address_dies_with_its_time(env):
    s3 = client(env)
    s3.put_object(Bucket=env["BUCKET_NAME"], Key="short", Body=b"x")
    place = {"Bucket": env["BUCKET_NAME"], "Key": "short"}
    assert httpx.get(s3.generate_presigned_url("get_object", place, ExpiresIn=60), trust_env=False).content == b"x"
    expired = s3.generate_presigned_url("get_object", place, ExpiresIn=-1)
    assert httpx.get(expired, trust_env=False).status_code == 403
    assert httpx.get(expired.split("?")[0], trust_env=False).status_code == 403


def test_browsers_may_read_the_bucket(env):
    place = {"Bucket": env["BUCKET_NAME"], "Key": "cors"}
    url = client(env).generate_presigned_url("put_object", place)
    asked = {"Origin": "https://fair.example", "Access-Control-Request-Method": "PUT"}
    answer = httpx.options(url, headers=asked, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", asked["Origin"])


def test_memory_is_for_the_owner_only(home, env):
    assert (home.path / "stack.json").stat().st_mode & 0o077 == 0


def test_server_with_an_address_is_used(home, env, tmp_path, monkeypatch):
    monkeypatch.setenv("NATS__URL", env["NATS__URL"])
    other = Home(tmp_path)
    assert up({"nats"}, home=other) == {"NATS__URL": env["NATS__URL"]}
    assert not status(other)
    assert up({"nats"}, home=home)["NATS__URL"] == env["NATS__URL"]


def test_unknown_server_is_refused():
    with pytest.raises(ValueError, match="there are nats"):
        run.up({"kafka"})


def test_database_keeps_its_folder_when_the_home_is_closed_to_others(home, env):
    before = postgres._data_folder(home)
    home.path.chmod(0o700)
    try:
        assert postgres._data_folder(home) == before
    finally:
        home.path.chmod(0o755)
