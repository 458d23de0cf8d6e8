"""Plain requests for what the API hands out, as curl, a browser's page or a saved layer sends them."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.programs.conftest import Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
ELSEWHERE = {"Origin": "https://maps.example.org"}
KINDS = ("geojson", "fgb", "pmtiles")
SAME = ("content-type", "etag", "access-control-allow-origin")


@pytest.mark.parametrize("path", ["/health/", "/datasets/", "/datasets/{dataset}/", "/datasets/{dataset}/labels/",
                                  "/predictions/{prediction}/", "/models/centroid/", "/base-models/"])  # fmt: skip
def test_head_is_where_get_is(village: Village, path: str):
    url = village.url + path.format(dataset=village.dataset.id, prediction=village.prediction.id)
    got, asked = httpx.get(url, timeout=30), httpx.head(url, timeout=30)
    assert (asked.status_code, asked.content) == (got.status_code, b"") == (200, b"")
    assert [asked.headers.get(name) for name in SAME] == [got.headers.get(name) for name in SAME]


def test_head_of_assets_leads_to_the_file(village: Village):
    for name, asset in village.item("local-models", village.model)["assets"].items():
        if asset["href"].startswith(f"{village.url}/stac-assets/"):
            response = httpx.head(asset["href"], timeout=30, follow_redirects=True)
            assert response.status_code == 200, (name, response.status_code)
            assert int(response.headers["content-length"]) == asset["file:size"]


@pytest.mark.parametrize("kind", KINDS)
def test_addresses_of_results_last(village: Village, kind: str):
    """They lie at the gateway, which signs anew at each request; nothing in them runs out."""
    address = village.result[kind]
    assert urlsplit(address).netloc == urlsplit(village.url).netloc
    assert "X-Amz" not in address


@pytest.mark.parametrize("kind", KINDS)
def test_ranges_and_head_of_results_from_any_page(village: Village, kind: str):
    address = village.result[kind]
    asked = httpx.head(address, headers=ELSEWHERE, timeout=30, follow_redirects=True)
    part = httpx.get(address, headers={**ELSEWHERE, "Range": "bytes=0-6"}, timeout=30, follow_redirects=True)
    assert (asked.status_code, part.status_code, len(part.content)) == (200, 206, 7)
    assert int(asked.headers["content-length"]) > 100
    for response in (asked, *asked.history, part, *part.history):
        assert response.headers["access-control-allow-origin"] in ("*", ELSEWHERE["Origin"])


@pytest.mark.parametrize("kind", KINDS)
def test_refusals_can_be_read_by_pages_too(village: Village, kind: str):
    address = village.result[kind].replace(f"/{village.prediction.id}/", "/999999/").split("?")[0]
    response = httpx.get(address, headers=ELSEWHERE, timeout=30, follow_redirects=True)
    assert response.status_code in (401, 403, 404)
    assert response.headers["access-control-allow-origin"] in ("*", ELSEWHERE["Origin"])
