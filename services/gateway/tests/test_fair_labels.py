"""Labels and what has to do with them, as clients of both generations ask for them."""

import httpx
import orjson
import pytest

from contracts.catalog import datasets as d
from contracts.catalog import labels as c
from contracts.catalog.areas import ListAois
from contracts.catalog.osm import Conflate, DescribeAsOsm, GetOsmStatus
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair.data.labels import EXAMPLE
from gateway.http.uploads.label_files import LARGEST, PART

POINT = {"type": "Point", "coordinates": [85.5, 27.6]}


def row(number: int) -> dict:
    return {"type": "Feature", "id": number, "geometry": POINT, "properties": {"id": number, "aoi": 12}}


def portions(rows: list[dict], size: int):
    """An owner who never answers more than `size` rows at once."""

    def answer(asked: dict) -> dict:
        after = [one for one in rows if one["properties"]["id"] > asked["after"]][asked["page"]["offset"] :]
        return {"count": 0 if asked["after"] else len(rows), "results": after[: min(size, asked["page"]["limit"])]}

    return answer


@pytest.mark.spec("22.2", "filter aoi, filter aoi__dataset, filter in_bbox, filter tile")
async def test_filters_reach_the_owner(http, owners):
    owners.answer(c.ListLabels, {"count": 0, "results": []})
    await http.get("/api/v1/labels/?aoi=3&aoi__dataset=5&in_bbox=1,2,3,4&tile=3/1/2")
    asked = owners.last(c.ListLabels)
    assert (asked["aoi"], asked["dataset"], asked["page"]["in_bbox"], asked["tile"]) == (3, 5, [1, 2, 3, 4], [3, 1, 2])


@pytest.mark.parametrize("query", ["tile=3/8/0", "tile=1/2", "tile=a/b/c", "tile=25/0/0", "aoi=x", "in_bbox=1,2,3"])
@pytest.mark.parametrize("path", ["labels", "label"])
async def test_malformed_filters_are_named(http, problem, query, path):
    details = problem(await http.get(f"/api/v1/{path}/?{query}"), 400)["error"]["details"]
    assert list(details) == [query.partition("=")[0]]


async def test_a_page_is_put_together_from_the_portions_of_the_owner(http, owners):
    rows = [row(n) for n in range(1, 12)]
    owners.answer(c.ListLabels, portions(rows, 2))
    body = (await http.get("/api/v1/labels/?limit=5&offset=3")).json()
    assert (body["count"], body["results"]["features"]) == (11, rows[3:8])
    assert body["next"].endswith("limit=5&offset=8")


async def test_new_labels_are_201_and_known_ones_200(http, owners, mapper):
    for status in (201, 200):
        owners.judge(c.CreateLabel, Accepted(result=row(4), http=status))
        response = await http.post("/api/v1/labels/", json=EXAMPLE, headers=mapper)
        assert (response.status_code, response.json()) == (status, row(4))
    asked = owners.last(c.CreateLabel)
    assert (asked["aoi_id"], asked["geometry"], asked["tags"]) == (12, EXAMPLE["geometry"], {"building": "yes"})


async def test_change_names_what_is_given(http, owners, mapper):
    owners.judge(c.ChangeLabel, Accepted(result={}))
    bodies = ({"properties": {"tags": None}}, {"geometry": POINT}, {"properties": {"aoi": 7, "osm_id": 1}})
    seen = []
    for body in bodies:
        await http.patch("/api/v1/labels/3/", json=body, headers=mapper)
        seen.append(owners.last(c.ChangeLabel)["given"])
    assert seen == [["tags"], ["geometry"], ["aoi_id", "osm_id"]]
    await http.put("/api/v1/labels/3/", json=EXAMPLE, headers=mapper)
    assert owners.last(c.ChangeLabel)["given"] == ["aoi_id", "geometry", "osm_id", "tags"]


async def test_buildings_are_fetched_unless_other_classes_are_named(http, owners, mapper):
    owners.judge(c.FetchLabels, Accepted(result={}, http=202))
    assert (await http.post("/api/v1/labels/osm/fetch/12/", headers=mapper)).status_code == 202
    asked = owners.last(c.FetchLabels)
    assert (asked["aoi_id"], asked["geometry_type"], asked["label_classes"]) == (
        12, "polygon", [{"name": "building", "classes": ["*"]}],
    )  # fmt: skip
    roads = {"geometry_type": "line", "label_classes": [{"name": "highway", "classes": ["track"]}]}
    await http.post("/api/v1/labels/osm/fetch/12/", json=roads, headers=mapper)
    assert owners.last(c.FetchLabels)["label_classes"] == roads["label_classes"]


