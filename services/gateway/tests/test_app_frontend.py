"""SERVE_FRONTEND: the built application beside the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.app import application

pytestmark = pytest.mark.spec("16", "SPA")
PAGE, CODE = "<title>fAIr</title>", "console.log(1)"


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "app.js").write_text(CODE)
    (tmp_path / "secret.txt").write_text("not for the public")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
async def site(running, build, monkeypatch) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(running.context.settings, "serve_frontend", True)
    monkeypatch.setattr(running.context.settings, "frontend_folder", build)
    app = application(running.context.settings)
    app.state.context = running.context
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://fair.example") as client:
        yield client


@pytest.mark.spec("20.2", "SERVE_FRONTEND, FRONTEND_DIST_DIR")
@pytest.mark.parametrize("path", ["/", "/models/5", "/verify-email/?uid=a&token=b", "/assets/missing.js", "/apiary"])
async def test_every_other_path_is_the_application(site, path):
    response = await site.get(path)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["content-type"].startswith("text/html")


async def test_files_are_files(site):
    response = await site.get("/assets/app.js")
    assert response.text == CODE
    assert "javascript" in response.headers["content-type"]


@pytest.mark.parametrize("path", ["/api/v1/nothing/", "/api/nothing", "/api/v2"])
async def test_unknown_paths_of_the_api_stay_problems(site, path):
    for method in ("GET", "POST"):
        response = await site.request(method, path)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


OUTSIDE = ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt", "/%00"]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_the_folder_is_served(site, path):
    assert (await site.get(path)).text == PAGE


async def test_missing_build_is_404(site, build):
    (build / "index.html").unlink()
    assert (await site.get("/")).status_code == 404
    assert (await site.get("/api/")).status_code == 200


async def test_api_alone_has_no_pages(http, problem):
    problem(await http.get("/models/5"), 404)
