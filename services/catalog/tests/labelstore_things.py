"""What tests of the label store share: its users, files in its bucket, campaigns."""

import io
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from catalog.labelstore.files import LabelFiles
from contracts.catalog import label_campaigns, label_image_sets, label_images, label_objects, label_users
from contracts.catalog.label_shared import ImageRef, label_actor
from contracts.shared import Actor
from kit.app import Service
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, Caller, eventually

numbers = count(1)
SERVICE = Actor(id=0, username="gateway", roles=frozenset({"service"}))


def new_key() -> label_users.NewKey:
    number = next(numbers)
    return label_users.NewKey(apikey=f"key-{number}", hash=f"sha256:{sha256(str(number).encode()).hexdigest()}")


def picture(seed: int = 0, size: tuple[int, int] = (64, 48), kind: str = "PNG", **more: Any) -> bytes:
    """A picture of broad stripes, so that its perceptual hash says something."""
    grid = np.random.default_rng(seed).integers(0, 255, (8, 9), np.uint8)
    file = io.BytesIO()
    Image.fromarray(grid).resize(size, Image.Resampling.BILINEAR).convert("RGB").save(file, kind, **more)
    return file.getvalue()


def box(label: str = "bottle", xmin: int = 1, ymin: int = 2, xmax: int = 11, ymax: int = 22, **more: Any) -> Any:
    return {"label": label, "bounding_box": {"xmin": xmin, "xmax": xmax, "ymin": ymin, "ymax": ymax}, **more}


@dataclass
class LabelStore:
    """An administrator of the label store and what he asks for."""

    caller: Caller
    storage: Storage

    @staticmethod
    def title(kind: str = "set") -> str:
        return f"{kind}-{next(numbers)}"

    async def done(self, command: Any, actor: Actor = ADMIN) -> Any:
        verdict = await self.caller.send(command, actor)
        assert verdict.status == "accepted", verdict
        return verdict.result

    async def refused(self, command: Any, actor: Actor = ADMIN) -> tuple[str, str, str]:
        verdict = await self.caller.send(command, actor)
        assert verdict.status == "refused", verdict
        return verdict.kind, verdict.code, verdict.detail

    async def ask(self, query: Any, actor: Actor = ADMIN) -> Any:
        return await self.caller.ask(query, actor)

    async def user(self, *roles: tuple[str, int | None]) -> Actor:
        grants = [
            label_users.RoleGrant(role=role, subject_type=None if on is None else "campaign", subject_id=on)
            for role, on in roles
        ]
        email = f"user-{next(numbers)}@labels.example"
        row = await self.done(label_users.CreateLabelUser(email=email, key=new_key(), roles=grants))
        return label_actor(row["user_id"], email)

    async def image_set(self, files: dict[str, bytes] | None = None) -> Any:
        """A set in whose dropbox the files lie."""
        row = await self.done(label_image_sets.CreateImageSet(title=self.title()))
        for name, data in (files or {}).items():
            await self.storage.put(f"dropbox/{row['title']}/{name}", data)
        return row

    async def finish(self, imageset_id: int) -> None:
        await self.done(label_image_sets.ChangeImageSet(imageset_id=imageset_id, new_status="finished"))

    async def ingested(self, imageset_id: int) -> Any:
        """The set after its ingest has ended."""

        async def ended() -> Any:
            row = await self.ask(label_image_sets.GetImageSet(imageset_id=imageset_id))
            return row if row["ingest"]["state"] in ("done", "failed") else None

        return await eventually(ended, 110)

    async def images(self, number: int, width: int | None = 640, height: int | None = 480, **more: Any) -> list[int]:
        """Images that are rows only."""
        file = label_images.ImageFile(
            filetype="JPEG", filesize=1000, dimensions=label_images.Dimensions(width=width, height=height)
        )
        folder = self.storage.uri(f"uploads/{self.title('rows')}").removeprefix("s3://")
        images = [label_images.NewImage(filepath=f"{folder}/{index}.jpg", file=file, **more) for index in range(number)]
        found = await self.done(label_images.RegisterImages(images=images, inspect=False))
        return [one["image_id"] for one in found["images"]]

    async def campaign(self, ids: list[int], active: bool = True, **more: Any) -> tuple[int, Actor]:
        """A campaign with images, and its labeller."""
        email = f"party-{next(numbers)}@labels.example"
        command = {"title": self.title("campaign"), "labeler_email": email, "key": new_key(), **more}
        row = await self.done(label_campaigns.CreateCampaign.model_validate(command))
        number = row["campaign_id"]
        images = [ImageRef(id=image_id) for image_id in ids]
        await self.done(label_campaigns.AddCampaignImages(campaign_id=number, images=images))
        if active:
            await self.move(number, "active")
        users = await self.ask(label_users.ListLabelUsers(email=email))
        return number, label_actor(users["results"][0]["user_id"], email)

    async def move(self, campaign_id: int, status: str) -> Any:
        change = {"campaign_id": campaign_id, "new_status": status}
        return await self.done(label_campaigns.ChangeCampaign.model_validate(change))

    @staticmethod
    def submission(campaign_id: int, objects: dict[int, list[Any]]) -> label_objects.SubmitObjects:
        images = [{"image_id": image_id, "objects": said} for image_id, said in objects.items()]
        return label_objects.SubmitObjects.model_validate({"campaign_id": campaign_id, "images": images})

    async def upload(self, grant: Any, name: str, data: bytes) -> int:
        """Sends a file as a labelling party would, and returns the status."""
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(grant["url"], data=grant["fields"], files={"file": (name, data)})
        return answer.status_code


@pytest.fixture(scope="session")
def labels(running: Service, caller: Caller, storage: Storage) -> LabelStore:
    assert any(isinstance(one, LabelFiles) for one in running.provides)
    return LabelStore(caller, storage)
