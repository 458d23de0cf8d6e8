"""Processors, stored packages, probes and the index through the door."""

import pytest
from doors import door_bus, door_owners, http, owners
from package_samples import DATASETS, HOST, boundary

from contracts.catalog import packages as c
from contracts.verdict import Kind, Refused

__all__ = ["door_bus", "door_owners", "http", "owners"]
PACKAGE = {
    "boundary_name": "gambia", "uri": f"{HOST}/gambia/", "boundary": boundary("gambia"), "processors": DATASETS[:1],
    "datapackage": {"name": "gambia"}, "freshness": {},
}  # fmt: skip


@pytest.fixture
def processors(owners):
    owners.answer(c.ListProcessors, DATASETS)


async def test_processors_are_listed_by_dataset(http, processors):
    body = (await http.get("/api/v1/processors")).json()
    assert body == DATASETS
    assert body[0]["versions"][0]["status"] == body[0]["versions"][0]["uri"] == ""


async def test_single_processors_have_no_status(http, processors):
    dataset = (await http.get("/api/v1/processors/test_processor")).json()
    assert (dataset["name"], len(dataset["versions"])) == ("test_processor", 2)
    one = (await http.get("/api/v1/processors/test_processor/version_2/")).json()
    assert one == dataset["versions"][1]
    assert not {"status", "uri"} & one.keys()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("noprocessor", "no such processor: noprocessor"),
        ("test_processor/version_9", "no such processor version: test_processor.version_9"),
        ("noprocessor/version_1", "no such processor version: noprocessor.version_1"),
    ],
)
async def test_unknown_processors(http, processors, problem, path, text):
    assert problem(await http.get(f"/api/v1/processors/{path}"), 404)["detail"] == text


async def test_packages_are_listed_and_read(http, owners):
    rows = [{"boundary_name": "gambia", "uri": f"{HOST}/gambia/"}]
    owners.answer(c.ListPackages, rows)
    assert (await http.get("/api/v1/packages")).json() == rows
    owners.answer(c.GetPackage, PACKAGE)
    assert (await http.get("/api/v1/packages/gambia")).json() == PACKAGE
    assert owners.last(c.GetPackage) == {"name": "gambia"}


@pytest.mark.parametrize("text", ["Package zambia not found", "Package zambia has no existing or executing datasets"])
async def test_packages_that_are_not_there(http, owners, problem, text):
    owners.answer(c.GetPackage, Refused(kind=Kind.NOT_FOUND, code="package_not_found", detail=text))
    assert problem(await http.get("/api/v1/packages/zambia"), 404)["detail"] == text


async def test_the_index_for_programs(http, owners):
    row = {"boundary_name": "gambia", "name_long": "The Gambia", "uri": f"{HOST}/gambia/", "files": []}
    owners.answer(c.PackagesIndex, lambda query: [] if query["after"] else [row])
    assert (await http.get("/api/v1/packages/index.json")).json() == [row]
    assert owners.last(c.PackagesIndex)["after"] == "gambia"


async def test_a_long_list_whose_owner_goes_away_has_no_end(http, owners):
    following = {"": "a", "a": "b", "b": "c"}

    def answer(query):
        return [{"boundary_name": name, "uri": "u"}] if (name := following.get(query["after"])) else GONE

    owners.answer(c.PackagesIndex, answer)
    with pytest.raises(AssertionError):  # of the transport: the response has no end
        await http.get("/api/v1/packages/index.json")
    following.clear()
    assert (await http.get("/api/v1/packages/index.json")).status_code == 503


GONE = Refused(kind=Kind.UNAVAILABLE, code="storage_unavailable", detail="no more")


async def test_alive(http):
    answer = await http.get("/api/v1/liveness")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


async def test_ready(http, owners, problem, monkeypatch):
    monkeypatch.setattr("gateway.apis.packages.probes.READY_WAIT", 0.05)
    owners.answer(c.PackagesReady, {"ready": True})
    assert (await http.get("/api/v1/readiness/")).json() == {"status": "ready"}
    for answer in ({"ready": False}, Refused(kind=Kind.UNAVAILABLE, code="database_unavailable", detail="x"), None):
        owners.answer(c.PackagesReady, answer)
        assert problem(await http.get("/api/v1/readiness"), 500)["detail"] == "not_ready"


@pytest.mark.parametrize("path", ["/api/v1/liveness", "/api/v1/boundaries", "/api/v1/packages/gambia"])
async def test_another_method(http, path):
    assert (await http.put(path)).status_code == 405


async def test_an_owner_that_does_not_answer(http, owners, problem):
    problem(await http.get("/api/v1/processors"), 503)


def test_the_document_has_tags_and_outside_schemas(http):
    document = http._transport.app.openapi()
    texts = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(texts[name] for name in ("boundaries", "packages", "jobs", "processors", "probes"))
    schemas = document["components"]["schemas"]
    assert schemas["Boundary"]["properties"]["geometry"]["$ref"] == "https://geojson.org/schema/MultiPolygon.json"
    assert schemas["Boundary"]["properties"]["envelope"]["$ref"] == "https://geojson.org/schema/Polygon.json"
    package = schemas["Package"]["properties"]["datapackage"]["$ref"]
    assert package == "https://specs.frictionlessdata.io/schemas/data-package.json"
    refused = document["paths"]["/api/v1/jobs"]["post"]["responses"]["422"]
    assert refused["$ref"] == "#/components/responses/InvalidFields"
