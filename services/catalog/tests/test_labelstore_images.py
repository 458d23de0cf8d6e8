"""Images and image sets: uploads, ingest, registration, lists."""

import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from labelstore_things import LabelStore, picture
from PIL import Image
from sqlalchemy import true

from catalog.labelstore import paging
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.upkeep import sweep_dropboxes
from catalog.labelstore.images import queries
from contracts.catalog import label_image_sets as s
from contracts.catalog import label_images as c
from contracts.catalog.label_campaigns import ListCampaignImages
from contracts.catalog.label_shared import ImageRef, ListPage, label_user_of
from contracts.catalog.label_users import ChangeLabelUser
from kit.app import Service
from kit.errors import Conflict, Forbidden, NotFound, Unauthenticated
from kit.storage.object_storage import Storage
from kit.testing import STRANGER, eventually

pytestmark = pytest.mark.usefixtures("working")


def phone_picture() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:03:04 05:06:07"
    exif.get_ifd(0x8769)[0x9011] = "+02:00"
    exif.get_ifd(0x8825).update({1: "S", 2: (1.0, 30.0, 0.0), 3: "E", 4: (2.0, 0.0, 36.0)})
    return picture(1, (80, 60), "JPEG", exif=exif)


async def test_an_upload_becomes_an_image(labels: LabelStore, storage: Storage):
    row = await labels.image_set()
    grant = await labels.ask(s.GetUploadGrant(imageset_id=row["imageset_id"]))
    assert await labels.upload(grant, "b.jpg", phone_picture()) == 204
    assert await labels.upload({**grant, "fields": {**grant["fields"], "key": "elsewhere"}}, "b.jpg", b"x") == 403
    listed = await labels.ask(s.ListImageSetFiles(imageset_id=row["imageset_id"]))
    assert [(one["name"], one["size"]) for one in listed["results"]] == [("b.jpg", len(phone_picture()))]
    await labels.finish(row["imageset_id"])
    done = await labels.ingested(row["imageset_id"])
    assert done["ingest"] | {"updated_at": None} == {
        "state": "done", "files_total": 1, "files_registered": 1, "files_unreadable": 0, "error": None,
        "updated_at": None, "outcome": {"wanted": 1, "done": 1, "left_out": [], "altered": []},
    }  # fmt: skip
    image = (await labels.ask(c.ListImagesOfSet(imageset_id=row["imageset_id"])))["results"][0]
    assert image["file"] == {
        "filetype": "JPEG", "filesize": len(phone_picture()), "dimensions": {"width": 80, "height": 60},
        "orientation": 6, "sha256": hashlib.sha256(phone_picture()).hexdigest(),
    }  # fmt: skip
    assert (image["date_taken"], image["location"]) == (
        "2026-03-04T03:06:07Z", {"description": None, "lat": -1.5, "lon": 2.01}
    )  # fmt: skip
    assert image["imageset"] == {"imageset_id": row["imageset_id"], "title": row["title"]}
    assert image["blobstorage_path"] == f"{done['blobstorage_path']}/b.jpg"

    async def emptied() -> bool:
        """After the set is done: its files are safe then."""
        return not await storage.keys(f"dropbox/{row['title']}/")

    await eventually(emptied)
    url = await labels.ask(c.GetImageUrl(image_id=image["image_id"]))
    assert "X-Amz-Expires=604800" in url["url"]


async def test_odd_files_are_counted_with_their_reason(labels: LabelStore):
    files = {"a/b.png": picture(2), "notes.txt": b"no picture", "x\x01.png": picture(3)}
    row = await labels.image_set(files)
    await labels.finish(row["imageset_id"])
    ingest = (await labels.ingested(row["imageset_id"]))["ingest"]
    assert (ingest["files_total"], ingest["files_registered"], ingest["files_unreadable"]) == (3, 2, 2)
    assert [one["reason"] for one in ingest["outcome"]["left_out"]] == ["Its name has control characters."]
    assert ingest["outcome"]["altered"][0]["examples"] == ["notes.txt"]
    images = (await labels.ask(c.ListImagesOfSet(imageset_id=row["imageset_id"])))["results"]
    assert [one["file"]["filetype"] for one in images] == ["PNG", None]


async def test_late_uploads_are_swept(labels: LabelStore, running: Service, storage: Storage):
    row = await labels.image_set()
    await labels.finish(row["imageset_id"])
    assert (await labels.ingested(row["imageset_id"]))["ingest"]["files_total"] == 0
    files = next(one for one in running.provides if isinstance(one, LabelFiles))

    async def swept() -> bool:
        """The ingest may still be clearing the dropbox itself."""
        await storage.put(f"dropbox/{row['title']}/late.png", b"x")
        return await sweep_dropboxes(running, files) >= 1

    assert await eventually(swept, 20)
    assert await storage.keys(f"dropbox/{row['title']}/") == []


