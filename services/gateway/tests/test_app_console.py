"""CONSOLE_DIST_DIR: the web console beside the API."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.app import application

PAGE, CODE = "<title>Fairway</title>", "console.log(1)"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets/app-1.js").write_text(CODE)
    (folder / "assets/app-1.js.gz").write_bytes(gzip.compress(CODE.encode()))
    (tmp_path / "secret.txt").write_text("not for the public")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def site(running, build, monkeypatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(running.context.settings, "console_folder", build)
    app = application(running.context.settings)
    app.state.context = running.context
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fair.example") as client:
        yield client


async def test_page_runs_no_script_but_its_own_files(site):
    response = await site.get("/console/")
    assert (response.status_code, response.text) == (200, PAGE)
    parts = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))
    assert (parts["default-src"], parts["script-src"], parts["style-src"]) == ("'none'", "'self'", "'self'")
    assert (parts["frame-ancestors"], parts["base-uri"]) == ("'none'", "'none'")
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(response.headers["content-security-policy"].split())
    assert response.headers["cache-control"] == "no-cache"


async def test_plain_http_is_asked_in_debug_only(site, running, monkeypatch):
    assert "http://127.0.0.1:*" in (await site.get("/console/")).headers["content-security-policy"]
    monkeypatch.setattr(running.context.settings, "debug", False)
    monkeypatch.setattr(running.context.settings, "ssl_redirect", False)
    assert "http:" not in (await site.get("/console/")).headers["content-security-policy"]


async def test_files_are_compressed_and_kept(site):
    response = await site.get("/console/assets/app-1.js")
    assert (response.text, response.headers["content-encoding"]) == (CODE, "gzip")
    assert "javascript" in response.headers["content-type"]
    assert "immutable" in response.headers["cache-control"]
    plain = await site.get("/console/assets/app-1.js", headers={"accept-encoding": "identity"})
    assert (plain.text, plain.headers.get("content-encoding")) == (CODE, None)


async def test_address_without_a_slash_leads_to_the_page(site):
    response = await site.get("/console")
    assert (response.status_code, response.headers["location"]) == (301, "/console/")


@pytest.mark.parametrize("path", ["nothing.js", "link.txt", "%2e%2e/secret.txt", "assets/..%2f..%2fsecret.txt", "%00"])
async def test_nothing_else_is_served(site, path):
    assert (await site.get(f"/console/{path}")).status_code == 404


async def test_without_a_build_the_page_says_how_to_get_one(site, build):
    (build / "index.html").unlink()
    response = await site.get("/console/")
    assert (response.status_code, response.text.count("\n")) == (503, 1)
    assert "make console" in response.text
