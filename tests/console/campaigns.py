"""Campaigns of the label store as an administrator makes them, and what labellers send who use no browser."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from stack.platform.settings import public_url
from tests.console.conftest import Site

LIMIT = 600
SQUARE = {"xmin": 4, "ymin": 6, "xmax": 20, "ymax": 16}
Keys = tuple[str, str]
"""Key and secret."""


def campaign(site: Site, folder: Path, images: int, **options: Any) -> tuple[int, Keys]:
    """Number and keys of an active campaign with review, of images that differ."""
    title = f"t-{uuid4().hex[:12]}"
    paths = [folder / f"{uuid4().hex}.png" for _ in range(images)]
    for path in paths:
        Image.effect_noise((64, 48), 60).save(path)
    with site.client() as admin:
        made = admin.image_sets.create(title)
        admin.image_sets.upload(made.upload or {}, paths)
        admin.image_sets.finish(made.imageset_id)
        admin.image_sets.wait(made.imageset_id, LIMIT)
        numbers = [image.image_id for image in admin.image_sets.images(made.imageset_id)]
        options = {"uses_leases": True, "review": True} | options
        row = admin.campaigns.create(title, f"{uuid4().hex[:12]}@labels.example", **options)
        admin.campaigns.add_images(row.campaign_id, numbers)
        admin.campaigns.set_status(row.campaign_id, "active")
    token = row.access_token or {}
    return row.campaign_id, (token["apikey"] or "", token["apisecret"] or "")


def add_labeller(site: Site, number: int) -> Keys:
    """One more person for a campaign."""
    role = {"role": "labeler", "subject_type": "campaign", "subject_id": number}
    body = {"email": f"{uuid4().hex[:12]}@labels.example", "roles": [role]}
    with site.client() as admin:
        token = admin.transport.write("POST", "/label_users", body)["access_token"]
    return token["apikey"], token["apisecret"]


def label_all(site: Site, number: int, keys: Keys, label: str = "building") -> list[int]:
    """One object on each image that is left, until the campaign gives no more. Returns the images."""
    headers = {"authentication-key": keys[0], "authentication-secret": keys[1]}
    done: list[int] = []
    with httpx.Client(base_url=f"{public_url(site.home)}/campaigns/{number}", headers=headers) as labeller:
        while (answer := labeller.post("/next", json={"count": 10})).is_success and (tasks := answer.json()["tasks"]):
            images = [task["image_id"] for task in tasks]
            objects = [{"label": label, "bounding_box": SQUARE}]
            body = [{"image_id": image, "objects": objects} for image in images]
            labeller.put("/objects", json=body).raise_for_status()
            done += images
    return done


def review(site: Site, number: int, images: list[int], **decision: Any) -> None:
    """Accepts, or sends back with a `comment`."""
    decisions = [{"image_id": image, "accepted": True} | decision for image in images]
    with site.client() as admin:
        admin.transport.write("POST", f"/campaigns/{number}/reviews", {"decisions": decisions})
