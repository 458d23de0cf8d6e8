"""A client of the label store that was written years ago: two headers on every request, a presigned POST, polling."""

import io
import time
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

PAUSE, PATIENCE = 0.5, 20
BOX = {"xmin": 4, "xmax": 20, "ymin": 6, "ymax": 16}


def found(label: str = "bottle", **members: Any) -> dict[str, Any]:
    return {"label": label, "bounding_box": BOX, **members}


def picture(seed: int) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 48), 30 + 20 * seed).save(file, "PNG")
    return file.getvalue()


@dataclass
class OldClient:
    """`base` is the only thing that its owner changes."""

    base: str
    key: str
    secret: str

    def __post_init__(self) -> None:
        headers = {"Authentication-Key": self.key, "Authentication-Secret": self.secret}
        self.http = httpx.Client(base_url=self.base, headers=headers, timeout=60, trust_env=False)

    def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """Returns the JSON of the answer, whose status is `status`. A read that is told to come later does so."""
        for _ in range(PATIENCE):
            response = self.http.request(method, path, **({} if body is None else {"json": body}))
            if method != "GET" or response.status_code != 503:
                break
            time.sleep(PAUSE)
        assert response.status_code == status, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    def refused(self, method: str, path: str, status: int, body: Any = None) -> str:
        """Returns the code of the problem."""
        problem = self.call(method, path, body, status)
        assert problem["status"] == status
        return problem["code"]

    def upload(self, grant: dict[str, Any], name: str, data: bytes) -> None:
        """Without the two headers, as a form of a web page."""
        fields = {**grant["fields"], "key": grant["key_prefix"] + name}
        answer = httpx.post(grant["url"], data=fields, files={"file": (name, data)}, trust_env=False)
        assert answer.status_code in (200, 201, 204), answer.text

    def wait(self, path: str, member: str, limit: float = 240) -> dict[str, Any]:
        """Polls until the job of a row is done."""
        until = time.monotonic() + limit
        while (row := self.call("GET", path))[member]["state"] != "done":
            assert row[member]["state"] in ("none", "queued", "running"), row
            assert time.monotonic() < until, row
            time.sleep(PAUSE)
        return row

    def ingested(self, title: str, count: int) -> tuple[int, list[int]]:
        """Returns an image set of so many pictures, and its images."""
        row = self.call("POST", "/image_sets", {"title": title})
        for number in range(count):
            self.upload(row["upload"], f"{number}.png", picture(number))
        path = f"/image_sets/{row['imageset_id']}"
        assert self.call("PUT", path, {"new_status": "finished"}) == "ok"
        self.wait(path, "ingest")
        images = self.call("GET", f"{path}/images")["images"]
        return row["imageset_id"], [one["image_id"] for one in images]

    def campaign(self, title: str, email: str, ids: list[int]) -> tuple[str, dict[str, Any]]:
        """Returns the path of an active campaign, and the key pair of its labeller."""
        row = self.call("POST", "/campaigns", {"title": title, "labeler_email": email})
        path = f"/campaigns/{row['campaign_id']}"
        assert self.call("POST", f"{path}/images", [{"id": one} for one in ids]) == "ok"
        assert self.call("PUT", path, {"new_status": "active"}) == "ok"
        return path, row["access_token"]
