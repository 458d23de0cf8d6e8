"""One zip file of a package: complete, of the length that was told, and only with a valid link."""

import hashlib
import json
import zipfile
from io import BytesIO

import pytest
from doors import door_bus, door_owners, http, owners
from itsdangerous import TimestampSigner
from package_folder import PackageFolder, folder

from contracts.catalog.packages import GetPackageFile, PackageContents

__all__ = ["door_bus", "door_owners", "http", "owners"]
DOWNLOAD = "/api/v1/packages/gambia/download"


@pytest.fixture
def stored(owners, tmp_path) -> PackageFolder:
    made = folder(tmp_path)
    owners.answer(GetPackageFile, made.answer)
    owners.answer(PackageContents, made.members)
    return made


async def link(http, **query) -> dict:
    return (await http.get(DOWNLOAD, params=query)).json()


def local(url: str) -> str:
    return url.removeprefix("https://fair.example")


async def test_an_archive_has_all_files_and_their_sums(http, stored):
    told = await link(http)
    answer = await http.get(local(told["url"]))
    assert answer.headers["content-length"] == str(told["bytes"]) == str(len(answer.content))
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        *names, last = archive.namelist()
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        content = {name.removeprefix("gambia/"): archive.read(name) for name in names}
        manifest = json.loads(archive.read(last))
    files = {str(path.relative_to(stored.root / "gambia")): path.read_bytes()
             for path in (stored.root / "gambia").rglob("*") if path.is_file()}  # fmt: skip
    assert (content, last, told["files"]) == (files, "gambia/manifest.json", len(files))
    sums = {name: hashlib.sha256(one).hexdigest() for name, one in files.items()}
    assert {one["path"]: one["sha256"] for one in manifest["files"]} == sums


async def test_a_selection(http, stored):
    told = await link(http, processors=["grid.version_2"])
    with zipfile.ZipFile(BytesIO((await http.get(local(told["url"]))).content)) as archive:
        assert [name for name in archive.namelist() if "version" in name] == [
            "gambia/datasets/grid/version_2/data/b.tif"
        ]
        assert "gambia/datapackage.json" in archive.namelist()


async def test_head_tells_the_length(http, stored):
    told = await link(http)
    answer = await http.head(local(told["url"]))
    assert (answer.content, answer.headers["content-length"]) == (b"", str(told["bytes"]))


async def test_links_are_for_one_package_and_a_time(http, stored, problem, monkeypatch):
    path, _, token = local((await link(http))["url"]).partition("?token=")
    changed = token[:-3] + ("aaa" if token[-3:] != "aaa" else "bbb")
    for address in (
        f"{path}?token={changed}",
        f"{path.replace('gambia', 'mali')}?token={token}",
        f"{path}?token=x.y.z",
    ):
        problem(await http.get(address), 403)
    assert (await http.get(path)).status_code == 422
    later = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: later(self) + 24 * 3600 + 5)
    problem(await http.get(f"{path}?token={token}"), 403)


async def test_a_file_that_changed_meanwhile_breaks_the_archive_off(http, owners, stored):
    """Its sum is known, so an archive with another content must not look complete."""
    told, members = await link(http), stored.members({"name": "gambia", "processors": []})
    owners.answer(PackageContents, members)
    changed = stored.root / "gambia" / next(one["path"] for one in members if one["sha256"] and one["bytes"])
    changed.write_bytes(b"x" * changed.stat().st_size)
    with pytest.raises(AssertionError):  # of the transport: the response has no end
        await http.get(local(told["url"]))


async def test_a_package_without_files(http, owners, problem):
    owners.answer(PackageContents, [])
    assert problem(await http.get(DOWNLOAD), 404)["detail"] == "Package gambia not found"