def collection(*features: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.spec("22.2", "POST /label/upload/{aoi_id}/")
@pytest.mark.parametrize(("path", "answer"), [
    ("labels/upload/12/", {"id": 12}), ("label/upload/12/", {"status": "GeoJSON file is being processed"}),
])  # fmt: skip
async def test_files_come_as_forms_or_as_they_are(http, owners, mapper, path, answer):
    owners.judge(c.UploadLabels, Accepted(result={"id": 12}, http=202))
    text = orjson.dumps(collection(EXAMPLE))
    ways = (
        {"files": {"geojson_file": ("a.geojson", text)}}, {"files": {"geojson_file": (None, text)}},
        {"content": text, "headers": {"content-type": "application/geo+json"}},
    )  # fmt: skip
    seen = []
    for way in ways:
        response = await http.post(f"/api/v1/{path}", **{**way, "headers": mapper | way.get("headers", {})})
        assert (response.status_code, response.json()) == (202, answer)
        seen.append(owners.last(c.UploadLabels))
    assert seen[0] == seen[1] == seen[2]
    assert (seen[0]["aoi_id"], seen[0]["part"], seen[0]["parts"], seen[0]["features"]) == (12, 0, 1, [EXAMPLE])


def projected(name: str) -> dict:
    return {"type": "name", "properties": {"name": name}}


BAD = [
    (b"", "No file"), (b"{", "not valid JSON"), (b"[]", "not a GeoJSON FeatureCollection"),
    (orjson.dumps(EXAMPLE), "not a GeoJSON FeatureCollection"), (b'{"type": "FeatureCollection"}', "no features"),
    (b'{"type": "FeatureCollection", "features": {}}', "no features"),
    (orjson.dumps(collection()), "no features"), (b"7", "not a GeoJSON FeatureCollection"),
    (orjson.dumps(collection(EXAMPLE)) + b"}", "not valid JSON"),
    (orjson.dumps(collection(EXAMPLE))[:-1], "not valid JSON"),
    (orjson.dumps(collection(EXAMPLE)).replace(b"yes", b"\xe9"), "not UTF-8"),
    (b'{"type": "FeatureCollection", "features": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "nested too deeply"),
    (b'{"type": "FeatureCollection", "features": [' + b"[" * 33 + b"]" * 33 + b"]}", "nested too deeply"),
    (orjson.dumps(collection(EXAMPLE) | {"crs": projected("EPSG::32645")}), "is in EPSG::32645"),
    (orjson.dumps(collection(EXAMPLE) | {"crs": {"type": "link"}}), "unnamed projection"),
    (orjson.dumps(collection(*[{}] * 50_001)), "at most 50000 features"),
]  # fmt: skip


@pytest.mark.spec("22.2", "upload checks")
@pytest.mark.parametrize(("content", "words"), BAD)
async def test_what_is_wrong_with_a_file_is_said(http, owners, mapper, problem, content, words):
    form = {"files": {"geojson_file": ("a.geojson", content)}}
    early = await http.post("/api/v1/label/upload/12/", headers=mapper, **form)
    assert (early.status_code, list(early.json())) == (400, ["error"])
    assert words in early.json()["error"]
    details = problem(await http.post("/api/v1/labels/upload/12/", headers=mapper, **form), 400)["error"]["details"]
    assert words in details["geojson_file"][0]
    assert owners.heard == []


MARK = b"\xef\xbb\xbf"
DEGREES = ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326", "CRS84", "WGS 84",
           "http://www.opengis.net/def/crs/EPSG/0/4326"]  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        MARK + orjson.dumps(collection(EXAMPLE)),
        orjson.dumps(collection(EXAMPLE), option=orjson.OPT_INDENT_2).replace(b"\n", b"\r\n"),
        orjson.dumps({"features": [EXAMPLE], "name": "roofs", "type": "FeatureCollection", "crs": None}),
        *(orjson.dumps(collection(EXAMPLE) | {"crs": projected(name)}) for name in DEGREES),
    ],
)
async def test_files_are_read_as_programs_write_them(http, owners, mapper, content):
    owners.judge(c.UploadLabels, Accepted(result={}, http=202))
    json = {"content": content, "headers": mapper | {"content-type": "application/json"}}
    form = {"files": {"geojson_file": ("a.geojson", content)}, "headers": mapper}
    for way in (json, form):
        assert (await http.post("/api/v1/labels/upload/12/", **way)).status_code == 202
        sent = owners.last(c.UploadLabels)
        assert (sent["features"], sent["numbers"], sent["left_out"]) == ([EXAMPLE], [1], [])
        owners.heard.clear()


