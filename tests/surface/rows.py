"""Rows that the owner has, written into the databases of their rooms: what only pipelines make is here at once."""

from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx
import psycopg

from contracts.catalog.areas import CreateAoi
from stack.bench.system import System
from tests.surface.people import OWNER_ID, Who, headers

SQUARE = [[[85.51, 27.62], [85.511, 27.62], [85.511, 27.621], [85.51, 27.621], [85.51, 27.62]]]
POLYGON = {"type": "Polygon", "coordinates": SQUARE}
GEOMETRY = "ST_GeomFromText('POLYGON((85.51 27.62, 85.511 27.62, 85.511 27.621, 85.51 27.621, 85.51 27.62))', 4326)"
IMAGERY = "https://tiles.example.org/{z}/{x}/{y}.png"


class Rows:
    """Each call makes a new row, private or public as its parent is, and returns what names it in an address."""

    def __init__(self, system: System, visibility: str = "private") -> None:
        self.system, self.visibility = system, visibility
        self._open: dict[str, psycopg.Connection] = {}

    def seen_as(self, visibility: str) -> "Rows":
        rows = Rows(self.system, visibility)
        rows._open = self._open
        return rows

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()

    def _one(self, room: str, statement: str, **values: Any) -> Any:
        if room not in self._open:
            self._open[room] = self.system.connect(room)
        mine = {"user": OWNER_ID, "visibility": self.visibility, "imagery": IMAGERY, "key": uuid4().hex[:20]}
        row = self._open[room].execute(statement, mine | values).fetchone()  # type: ignore[arg-type]
        assert row
        return row[0]

    def dataset(self, status: str = "draft") -> int:
        return self._one(
            "catalog",
            "INSERT INTO datasets (stac_id, title, source_imagery, category, status, visibility, user_id)"
            " VALUES (%(key)s, 'roofs', %(imagery)s, 'buildings', %(status)s, %(visibility)s, %(user)s) RETURNING id",
            status=status,
        )

    def aoi(self) -> int:
        return self._one(
            "catalog",
            "INSERT INTO aois (geom, area, dataset_id, user_id, created_at, last_modified)"
            f" VALUES ({GEOMETRY}, 11000, %(dataset)s, %(user)s, now(), now()) RETURNING id",
            dataset=self.dataset(),
        )

    def label(self) -> int:
        return self._one(
            "catalog", f"INSERT INTO labels (aoi_id, geom) VALUES (%(aoi)s, {GEOMETRY}) RETURNING id", aoi=self.aoi()
        )

    def category(self) -> str:
        statement = "INSERT INTO categories (slug, label, description) VALUES (%(key)s, 'x', '') RETURNING slug"
        return self._one("catalog", statement)

    def base_model(self) -> int:
        return self._one(
            "catalog",
            "INSERT INTO base_models (name, category, status, visibility, user_id, item)"
            " VALUES (%(key)s, 'buildings', 'active', %(visibility)s, %(user)s, '{}') RETURNING id",
        )

    def local_model(self) -> int:
        """With its card."""
        name = uuid4().hex
        card = self._one(
            "training",
            "INSERT INTO model_names (name, title, user_id, base_model_stac_id, visibility)"
            " VALUES (%(name)s, 'roofs', %(user)s, 'unet', %(visibility)s) RETURNING id",
            name=name,
        )
        return self._one(
            "catalog",
            "INSERT INTO local_models (id, name, category, status, visibility, user_id, base_model_id)"
            " OVERRIDING SYSTEM VALUE VALUES (%(id)s, %(name)s, 'buildings', 'active', %(visibility)s, %(user)s,"
            " %(base)s) RETURNING id",
            id=card, name=name, base=self.base_model(),
        )  # fmt: skip

    def training(self, status: str = "failed") -> int:
        dataset = self.dataset("built")
        self._one(
            "training",
            "INSERT INTO known_datasets (stac_id, dataset_id, user_id, visibility, as_of)"
            " VALUES (%(key)s, %(dataset)s, %(user)s, %(visibility)s, now()) RETURNING stac_id",
            dataset=dataset,
        )
        return self._one(
            "training",
            "INSERT INTO trainings (local_model, model_name, base_model_stac_id, dataset, dataset_stac_id, overrides,"
            " hyperparameters, plan, title, keywords, description, status, user_id, username, submitted_at, queued_at,"
            " zenml_run_id) VALUES (%(model)s, 'roofs', 'unet', %(dataset)s, 'roofs', '{}', '{}', '{}', '', '[]', '',"
            " %(status)s, %(user)s, 'owner', now(), now(), %(key)s) RETURNING id",
            dataset=dataset, model=self.local_model(), status=status,
        )  # fmt: skip

    def training_run(self) -> str:
        return self._one(
            "training",
            "INSERT INTO training_runs (run_id, training_id, attempt) SELECT zenml_run_id, id, 1 FROM trainings"
            " WHERE id = %(id)s RETURNING run_id", id=self.training(),
        )  # fmt: skip

    def prediction(self, status: str = "failed") -> int:
        return self._one(
            "prediction",
            "INSERT INTO predictions (user_id, model_stac_id, facts, image_uri, geom, zoom, params, remove_osm,"
            " description, visibility, status, error, attempt, first_attempt, graceful, has_pmtiles, results_ready,"
            " submitted_at, touched_at, due_at, run_id)"
            f" VALUES (%(user)s, 'unet', '{{}}', %(imagery)s, {GEOMETRY}, 19, '{{}}', false, '', %(visibility)s,"
            " %(status)s, '', 1, 1, false, false, false, now(), now(), now() + interval '1 hour', %(key)s)"
            " RETURNING id",
            status=status,
        )

    def prediction_run(self) -> str:
        return self._one(
            "prediction",
            "INSERT INTO prediction_runs (run_id, prediction_id, attempt) SELECT run_id, id, 1 FROM predictions"
            " WHERE id = %(id)s RETURNING run_id", id=self.prediction(),
        )  # fmt: skip

    def feedback(self) -> int:
        return self._one(
            "prediction",
            "INSERT INTO feedback (geom, stac_id, action, comments, config, prediction_id, user_id, created_at)"
            f" VALUES ({GEOMETRY}, 'unet', 'accept', '', '{{}}', %(parent)s, %(user)s, now()) RETURNING id",
            parent=self.prediction(),
        )

    def notification(self) -> int:
        return self._one(
            "notify",
            "INSERT INTO notifications (user_id, message, about, about_id, slug, created_at)"
            " VALUES (%(user)s, 'done', 'training', '1', 'x', now()) RETURNING id",
        )

    def banner(self) -> int:
        return self._one("notify", "INSERT INTO banners (message, start_date) VALUES ('new', now()) RETURNING id")

    def annotation(self) -> int:
        return self._one("notify", "INSERT INTO annotations (begin_ms, text, tags) VALUES (1, 'x', '{}') RETURNING id")

    def state(self) -> int:
        statement = (
            "INSERT INTO user_states (user_id, state, timestamp) VALUES (%(user)s, '{\"a\": 1}', now()) RETURNING id"
        )
        return self._one("notify", statement)

    def webhook(self, verified: bool = True) -> int:
        return self._one(
            "notify",
            "INSERT INTO webhooks (user_id, username, url, description, active, secret, secret_made_at, created_at,"
            " last_modified, verified_at) VALUES (%(user)s, 'owner', 'https://hooks.example.org/', '', true, 'x',"
            " now() - interval '1 day', now(), now(), case when %(verified)s then now() end) RETURNING id",
            verified=verified,
        )

    def no_webhooks(self) -> None:
        self._one("notify", "WITH gone AS (DELETE FROM webhooks RETURNING id) SELECT count(*) FROM gone")

    def dead_letter(self) -> int:
        return self._one(
            "gateway",
            "INSERT INTO dead_letters (stream, sequence, consumer, service, subject, type, headers, data, reason,"
            " deliveries, state, replays) VALUES ('EVENTS', 1, %(key)s, 'notify', 'evt.gateway.v1.user_changed.1',"
            " 'evt.gateway.v1.user_changed', '{}', '', 'test', 5, 'open', 0) RETURNING id",
        )

    def mapping(self) -> str:
        statement = (
            "INSERT INTO hanko_user_mappings (hanko_user_id, app_user_id) VALUES (%(key)s, '7') RETURNING hanko_user_id"
        )
        return self._one("gateway", statement)

    def command(self) -> str:
        """Sent for the owner."""
        key, url = uuid4().hex, f"{self.system.url}/aois/"
        sent = {**headers(Who.OWNER, self.system.token), "Idempotency-Key": key}
        body = {"type": "Feature", "geometry": POLYGON, "properties": {}}
        httpx.post(url, json=body, headers=sent, timeout=10).raise_for_status()
        return str(uuid5(NAMESPACE_URL, f"{OWNER_ID} POST /api/v1/aois {key} {CreateAoi.ce_type()}"))
