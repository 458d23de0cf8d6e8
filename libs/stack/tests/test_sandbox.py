"""The sandbox servers as their clients meet them: started by name, asked over HTTP and SMTP."""

import contextlib
import hashlib
import io
import smtplib
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx
import jwt
import morecantile
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from PIL import Image
from shapely import box
from shapely.geometry import mapping, shape
from tenacity import retry, retry_if_result, stop_after_attempt, wait_none

from stack.home import Home
from stack.sandbox import sandbox, village
from stack.sandbox.issuer import INTERNAL_KEY
from stack.sandbox.osm_login import CLIENT_ID, CLIENT_SECRET, PERSON
from stack.sandbox.start import NAMES
from stack.sandbox.tiles import painted_once


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def servers(home):
    daemons = {name: sandbox(name, home=home) for name in NAMES}
    with ThreadPoolExecutor(len(NAMES)) as pool:
        list(pool.map(lambda one: one[0].start(), daemons.values()))
    yield {name: httpx.Client(base_url=url, timeout=60, trust_env=False) for name, (_, url) in daemons.items()}
    for daemon, _ in daemons.values():
        daemon.stop()


def snapshot(http: httpx.Client, **body) -> dict:
    """The final answer of the task."""
    link = http.post("/snapshot/", json=body).raise_for_status().json()["track_link"]
    assert http.get(link).json()["status"] == "PENDING"
    ask = retry(
        stop=stop_after_attempt(20), wait=wait_none(), retry=retry_if_result(lambda a: a["status"] == "PENDING")
    )
    return ask(lambda: http.get(link).json())()


def download(http: httpx.Client, answer: dict, name: str) -> list[dict]:
    archive = zipfile.ZipFile(io.BytesIO(http.get(answer["result"]["download_url"]).raise_for_status().content))
    assert set(archive.namelist()) == {f"{name}.geojson", "clipping_boundary.geojson"}
    with archive.open(f"{name}.geojson") as file:
        return httpx.Response(200, content=file.read()).json()["features"]


def train_area(servers) -> tuple[float, float, float, float]:
    return tuple(servers["tiles"].get("/train/tilejson.json").json()["bounds"])


def test_tilejson_leads_to_pictures(servers):
    about = servers["tiles"].get("/train/tilejson.json").json()
    west, _, _, north = about["bounds"]
    first = morecantile.tms.get("WebMercatorQuad").tile(west + 1e-5, north - 1e-5, 19)
    address = about["tiles"][0].format(z=19, x=first.x, y=first.y)
    for ending, form in (("jpg", "JPEG"), ("png", "PNG")):
        answer = servers["tiles"].get(address.replace("jpg", ending))
        picture = Image.open(io.BytesIO(answer.content))
        assert (picture.format, picture.size) == (form, (512, 512))


@pytest.mark.parametrize(
    "path", ["/train/19/1/1.jpg", "/train/9/1/1.jpg", "/nowhere/19/1/1.jpg", "/nowhere/tilejson.json"]
)
def test_what_is_not_there_is_404(servers, path):
    assert servers["tiles"].get(path).status_code == 404


def test_tiles_of_clients_that_left_are_not_painted(servers):
    http = servers["tiles"]
    first, last, *others = [f"/predict/{t.z}/{t.x}/{t.y}.jpg" for t in village.PREDICT.tiles()[:14]]
    alone = _seconds(http, first)
    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(lambda path: _leave(str(http.base_url.join(path))), others))
    assert _seconds(http, last) < 5 * alone


def test_what_is_painted_is_kept_over_restarts(tmp_path):
    painted = []

    def paint(z: int, x: int, y: int) -> Image.Image | None:
        painted.append((z, x, y))
        return Image.effect_noise((8, 8), 50).convert("RGB") if x else None

    first = painted_once(paint, tmp_path / "kept")(19, 1, 2)
    again = painted_once(paint, tmp_path / "kept")(19, 1, 2)
    assert first
    assert again
    assert (again.convert("RGB").tobytes(), len(painted)) == (first.tobytes(), 1)
    assert painted_once(paint, tmp_path / "kept")(19, 0, 2) is None
    assert len(list((tmp_path / "kept").iterdir())) == 1


def _seconds(http: httpx.Client, path: str) -> float:
    started = time.monotonic()
    http.get(path).raise_for_status()
    return time.monotonic() - started


