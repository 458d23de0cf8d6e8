"""Sources are fetched by the child process, from servers that break off, are busy, or have something else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.packages.production.child import fetch
from catalog.packages.production.child.fetch import SourceFetch
from catalog.packages.production.settings import ProductionSettings
from extracts.errors import SourceInvalid, SourceNotAvailable
from extracts.testing import FileServer, file_server
from kit.http.outbound import OutboundError
from kit.settings import load


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FileServer]:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "wind.tif").write_bytes(b"wind" * 1000)
    with file_server(folder) as served:
        yield served


@pytest.fixture
def fetching(server: FileServer, tmp_path: Path) -> SourceFetch:
    return SourceFetch(tmp_path / "incoming", server.url.removeprefix("http://"))


def test_a_source_is_fetched_whole(server, fetching):
    path = fetching(f"{server.url}/wind.tif", 10_000)
    assert path.read_bytes() == b"wind" * 1000
    assert [one for one in fetching.folder.iterdir() if one.suffix != ".lock"] == [path]


def test_a_missing_or_large_source_is_refused(server, fetching):
    with pytest.raises(SourceNotAvailable, match="HTTP 404") as missing:
        fetching(f"{server.url}/rain.tif", 10_000)
    assert missing.value.code == "source_unreachable"
    with pytest.raises(SourceInvalid, match="more than 100 bytes"):
        fetching(f"{server.url}/wind.tif", 100)
    assert [one for one in fetching.folder.iterdir() if one.suffix != ".lock"] == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a.tif", "https://10.0.0.1/a.tif", "https://localhost/a.tif"])
def test_private_addresses_are_refused(tmp_path, url):
    with pytest.raises(SourceNotAvailable, match="cannot be fetched"):
        SourceFetch(tmp_path, "")(url, 100)


def test_plain_http_is_asked_for_as_https(tmp_path):
    outbound = fetch.Outbound("here.example:80")
    assert SourceFetch._secure("http://there.example/a.tif", outbound) == "https://there.example/a.tif"
    assert SourceFetch._secure("http://here.example/a.tif", outbound) == "http://here.example/a.tif"


def test_a_busy_server_is_asked_again_when_it_says(server, fetching, monkeypatch):
    paused: list[float] = []
    answers = [OutboundError("http_status", 429, 7.0), OutboundError("http_status", 503), 3.0]

    async def download(outbound, url, path, cap) -> float:
        answer = answers.pop(0)
        if isinstance(answer, OutboundError):
            raise answer
        path.write_bytes(b"there")
        return answer

    async def sleep(seconds: float) -> None:
        paused.append(seconds)

    monkeypatch.setattr(fetch, "download", download)
    monkeypatch.setattr(fetch.asyncio, "sleep", sleep)
    assert fetching(f"{server.url}/wind.tif", 100).read_bytes() == b"there"
    assert paused == [7.0, 2.0, 3.0]


def test_an_empty_name_of_the_folder_for_sources_stops_at_start(monkeypatch):
    monkeypatch.setenv("AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT", "")
    with pytest.raises(SystemExit, match="AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT is empty: name a folder"):
        load(ProductionSettings)