async def test_a_finished_set_takes_nothing_more(labels: LabelStore):
    row = await labels.image_set({"a.png": picture()})
    number, ids = row["imageset_id"], await labels.images(1)
    assert (await labels.refused(s.RetryIngest(imageset_id=number)))[0] == "conflict"
    await labels.done(s.DeleteImageSetFile(imageset_id=number, name="a.png"))
    assert (await labels.refused(s.DeleteImageSetFile(imageset_id=number, name="a.png")))[0] == "not_found"
    await labels.finish(number)
    refusal = await labels.refused(s.ChangeImageSet(imageset_id=number, new_status="created"))
    assert '"finished"' in refusal[2]
    assert '"created"' in refusal[2]
    with pytest.raises(Conflict):
        await labels.ask(s.GetUploadGrant(imageset_id=number))
    add = s.AddImagesToSet(imageset_id=number, images=[ImageRef(id=ids[0])])
    assert "finished" in (await labels.refused(add))[2]


@pytest.mark.parametrize("title", ["Upper", "a--b", "-a", "a-", "a_b", "ä", "a" * 54])
async def test_bad_names_are_refused(labels: LabelStore, title: str):
    assert (await labels.refused(s.CreateImageSet(title=title)))[:2] == ("unprocessable", "invalid_name")


async def test_titles_of_sets_are_unique(labels: LabelStore):
    row = await labels.image_set()
    assert (await labels.refused(s.CreateImageSet(title=row["title"])))[0] == "conflict"


async def test_images_join_one_set(labels: LabelStore):
    row, ids = await labels.image_set(), await labels.images(2)
    paths = [(await labels.ask(c.GetImage(image_id=one)))["blobstorage_path"] for one in ids]
    named = [ImageRef(id=ids[0]), ImageRef(filepath=paths[1])]
    assert await labels.done(s.AddImagesToSet(imageset_id=row["imageset_id"], images=named)) == "ok"
    again = await labels.refused(s.AddImagesToSet(imageset_id=row["imageset_id"], images=named[:1]))
    assert str(ids[0]) in again[2]
    assert paths[0] in again[2]
    for odd in (ImageRef(), ImageRef(id=1, filepath="x")):
        assert (await labels.refused(s.AddImagesToSet(imageset_id=row["imageset_id"], images=[odd])))[0] == "invalid"
    slash = [ImageRef(filepath=f"/{paths[1]}")]
    refusal = await labels.refused(s.AddImagesToSet(imageset_id=row["imageset_id"], images=slash))
    assert refusal[0] == "not_found"


async def test_objects_of_the_store_are_registered(labels: LabelStore, storage: Storage):
    data, key = picture(4, (30, 20)), f"uploads/{labels.title()}/x.png"
    await storage.put(key, data)
    path = storage.uri(key).removeprefix("s3://")
    where = c.Location(lat=1.0, lon=2.0)
    new = c.NewImage(filepath=path, location=where, type="drone")
    row = (await labels.done(c.RegisterImages(images=[new])))["images"][0]
    assert row["file"]["dimensions"] == {"width": 30, "height": 20}
    assert (row["type"], row["location"]["lat"]) == ("drone", 1.0)
    assert (await labels.refused(c.RegisterImages(images=[new])))[0] == "conflict"
    absent = c.NewImage(filepath=path + "?")
    assert (await labels.refused(c.RegisterImages(images=[absent])))[0] == "not_found"
    outside = c.NewImage(filepath=storage.uri("datasets/secret.tif").removeprefix("s3://"))
    code, _, detail = await labels.refused(c.RegisterImages(images=[outside], inspect=False))
    assert code == "not_found"
    assert "folder of images" in detail


async def test_images_are_changed(labels: LabelStore):
    number = (await labels.images(1))[0]
    change = c.ChangeImage(
        image_id=number, changed=["location", "type", "date_taken"], location=c.Location(lat=5, lon=6), type="bridge",
        date_taken=datetime(2026, 3, 4, 5, 6, 7, 89000, tzinfo=UTC),
    )  # fmt: skip
    row = await labels.done(change)
    assert (row["location"]["lon"], row["type"], row["date_taken"]) == (6, "bridge", "2026-03-04T05:06:07.089000Z")
    half = c.ChangeImage(image_id=number, changed=["location"], location=c.Location(lat=5))
    assert (await labels.refused(half))[:2] == ("unprocessable", "invalid_value")


async def ids_of(labels: LabelStore, **filters: Any) -> list[int]:
    rows = await labels.ask(c.ListImages.model_validate({"page": ListPage(per_page=1000), **filters}))
    return [one["image_id"] for one in rows["results"]]