def _leave(url: str) -> None:
    with contextlib.suppress(httpx.ReadTimeout):
        httpx.get(url, timeout=0.2, trust_env=False)


def test_train_grid_has_4x8_tiles_and_predict_4x4(servers):
    sides = {name: servers["tiles"].get(f"/{name}/tilejson.json").json()["bounds"] for name in ("train", "predict")}
    tile = 360 / 2**19
    columns = {name: round((east - west) / tile) for name, (west, _, east, _) in sides.items()}
    assert columns == {"train": 4, "predict": 4}
    heights = [north - south for _, south, _, north in sides.values()]
    assert heights[0] == pytest.approx(2 * heights[1], rel=1e-3)


def test_snapshot_holds_whole_buildings_that_cross_the_edge(servers):
    west, south, east, north = train_area(servers)
    area = box(west, (south + north) / 2, (west + east) / 2, north)
    rules = {"tags": {"all_geometry": {"join_or": {"building": []}}}}
    answer = snapshot(
        servers["rawdata"], fileName="aoi", geometry=mapping(area), filters=rules, geometryType=["polygon"]
    )
    found = download(servers["rawdata"], answer, "aoi")
    shapes = [shape(one["geometry"]) for one in found]
    assert len(found) > 50
    assert all(one.intersects(area) for one in shapes)
    assert any(not area.contains(one) for one in shapes)
    assert all({"osm_id", "osm_type", "tags"} <= one["properties"].keys() for one in found)


@pytest.mark.parametrize(
    ("rule", "kinds", "expected"),
    [
        ({"polygon": {"join_or": {"building": ["school"]}}}, ["polygon"], {"school"}),
        ({"polygon": {"join_or": {"highway": []}}}, ["polygon"], set()),
        ({"line": {"join_or": {"building": []}}}, ["polygon"], set()),
        ({"polygon": {"join_or": {"building": []}}}, ["point"], set()),
    ],
)
def test_snapshot_filters(servers, rule, kinds, expected):
    body = {"geometry": mapping(box(*train_area(servers))), "filters": {"tags": rule}, "geometryType": kinds}
    found = download(servers["rawdata"], snapshot(servers["rawdata"], fileName="f", **body), "f")
    assert {one["properties"]["tags"]["building"] for one in found} == expected


@pytest.mark.parametrize("geometry", [None, {"type": "Polygon"}, {"type": "Nonsense", "coordinates": []}])
def test_bad_snapshot_fails(servers, geometry):
    assert snapshot(servers["rawdata"], fileName="f", geometry=geometry)["status"] == "FAILED"


def test_token_verifies_against_the_key_set(servers):
    http = servers["issuer"]
    token = http.post("/token", json={"sub": "u1", "email": "a@b.example", "username": "mira"}).json()["token"]
    key = signing_key(http, token)
    claims = jwt.decode(token, key, ["RS256"], audience="localhost", issuer=str(http.base_url).rstrip("/"))
    assert (claims["sub"], claims["email"]["address"], claims["username"]) == ("u1", "a@b.example", "mira")
    late = http.post("/token", json={"sub": "u1", "email": "a@b.example", "exp_in": -10}).json()["token"]
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(late, key, ["RS256"], audience="localhost")


def signing_key(http: httpx.Client, token: str):
    keys = jwt.PyJWKSet.from_dict(http.get("/.well-known/jwks.json").raise_for_status().json())
    return keys[jwt.get_unverified_header(token)["kid"]]


def test_rotation_that_drops_old_keys(servers):
    http = servers["issuer"]
    token = http.post("/token", json={"sub": "u1", "email": "a@b.example"}).json()["token"]
    http.post("/rotate")
    assert signing_key(http, token)
    http.post("/rotate", json={"keep": False})
    with pytest.raises(KeyError):
        signing_key(http, token)


def test_broken_issuer_answers_503_until_mended(servers):
    http = servers["issuer"]
    http.post("/break", json={"down": True})
    assert http.get("/.well-known/jwks.json").status_code == 503
    http.post("/break", json={"down": False})
    assert http.get("/.well-known/jwks.json").status_code == 200


