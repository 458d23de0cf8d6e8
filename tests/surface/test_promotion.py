"""From a training to a version in the public catalogue, over HTTP: catalog, training, store and STAC are real."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from catalog.models.summary import summarize_item
from stack.bench.system import System
from tests.surface.people import Who, headers
from tests.surface.registry import Registry

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]


class Promotion:
    """A base model, a dataset and a local model, and a mapper who publishes its runs."""

    def __init__(self, system: System, registry: Registry) -> None:
        self.system, self.registry, self.name = system, registry, f"m-{uuid4().hex[:10]}"
        self.base, self.dataset = registry.base_item(f"b-{self.name}"), registry.dataset_item(f"d-{self.name}")["id"]
        facts = summarize_item(self.base, "https://stac.example/base", "buildings").model_dump(mode="json")
        base_model = registry.base_model(self.base["id"], stac_item_id=self.base["id"], facts=facts)
        self.local_model = registry.local_model(self.name, base_model, visibility="public")

    def run(self, **columns: Any) -> int:
        return self.registry.completed(self.local_model, self.name, self.base, self.dataset, **columns)

    def post(self, path: str, body: Any, who: Who = Who.OWNER) -> httpx.Response:
        return httpx.post(f"{self.system.url}{path}", json=body, headers=headers(who, self.system.token), timeout=30)

    def publish(self, training: int, **body: Any) -> dict[str, Any]:
        """Properties of the item that comes of it."""
        answer = self.post(f"/trainings/{training}/publish/", body)
        assert answer.status_code == 201, answer.text
        return self.registry.item("local-models", answer.json()["local_model_stac_id"])["properties"]


@pytest.fixture
def promotion(running: System) -> Iterator[Promotion]:
    registry = Registry(running)
    yield Promotion(running, registry)
    registry.close()


@pytest.mark.spec("7.7", "POST /trainings/{id}/publish/, title, description, fallbacks")
def test_words_come_from_the_request_the_run_the_version_before(promotion: Promotion):
    said = promotion.run(title="Of the run", description="Said when it began", keywords=["tree"])
    first = promotion.publish(said)
    assert (first["title"], first["description"]) == ("Of the run", "Said when it began")
    assert "tree" in first["keywords"]
    again = promotion.publish(said, title="Roofs", description="Said now")
    assert (again["title"], again["description"]) == ("Roofs", "Said now")
    silent = promotion.publish(promotion.run())
    assert silent["description"] == "Said now"
    assert silent["title"] == f"{promotion.name} v{silent['version']}"
    assert "tree" not in silent["keywords"]


@pytest.mark.spec("7.7", "fallbacks")
def test_a_first_version_of_which_nothing_was_said_is_described_by_its_name(promotion: Promotion):
    item = promotion.publish(promotion.run())
    assert item["title"] == item["description"] == f"{promotion.name} v3"


@pytest.mark.spec("1.5", "unseen rows are 404, seen but not owned is 403")
@pytest.mark.parametrize(("visibility", "status"), [("private", 404), ("public", 403)])
def test_others_publish_no_run(promotion: Promotion, visibility: str, status: int):
    training = promotion.run(dataset=promotion.registry.known_dataset(promotion.dataset, visibility))
    answer = promotion.post(f"/trainings/{training}/publish/", {}, Who.STRANGER)
    assert answer.status_code == status


@pytest.mark.spec("7.3", "dataset_stac_id, unknown dataset 404")
def test_an_unknown_dataset_is_not_found(promotion: Promotion):
    order = {"base_model_stac_id": promotion.base["id"], "model_name": promotion.name}
    answer = promotion.post("/trainings/submit/", {**order, "dataset_stac_id": "nothing-like-it"})
    assert (answer.status_code, "nothing-like-it" in answer.json()["detail"]) == (404, True)
    unknown = promotion.post("/trainings/submit/", {**order, "base_model_stac_id": "x", "dataset_stac_id": "x"})
    assert "not a registered base model" in unknown.json()["detail"]