async def test_lists_of_images_are_filtered(labels: LabelStore):
    kind = labels.title("kind")
    near = await labels.images(1, type=kind, location=c.Location(lat=48.0, lon=11.0), tss_id=kind)
    far = await labels.images(2, type=kind, date_taken=datetime(2026, 1, 1, tzinfo=UTC))
    assert await ids_of(labels, type=kind) == near + far
    assert await ids_of(labels, type=kind, bbox=(10, 47, 12, 49)) == near
    assert await ids_of(labels, tss_id=kind) == near
    assert await ids_of(labels, type=kind, taken_from=datetime(2025, 12, 31, tzinfo=UTC)) == far
    path = (await labels.ask(c.GetImage(image_id=far[0])))["blobstorage_path"]
    assert await ids_of(labels, path_prefix=path.removesuffix("0.jpg")) == far
    assert set(far) <= set(await ids_of(labels, without_set=True, type=kind))
    campaign, _ = await labels.campaign(far)
    await labels.done(labels.submission(campaign, {far[1]: []}))
    assert await ids_of(labels, campaign_id=campaign) == far
    assert await ids_of(labels, type=kind, labeled=True) == [far[1]]
    ids = await labels.ask(c.ListImageIds(campaign_id=campaign, labeled=False))
    assert ids == {"ids": [far[0]], "next": None}


async def test_pages_of_all_images_are_whole(labels: LabelStore):
    await labels.images(7)
    first = await labels.ask(c.ListImages(page=ListPage(per_page=3)))
    pages = -(-first["total"] // 3)
    found = []
    for page in range(1, pages + 1):
        found += (await labels.ask(c.ListImages(page=ListPage(page=page, per_page=3))))["results"]
    ids = [one["image_id"] for one in found]
    assert ids == sorted(set(ids))
    assert len(ids) == first["total"]
    rest = await labels.ask(c.ListImages(page=ListPage(page=1, per_page=3, start=2)))
    assert [one["image_id"] for one in rest["results"]] == ids[2:3]
    with pytest.raises(NotFound):
        await labels.ask(c.ListImages(page=ListPage(page=pages + 1, per_page=3)))


async def test_the_compiled_list_is_the_one_that_is_built_anew(labels: LabelStore, monkeypatch: pytest.MonkeyPatch):
    await labels.images(4, location=c.Location(lat=48.0, lon=11.0), type="bridge")
    admin = await labels.user(("image-admin", None))
    pages = [
        ListPage(per_page=size, page=page, start=start) for size, page, start in ((50, 1, 0), (3, 2, 0), (3, 1, 2))
    ]
    compiled = [await labels.ask(c.ListImages(page=page), admin) for page in pages]
    monkeypatch.setattr(queries, "_conditions", lambda query: [true()])
    assert compiled == [await labels.ask(c.ListImages(page=page), admin) for page in pages]


async def test_only_an_enabled_administrator_lists_images(labels: LabelStore):
    admin, labeller = await labels.user(("image-admin", None)), await labels.user()
    await labels.ask(c.ListImages(), admin)
    with pytest.raises(Forbidden):
        await labels.ask(c.ListImages(), labeller)
    with pytest.raises(Forbidden):
        await labels.ask(c.ListImages(), STRANGER)
    user_id = label_user_of(admin)
    assert user_id is not None
    await labels.done(ChangeLabelUser(user_id=user_id, enabled=False))
    with pytest.raises(Unauthenticated):
        await labels.ask(c.ListImages(), admin)


async def test_a_large_page_comes_in_several_answers(labels: LabelStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paging, "MAX_ROWS", 2)
    ids = await labels.images(5)
    number, _ = await labels.campaign(ids)
    found, start = [], 0
    while start is not None:
        page = ListPage(per_page=4, start=start)
        answer = await labels.ask(ListCampaignImages(campaign_id=number, page=page))
        found.append([one["image_id"] for one in answer["results"]])
        start = answer["next_start"]
    assert (found, answer["per_page"], answer["total"]) == ([ids[:2], ids[2:4]], 4, 5)


async def test_a_labeller_sees_images_of_his_campaign_only(labels: LabelStore):
    ids = await labels.images(2)
    _, party = await labels.campaign(ids[:1])
    assert (await labels.ask(c.GetImage(image_id=ids[0]), party))["image_id"] == ids[0]
    with pytest.raises(Forbidden):
        await labels.ask(c.GetImageUrl(image_id=ids[1]), party)
    with pytest.raises(NotFound):
        await labels.ask(c.GetImage(image_id=10**12), party)
    with pytest.raises(Forbidden):
        await labels.ask(c.ListImages(), party)


async def test_duplicates_are_found(labels: LabelStore):
    whole = Image.open(io.BytesIO(picture(9, (400, 300))))
    files = {"a.png": picture(9, (400, 300)), "b.png": picture(9, (400, 300)), "d.png": picture(10, (400, 300))}
    smaller, small = io.BytesIO(), whole.crop((4, 3, 396, 297)).resize((200, 150))
    small.save(smaller, "JPEG", quality=60)
    row = await labels.image_set({**files, "c.jpg": smaller.getvalue()})
    await labels.finish(row["imageset_id"])
    await labels.ingested(row["imageset_id"])
    images = (await labels.ask(c.ListImagesOfSet(imageset_id=row["imageset_id"])))["results"]
    found = await labels.ask(c.ListSimilarImages(image_id=images[0]["image_id"]))
    names = {one["image"]["blobstorage_path"].rsplit("/")[-1]: one["kind"] for one in found}
    assert {name: names.get(name) for name in ("b.png", "c.jpg", "d.png")} == {
        "b.png": "exact", "c.jpg": "near", "d.png": None
    }  # fmt: skip