def test_portal_resolves_the_hash_of_a_token(servers):
    http = servers["issuer"]
    token = http.post("/pat", json={"sub": "u2", "email": "c@d.example"}).json()["token"]
    body = {"token_hash": hashlib.sha256(token.encode()).hexdigest(), "app": "fair"}
    assert http.post("/internal/resolve-token", json=body).status_code == 401
    trusted = {"X-Internal-Key": INTERNAL_KEY}
    assert http.post("/internal/resolve-token", json=body, headers=trusted).json() == {
        "id": "u2",
        "email": "c@d.example",
    }
    unknown = {**body, "token_hash": "0" * 64}
    assert http.post("/internal/resolve-token", json=unknown, headers=trusted).status_code == 404
    assert http.post("/internal/resolve-token", json={**body, "app": "other"}, headers=trusted).status_code == 404
    assert http.get("/asked").json()[body["token_hash"]] == 1


def test_osm_gives_a_profile_for_a_code_and_a_code_once(servers):
    http, back = servers["osm"], "https://map.example/back"
    asked = {"client_id": CLIENT_ID, "redirect_uri": back, "response_type": "code", "state": "s"}
    sent = http.get("/oauth2/authorize", params=asked)
    assert sent.status_code == 302
    answer = httpx.URL(sent.headers["location"])
    assert (str(answer).partition("?")[0], answer.params["state"]) == (back, "s")
    form = {
        "grant_type": "authorization_code", "code": answer.params["code"], "redirect_uri": back,
        "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
    }  # fmt: skip
    assert http.post("/oauth2/token", data={**form, "client_secret": "x"}).status_code == 401
    token = http.post("/oauth2/token", data=form).raise_for_status().json()["access_token"]
    assert http.post("/oauth2/token", data=form).json() == {"error": "invalid_grant"}
    profile = http.get("/api/0.6/user/details.json", headers={"authorization": f"Bearer {token}"}).json()["user"]
    assert (profile["id"], profile["display_name"]) == (PERSON["id"], PERSON["display_name"])
    assert http.get("/api/0.6/user/details.json").status_code == 401


def test_mail_is_kept_and_shown(servers, home):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "fair@x.example", "mira@y.example", "Grüße"
    message.set_content("Your training has finished.")
    message.add_alternative("<p>finished</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", home.port("sandbox-smtp-mail"), timeout=10) as mail:
        mail.send_message(message)
    kept = servers["smtp"].get("/messages").json()
    assert [(one["to"], one["subject"]) for one in kept] == [(["mira@y.example"], "Grüße")]
    assert "finished" in kept[0]["text"]
    assert "<p>" in kept[0]["html"]
    servers["smtp"].delete("/messages")
    assert servers["smtp"].get("/messages").json() == []


def test_exported_spans_are_shown(servers):
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{urlsplit(str(servers['otlp'].base_url)).port}/v1/traces")
    provider = TracerProvider(resource=Resource.create({"service.name": "gateway"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("outer") as outer, tracer.start_as_current_span("inner", attributes={"n": 3}):
        pass
    trace_id = f"{outer.get_span_context().trace_id:032x}"
    spans = {one["name"]: one for one in servers["otlp"].get("/spans", params={"trace_id": trace_id}).json()}
    assert spans["inner"]["parent_span_id"] == spans["outer"]["span_id"]
    assert (spans["inner"]["service"], spans["inner"]["attributes"]["n"]) == ("gateway", "3")


def test_land_is_everywhere_and_comes_back(servers):
    """Eight roofs a tile on average, some across borders."""
    from stack.sandbox.synthetic_tiles import ROOF, TILES, canvas

    http = servers["synthetic-tiles"]
    first, later = (http.get(f"/19/{x}/5.jpg").raise_for_status().content for x in (3, 3 + TILES))
    picture = Image.open(io.BytesIO(first))
    assert (picture.size, first == later) == ((256, 256), True)
    red = (abs(canvas().astype(int) - ROOF).max(axis=2) < 50).mean()
    assert 0.1 < red < 0.2


def test_a_home_for_containers_has_its_servers_where_these_find_them(tmp_path):
    home = Home(tmp_path)
    with home.remember() as memory:
        memory["host"] = "127.0.0.2"
    daemon, url = sandbox("smtp", home=home)
    daemon.start()
    try:
        assert httpx.get(f"{url}/messages").json() == []
        with smtplib.SMTP("127.0.0.2", home.port("sandbox-smtp-mail")) as server:
            assert server.noop()[0] == 250
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{home.port('sandbox-smtp')}/messages")
    finally:
        daemon.stop()
