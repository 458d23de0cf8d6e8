"""Input that is wrong, hostile or too large: a clear error, and nothing changed."""

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from labelstore_things import LabelStore, box
from PIL import Image

from catalog.labelstore.images.domain import key_problem
from catalog.labelstore.images.inspect import HEIC, inspect
from catalog.labelstore.objects import domain
from contracts.catalog import label_users
from contracts.catalog.label_geometry import NewObject
from contracts.catalog.label_objects import ListCampaignObjects

SIZE = (640, 480)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int) -> bytes:
    """A file of some 70 bytes that promises a picture of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 1000)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_picture_that_promises_ten_gigapixels_is_not_decoded():
    tracemalloc.start()
    found = inspect(iter([png(100_000, 100_000)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.filetype, found.width, found.height, found.dhash) == ("PNG", 100_000, 100_000, None)
    assert peak < 16 << 20


def test_a_text_chunk_that_unpacks_to_a_gigabyte_is_not_unpacked():
    bomb = chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * (64 << 20)))
    whole = png(8, 8)
    tracemalloc.start()
    found = inspect(iter([whole[:33] + bomb + whole[33:]]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.problem is None or found.width is None
    assert peak < 16 << 20


def test_pictures_whose_header_needs_the_whole_file_are_read():
    file, noise = io.BytesIO(), np.random.default_rng(1).integers(0, 255, (900, 900, 3), np.uint8)
    Image.fromarray(noise).save(file, "AVIF", quality=100, speed=10)
    data = file.getvalue()
    assert len(data) > 1 << 20
    found = inspect(iter([data[:9000], data[9000:]]))
    assert (found.filetype, found.width, found.height, found.problem) == ("AVIF", 900, 900, None)


def test_heic_is_named_with_what_to_do():
    found = inspect(iter([b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100]))
    assert (found.problem, found.filetype, found.filesize) == (HEIC, None, 124)


@pytest.mark.parametrize("name", ["a/../b.png", "../b.png", "a\nb.png", "a\x7f.png", "/", "a/.."])
def test_names_that_lead_elsewhere_become_no_image(name: str):
    assert key_problem(name)


@pytest.mark.parametrize("name", ["a/b.png", "a\\b.png", "ä ö.png", "a..b.png", ".png"])
def test_odd_names_are_names(name: str):
    assert key_problem(name) is None


@pytest.mark.parametrize(
    ("policy", "found"),
    [("accept", (600, 400, 700, 500)), ("clip", (600, 400, 640, 480)), ("reject", "leaves the image of 640 x 480")],
)
def test_a_box_that_leaves_its_image_is_kept_cut_or_refused(policy: domain.Policy, found: Any):
    if policy == "reject":
        with pytest.raises(domain.Rejected, match=found):
            domain.check((600, 400, 700, 500), None, SIZE, policy)
    else:
        assert domain.check((600, 400, 700, 500), None, SIZE, policy).box == found


@pytest.mark.parametrize("policy", ["clip", "reject"])
def test_a_box_outside_of_its_image_is_refused(policy: domain.Policy):
    with pytest.raises(domain.Rejected):
        domain.check((700, 10, 800, 20), None, SIZE, policy)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '"1"', "true", "null", "1.5"])
def test_edges_are_whole_numbers(number: str):
    text = '{"label": "a", "bounding_box": {"xmin": HERE, "xmax": 9, "ymin": 1, "ymax": 9}}'.replace("HERE", number)
    with pytest.raises(ValueError, match=r"xmin|JSON|json"):
        NewObject.model_validate_json(text, strict=True)


async def test_a_key_that_is_revoked_on_the_way_changes_nothing(labels: LabelStore):
    """The gateway let the submission pass; its owner looks again, in the transaction that would store it."""
    first, second = await labels.images(2)
    number, party = await labels.campaign([first, second])
    await labels.done(labels.submission(number, {first: [box()]}), party)
    users = await labels.ask(label_users.ListLabelUsers(email=party.username))
    user = users["results"][0]["user_id"]
    await labels.done(label_users.ChangeLabelUser(user_id=user, enabled=False))
    late = labels.submission(number, {first: [box("can")], second: []})
    assert (await labels.refused(late, party))[1] == "unauthenticated"
    rows = (await labels.ask(ListCampaignObjects(campaign_id=number, labeled=True)))["results"]
    assert [(row["image_id"], [one["label"] for one in row["objects"]]) for row in rows] == [(first, ["bottle"])]


async def test_one_bad_object_of_many_changes_nothing(labels: LabelStore):
    (image,) = await labels.images(1)
    number, party = await labels.campaign([image])
    many = [box(xmin=1, xmax=2 + n % 600) for n in range(10_000)] + [box(xmin=9, xmax=9)]
    kind, code, detail = await labels.refused(labels.submission(number, {image: many}), party)
    assert (kind, code) == ("unprocessable", "invalid_bounding_box")
    assert "object 10000" in detail
    assert (await labels.ask(ListCampaignObjects(campaign_id=number, labeled=True)))["total"] == 0