async def test_a_feature_that_cannot_travel_is_named_and_the_others_go(http, owners, mapper):
    owners.judge(c.UploadLabels, Accepted(result={}, http=202))
    content = orjson.dumps(collection(
        EXAMPLE | {"id": "x" * LARGEST}, EXAMPLE | {"id": "NUL"}, EXAMPLE, EXAMPLE | {"id": "HALF"},
        EXAMPLE | {"id": "BIG"},
    ))  # fmt: skip
    for name, bent in ((b'"NUL"', b'"\\u0000"'), (b'"HALF"', b'"\\ud800"'), (b'"BIG"', b"1" + b"0" * 30)):
        content = content.replace(name, bent)
    content = content[:-2] + b', 7, null, {"type": "Feature", "geometry": null, "properties": {"height": NaN}}]}'
    headers = mapper | {"content-type": "application/json"}
    assert (await http.post("/api/v1/labels/upload/12/", content=content, headers=headers)).status_code == 202
    sent = owners.last(c.UploadLabels)
    assert sent["numbers"] == [3, 5, 6, 7, 8]
    assert sent["features"] == [
        EXAMPLE, EXAMPLE | {"id": 1e30}, {}, {}, {"type": "Feature", "geometry": None, "properties": {"height": None}},
    ]  # fmt: skip
    assert [name for _, name in sent["left_out"]] == ["feature 1", "feature 2", "feature 4"]
    assert "too large" in sent["left_out"][0][0]


async def test_files_of_labels_have_a_limit_of_their_own(http, owners, mapper, problem, running, monkeypatch):
    owners.judge(c.UploadLabels, Accepted(result={}, http=202))
    many = orjson.dumps(collection(*[EXAMPLE | {"n": n} for n in range(8000)]))
    assert len(many) > running.settings.max_body
    headers = mapper | {"content-type": "application/json"}
    for way in ({"content": many, "headers": headers}, {"files": {"geojson_file": many}, "headers": mapper}):
        owners.heard.clear()
        assert (await http.post("/api/v1/labels/upload/12/", **way)).status_code == 202
        parts = [body for kind, body, _ in owners.heard if kind == c.UploadLabels.ce_type()]
        assert [one["part"] for one in parts] == list(range(parts[0]["parts"]))
        assert [number for one in parts for number in one["numbers"]] == list(range(1, 8001))
    monkeypatch.setattr(running.settings, "max_label_upload", 1_500_000)
    for path in ("labels/upload/12/", "label/upload/12/"):
        body = problem(await http.post(f"/api/v1/{path}", content=many, headers=headers), 413)
        assert "1500000 bytes" in body["detail"]


async def test_a_promise_of_another_length_does_not_help(http, owners, mapper, problem, running, monkeypatch):
    monkeypatch.setattr(running.settings, "max_label_upload", 2000)

    async def endless():
        for _ in range(100):
            yield b" " * 1000

    headers = mapper | {"content-type": "application/json"}
    problem(await http.post("/api/v1/labels/upload/12/", content=endless(), headers=headers), 413)


async def test_other_forms_and_kinds_of_content(http, mapper, problem):
    form = {"files": {"other": ("a.geojson", b"{}")}}
    early = await http.post("/api/v1/label/upload/12/", headers=mapper, **form)
    assert early.json() == {"error": "No file was sent."}
    headers = mapper | {"content-type": "text/csv"}
    problem(await http.post("/api/v1/labels/upload/12/", headers=headers, content=b"1,2"), 415)


