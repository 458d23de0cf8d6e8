"""The browser client of the Data Board, in its own words: it has another base address and nothing else that is new. It
sends no credentials, switches on statuses, and shows `detail` to its user."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stack.bench.system import System
from tests.surface.people import Who, headers

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
NAME, BACKEND = "databoard/current", "sf-databuffer"
CHANNEL = {"backend": BACKEND, "name": NAME, "seriesId": "", "source": "", "type": "f64", "shape": [], "unit": "mA",
           "description": ""}  # fmt: skip
LAYOUT = {"i": "w1", "x": 0, "y": 0, "w": 6, "h": 4, "minW": 2, "minH": 2, "moved": False, "static": False}
SETTINGS = {"plotTitle": "Current", "manualAxisAssignment": False, "yAxisAttributes": [], "curveAttributes": {
    f"{NAME} | {BACKEND} | f64": {"channel": CHANNEL, "displayLabel": NAME, "axisAssignment": "y1"},
}}  # fmt: skip
KEYS = {"backend", "name", "seriesId", "source", "type", "shape", "unit", "description"}


@pytest.fixture(scope="module")
def client(running: System) -> Iterator[httpx.Client]:
    """As a page sends: JSON both ways, redirects followed."""
    told = {"accept": "application/json", "origin": "https://databoard.example"}
    with httpx.Client(
        base_url=running.url, headers=told, timeout=60, follow_redirects=True, trust_env=False
    ) as browser:
        yield browser


@pytest.fixture(scope="module")
def begin(running: System, client: httpx.Client) -> int:
    """Milliseconds of the first of ten samples, one a second, that the archive has."""
    start = int(time.time()) * 1000 - 60_000
    samples = [{"name": NAME, "backend": BACKEND, "unit": "mA", "ts": str((start + 1000 * number) * 10**6),
                "value": float(number), "pulse_id": number} for number in range(10)]  # fmt: skip
    operator = headers(Who.ADMIN, running.token)
    stored = client.post("/maintenance/channels/samples", json={"samples": samples}, headers=operator)
    assert stored.json()["accepted"] == 10
    return start


def board(*widgets: dict[str, Any]) -> dict[str, Any]:
    return {"dashboard": {"widgets": list(widgets)}}


def test_a_dashboard_is_saved_shared_changed_and_deleted(client: httpx.Client):
    first = board({"channels": [CHANNEL], "layout": LAYOUT, "plotSettings": SETTINGS})
    made = client.post("/dashboard", json=first)
    assert made.status_code == 201
    name = made.json()["id"]
    assert made.json() == {"id": name, **first}
    loaded = client.get(f"/dashboard/{name}").json()
    assert loaded == {"id": name, **first}
    assert client.patch(f"/dashboard/{name}", json=loaded).status_code == 422, "the client strips the id"
    assert client.patch(f"/dashboard/{name}", json=board()).json() == {"id": name, **board()}
    assert client.delete(f"/dashboard/{name}").json() == {"id": name, **board()}
    gone = client.get(f"/dashboard/{name}")
    assert (gone.status_code, type(gone.json()["detail"])) == (404, str)


def test_what_it_shows_to_its_user(running: System, client: httpx.Client):
    operator = headers(Who.ADMIN, running.token)
    name = client.post("/dashboard/", json=board()).json()["id"]
    assert client.post(f"/maintenance/dashboard/{name}/protect").status_code in (401, 403)
    assert client.post(f"/maintenance/dashboard/{name}/protect", headers=operator).status_code == 200
    for answer in (client.patch(f"/dashboard/{name}", json=board()), client.delete(f"/dashboard/{name}")):
        assert (answer.status_code, name in answer.json()["detail"]) == (403, True)
    assert client.delete(f"/maintenance/dashboard/{name}/protect", headers=operator).status_code == 200
    assert client.delete(f"/dashboard/{name}").status_code == 200
    wrong = client.post("/dashboard/", json={})
    assert (wrong.status_code, type(wrong.json()["detail"])) == (422, str)


def test_a_channel_is_found_drawn_and_downloaded(client: httpx.Client, begin: int):
    found = client.get("/channels/search", params={"search_text": f"^{NAME}$", "allow_cached_response": "false"})
    channel = found.json()["channels"][0]
    assert channel.keys() == KEYS
    assert (channel["backend"], type(channel["seriesId"])) == (BACKEND, str)
    window = {"channel_name": channel["seriesId"], "begin_time": begin, "end_time": begin + 10_000}
    raw = client.get("/channels/curve", params={**window, "backend": BACKEND, "num_bins": 0}).json()["curve"]
    assert list(raw[channel["seriesId"]].values()) == [float(number) for number in range(10)]
    assert raw[f"{channel['seriesId']}_meta"]["raw"] is True
    bins = {**window, "num_bins": 5, "useEventsIfBinCountTooLarge": "false", "removeEmptyBins": "false"}
    binned = client.get("/channels/curve", params=bins).json()["curve"]
    assert binned.keys() == {f"{channel['seriesId']}{end}" for end in ("", "_min", "_max", "_meta")}
    assert NAME in [one["name"] for one in client.get("/channels/recent").json()["channels"]]
    link = client.get("/channels/raw-link", params={**window, "channel_name": NAME, "backend": BACKEND}).json()["link"]
    whole = client.get(link).json()
    assert whole["values"] == [float(number) for number in range(10)]
    framed = client.get(link, headers={"accept": "application/json-framed"}).content
    assert int(framed.partition(b"\n")[0]) > 0
