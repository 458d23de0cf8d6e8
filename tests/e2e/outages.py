"""Work of every kind that is under way while a server is away."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg

from fairway import Fairway
from fairway.errors import FairwayError
from stack import pids
from stack import run as servers
from stack.demo.job import KEYWORDS, LABELS, Job
from stack.platform import run
from tests.e2e.conftest import Platform
from tests.e2e.mailbox import follow_verification_link, mails

SERVERS = ("postgres", "nats", "stac", "s3", "zenml")
DAEMONS = {"s3": "radosgw"}
QUICK = {"catalog": {"DATASET_PATIENCE": "1"}, "prediction": {"PREDICTION_PATIENCE": "1"}}
"""What scales minutes to seconds: workers put a job off that they would wait for in place."""
OVER = {"built", "failed", "completed", "stopped"}


@dataclass
class Work:
    """Keeps a training, a build and a prediction under way; their ends bring mails and calls of a webhook."""

    platform: Platform
    job: Job
    done: dict[str, Any]
    rows: dict[str, list[int]] = field(default_factory=lambda: {"trainings": [], "datasets": [], "predictions": []})
    since: float = field(default_factory=time.time)
    address: str = field(default_factory=lambda: f"outlasting-{uuid4().hex[:8]}@map.example")
    """Not proven yet, also when the test runs again."""

    @property
    def fairway(self) -> Fairway:
        return self.job.fairway

    def listen(self) -> None:
        """By mail, to an address that is proven, and by webhook."""
        listen(self.platform, self.fairway, self.address)

    def keep_going(self) -> None:
        """Begins one of each kind of which none is under way; a training runs by then."""
        self._begin("trainings", self._train)
        until(lambda: self.state("trainings", self.rows["trainings"][-1])[0] not in ("initializing", "submitted"), 120)
        self._begin("predictions", self._predict)
        self._begin("datasets", self._build)

    def _begin(self, kind: str, one: Callable[[], int]) -> None:
        if all(self.over(kind, row_id) for row_id in self.rows[kind]):
            self.rows[kind].append(one())

    def over(self, kind: str, row_id: int) -> bool:
        """A prediction has its results."""
        status, row = self.state(kind, row_id)
        return status in OVER and (kind != "predictions" or status != "completed" or row.results_ready)

    def state(self, kind: str, row_id: int) -> tuple[str, Any]:
        row = getattr(self.fairway, kind).get(row_id)
        return row.status, row

    def _train(self) -> int:
        return self.fairway.trainings.submit(
            base_model_stac_id=self.done["base"].stac_item_id, dataset_stac_id=self.done["dataset"].stac_id,
            model_name="outlasting", title="Outlasting", overrides=self.job.overrides,
        ).id  # fmt: skip

    def _build(self) -> int:
        aois = [self.fairway.aois.create(area).id for area in self.job.area.train_areas()]
        return self.fairway.datasets.build(
            title="Outlasting", description="Of a test.",
            source_imagery=f"{self.job.tiles}/train/{{z}}/{{x}}/{{y}}.jpg",
            category="buildings", zoom=self.job.area.zoom, aoi_ids=aois, label_tasks=["semantic-segmentation"],
            label_classes=LABELS, keywords=KEYWORDS, geometry_type="polygon",
        ).id  # fmt: skip

    def _predict(self) -> int:
        return self.fairway.predictions.submit(
            model_stac_id=self.done["item"], image_uri=f"{self.job.tiles}/predict/{{z}}/{{x}}/{{y}}.jpg",
            bbox=self.job.area.predict_box(), zoom=self.job.area.zoom, description="Outlasting",
        ).id  # fmt: skip

    def ended_well(self, limit: float) -> None:
        """All of them, without a hand."""
        every = [(kind, row_id) for kind, ids in self.rows.items() for row_id in ids]
        until(lambda: all(self.over(kind, row_id) for kind, row_id in every), limit, every)
        ends = {f"{kind} {row_id}": self.state(kind, row_id) for kind, row_id in every}
        ill = {end: row.error for end, (status, row) in ends.items() if status not in ("built", "completed")}
        assert ill == {}, ill
        until(lambda: self._told("mails", "sent") and self._told("webhook_deliveries", "delivered"), limit)

    def _told(self, table: str, well: str) -> bool:
        """There are some, and each of them has arrived."""
        sql = f"select state from {table} where created_at > to_timestamp(%s)"
        with psycopg.connect(self.platform.env["DATABASE_URL_NOTIFY"]) as db:
            return {state for (state,) in db.execute(sql, (self.since,))} == {well}


def listen(platform: Platform, fairway: Fairway, address: str) -> None:
    """Lets a person hear by mail, to an address that is proven, and by webhook."""

    def letters() -> list[dict[str, Any]]:
        return [mail for mail in mails(platform.home, address) if "/verify-email/" in mail["text"]]

    fairway.change_me(email=address, notifications_delivery_methods=["web", "email", "webhook"])
    fairway.transport.write("POST", "/auth/me/request-email-verification/")
    until(lambda: bool(letters()), 60, "mail with the link")
    follow_verification_link(platform, letters()[-1]).raise_for_status()
    fairway.webhooks.create(f"http://127.0.0.1:{platform.home.port('sandbox-webhooks')}/hook")


def away(platform: Platform, name: str, seconds: float) -> None:
    daemon = DAEMONS.get(name, name)
    assert daemon in pids.running(platform.home)
    pids.stop(platform.home, daemon)
    time.sleep(seconds)
    servers.up({name}, None, platform.home)


def quickened(platform: Platform, changes: dict[str, dict[str, str]]) -> None:
    """Starts the workers anew with these settings."""
    for room in QUICK:
        worker = run.worker(platform.home, platform.env, room)
        worker.stop()
        worker.env = {**worker.env, **changes.get(room, {})}
        worker.start()


def until(check: Callable[[], bool], limit: float, about: object = "") -> None:
    """While a server is away, the answer may be an error."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            if check():
                return
        except FairwayError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"did not come true in {limit:g} s: {about}")