async def test_a_large_file_goes_in_parts(http, owners, mapper):
    owners.judge(c.UploadLabels, Accepted(result={}, http=202))
    features = [EXAMPLE | {"id": "x" * (PART // 2), "n": n} for n in range(4)]
    response = await http.post("/api/v1/labels/upload/12/", json=collection(*features), headers=mapper)
    parts = [body for kind, body, _ in owners.heard if kind == c.UploadLabels.ce_type()]
    assert (response.status_code, [one["part"] for one in parts]) == (202, [0, 1, 2, 3])
    assert {(one["upload"], one["parts"]) for one in parts} == {(parts[0]["upload"], 4)}
    assert [feature for one in parts for feature in one["features"]] == features


@pytest.mark.spec("22.2", "POST /label/")
async def test_v1_labels_are_written_with_200(http, owners, mapper, problem):
    owners.judge(c.CreateLabel, Accepted(result=row(4), http=201))
    for geom in (POINT, orjson.dumps(POINT).decode()):
        response = await http.post("/api/v1/label/", json={"geom": geom, "aoi": 12, "osm_id": 5}, headers=mapper)
        assert (response.status_code, response.json()) == (200, row(4))
        asked = owners.last(c.CreateLabel)
        assert (asked["geometry"], asked["aoi_id"], asked["osm_id"]) == (POINT, 12, 5)
    problem(await http.post("/api/v1/label/", json={"geom": "POINT (1)", "aoi": 12}, headers=mapper), 400)
    problem(await http.post("/api/v1/label/", json={"geom": POINT, "aoi": 12}), 403)


@pytest.mark.spec("22.2", "GET /label/, not paginated")
async def test_v1_list_is_one_collection_whatever_its_length(http, owners):
    rows = [row(n) for n in range(1, 8)]
    owners.answer(c.ListLabels, portions(rows, 3))
    response = await http.get("/api/v1/label/?aoi=12&limit=2&in__bbox=1,2,3,4/")
    assert response.json() == {"type": "FeatureCollection", "features": rows}
    assert owners.last(c.ListLabels)["page"]["in_bbox"] == [1, 2, 3, 4]
    owners.answer(c.ListLabels, {"count": 0, "results": []})
    assert (await http.get("/api/v1/label/")).json() == {"type": "FeatureCollection", "features": []}


@pytest.mark.spec("22.2", "PUT /label/{id}/, PATCH /label/{id}/, DELETE /label/{id}/")
async def test_v1_changes_are_for_staff(http, owners, mapper, chief, problem):
    owners.judge(c.ChangeLabel, Accepted(result=row(4)))
    owners.judge(c.DeleteLabel, Accepted(http=204))
    for method in ("PUT", "PATCH", "DELETE"):
        problem(await http.request(method, "/api/v1/label/4/", json={}, headers=mapper), 403)
    assert (await http.patch("/api/v1/label/4/", json={"tags": None}, headers=chief)).status_code == 200
    assert owners.last(c.ChangeLabel)["given"] == ["tags"]
    assert (await http.put("/api/v1/label/4/", json={"geom": POINT, "aoi": 2}, headers=chief)).json() == row(4)
    assert owners.last(c.ChangeLabel)["given"] == ["aoi_id", "geometry", "osm_id", "tags"]
    assert (await http.delete("/api/v1/label/4/", headers=chief)).status_code == 204


@pytest.mark.spec("22.2", "POST /label/osm/fetch/{aoi_id}/")
async def test_v1_fetch(http, owners, mapper, problem):
    owners.judge(c.FetchLabels, Accepted(result={}, http=202))
    response = await http.post("/api/v1/label/osm/fetch/12/", headers=mapper)
    assert (response.status_code, response.json()) == (202, "Processing started")
    owners.judge(c.FetchLabels, Refused(kind=Kind.NOT_FOUND, code="aoi_not_found"))
    problem(await http.post("/api/v1/label/osm/fetch/12/", headers=mapper), 404)
    problem(await http.post("/api/v1/label/osm/fetch/12/"), 403)


async def test_v1_upload_to_an_unknown_area_is_400(http, owners, mapper):
    owners.judge(c.UploadLabels, Refused(kind=Kind.NOT_FOUND, code="aoi_not_found", detail="No such area."))
    response = await http.post("/api/v1/label/upload/12/", json=collection(EXAMPLE), headers=mapper)
    assert (response.status_code, response.json()) == (400, {"error": "No such area."})


@pytest.mark.spec("25", "198")
@pytest.mark.parametrize(("name", "query"), [("labels", c.ListLabels), ("aois", ListAois)])
async def test_downloads_hold_every_feature(http, owners, problem, name, query):
    rows = [row(n) for n in range(1, 6)]
    owners.answer(d.GetDataset, {"id": 5})
    owners.answer(query, portions(rows, 2))
    response = await http.get(f"/api/v1/datasets/5/{name}/")
    assert response.headers["content-type"] == "application/geo+json"
    assert response.headers["content-disposition"] == f'attachment; filename="{name}_5.geojson"'
    assert response.json()["features"] == rows
    owners.answer(d.GetDataset, Refused(kind=Kind.NOT_FOUND, code="dataset_not_found"))
    problem(await http.get(f"/api/v1/datasets/5/{name}/"), 404)


@pytest.mark.spec("22.3", "GET /datasets/centroid/")
async def test_centroids_are_one_collection(http, owners):
    rows = [row(n) for n in range(1, 4)]
    owners.answer(d.ListDatasetCentroids, portions(rows, 2))
    response = await http.get("/api/v1/datasets/centroid/")
    assert (response.headers["content-type"], response.json()) == ("application/json", collection(*rows))


async def test_an_owner_who_repeats_himself_is_not_asked_for_ever(http, owners):
    owners.answer(d.ListDatasetCentroids, {"count": 2, "results": [row(1), row(2)]})
    assert (await http.get("/api/v1/datasets/centroid")).json() == collection(row(1), row(2))


@pytest.mark.spec("22.3", "offset")
async def test_offset_is_two_numbers(http, owners, mapper, problem):
    owners.judge(d.ChangeDataset, Accepted(result={}))
    await http.patch("/api/v1/datasets/5/", json={"offset": [1.5, -2]}, headers=mapper)
    assert owners.last(d.ChangeDataset)["offset"] == [1.5, -2]
    for wrong in ([1], [1, 2, 3], "x", ["a", 1]):
        body = problem(await http.patch("/api/v1/datasets/5/", json={"offset": wrong}, headers=mapper), 400)
        assert list(body["error"]["details"]) == ["offset"]


@pytest.mark.spec("22.8", "POST /geojson2osm/, malformed JSON 400")
async def test_osm_xml(http, owners, mapper, problem):
    owners.answer(DescribeAsOsm, "<osm/>")
    response: httpx.Response = await http.post(
        "/api/v1/geojson2osm/", json={"geojson": collection(EXAMPLE)}, headers=mapper
    )
    assert (response.text, response.headers["content-type"]) == ("<osm/>", "application/xml")
    assert owners.last(DescribeAsOsm) == {"features": [EXAMPLE]}
    headers = mapper | {"content-type": "application/json"}
    for wrong in (b"{", b'{"geojson": 5}', b'{"geojson": {"type": "Feature"}}', b"[]"):
        problem(await http.post("/api/v1/geojson2osm/", content=wrong, headers=headers), 400)


@pytest.mark.spec("22.8", "POST /conflate/")
async def test_conflation_answers_what_is_new(http, owners, mapper, problem):
    owners.answer(Conflate, [EXAMPLE])
    response = await http.post("/api/v1/conflate/", json={"geojson": collection(EXAMPLE, EXAMPLE)}, headers=mapper)
    assert response.json() == collection(EXAMPLE)
    assert len(owners.last(Conflate)["features"]) == 2
    owners.answer(Conflate, Refused(kind=Kind.UNAVAILABLE, code="osm_unavailable"))
    problem(await http.post("/api/v1/conflate/", json={"geojson": collection(EXAMPLE)}, headers=mapper), 503)


@pytest.mark.spec("21.3", "status lastUpdated")
async def test_age_of_the_openstreetmap_data(http, owners, problem):
    owners.answer(GetOsmStatus, {"lastUpdated": "2026-11-20T10:00:00Z"})
    assert (await http.get("/api/v1/osm/status/")).json() == {"lastUpdated": "2026-11-20T10:00:00Z"}
    owners.answer(GetOsmStatus, Refused(kind=Kind.UNAVAILABLE, code="osm_unavailable", detail="Down."))
    problem(await http.get("/api/v1/osm/status/"), 503)
