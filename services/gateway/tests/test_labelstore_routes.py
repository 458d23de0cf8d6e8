"""Every route of the label store: what it asks its owner, and what it answers."""

import json
from typing import Any

import pytest
from conftest import Owners
from label_doors import (
    API,
    CAMPAIGN,
    IMAGE_SET,
    USER,
    T,
    door_bus,
    door_owners,
    http,
    labels,
    not_found,
    owners,
    pair,
    rows,
)  # fmt: skip

from contracts.catalog import label_campaigns as lc
from contracts.catalog import label_datasets as ld
from contracts.catalog import label_image_sets as ls
from contracts.catalog import label_images as li
from contracts.catalog import label_objects as lo
from contracts.catalog import label_users as lu
from contracts.verdict import Accepted

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
PARTY = pair("party")
GRANT = {"method": "POST", "url": "https://s3.example/b", "fields": {"key": "k"}, "key_prefix": "dropbox/danube/",
         "max_bytes": 5, "expires_at": T}  # fmt: skip
LINK = {"url": "https://s3.example/b/uploads/1.jpg?X-Amz-Expires=604800", "expires_at": T}
OBJECT = {"object_id": 1, "image_id": 17, "campaign_id": 5, "label": "bottle", "label_original": "fles",
          "bounding_box": {"xmin": 1, "xmax": 2, "ymin": 3, "ymax": 4}, "confidence": 0.5, "date_added": T}  # fmt: skip
IMAGE = {"image_id": 17}
DATASET = {"dataset_id": 2, "campaign_id": 5}
EXPORT = {"export_id": 6, "dataset_id": 2, "format": "yolo"}
NONE = {"count": 0, "image_ids": []}
DIFFERENCE = {"added": {"count": 1, "image_ids": [17]}, "removed": NONE, "changed": NONE, "moved": NONE}
FIRST = {"page": {"page": 1, "per_page": 10, "start": 0}}
THOUSAND = {"page": {"page": 1, "per_page": 1000, "start": 0}}
PAGE = {"page": 1, "pages": 1, "total": 1, "per_page": 10, "next": None, "prev": None}

READS: list[tuple[str, type[Any], Any, Any]] = [
    ("/image_sets/3", ls.GetImageSet, {"imageset_id": 3}, IMAGE_SET),
    ("/campaigns/5", lc.GetCampaign, {"campaign_id": 5}, CAMPAIGN),
    ("/images/17/metadata", li.GetImage, {"image_id": 17}, IMAGE),
    ("/images/17?redirect=false", li.GetImageUrl, {"image_id": 17}, LINK),
    ("/images/17/similar?max_distance=4", li.ListSimilarImages, {"image_id": 17, "max_distance": 4}, []),
    ("/images/17/objects", lo.ListImageObjects, {"image_id": 17, "campaigns": None}, [OBJECT]),
    ("/images/17/objects?campaigns=5,4&campaigns=9", lo.ListImageObjects, {"image_id": 17, "campaigns": [5, 4, 9]}, []),
    ("/image_ids?after=4&labeled=false&campaign_id=5", li.ListImageIds,
     {"after": 4, "labeled": False, "campaign_id": 5}, {"ids": [5], "next": None}),
    ("/label_users/me", lu.GetLabelUser, {"user_id": None}, USER),
    ("/label_users/4", lu.GetLabelUser, {"user_id": 4}, USER),
    ("/label_datasets/2", ld.GetLabelDataset, {"dataset_id": 2}, DATASET),
    ("/label_datasets/2/diff/1", ld.DiffLabelDatasets, {"dataset_id": 2, "other_id": 1}, DIFFERENCE),
    ("/label_exports/6", ld.GetLabelExport, {"export_id": 6}, EXPORT),
    ("/campaigns/5/images/17/revisions", lo.ListRevisions, {"campaign_id": 5, "image_id": 17}, []),
]  # fmt: skip


def path_only(value: object) -> str:
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "query", "asked", "answer"), READS, ids=lambda one: one if isinstance(one, str) else ""
)
async def test_reads(http, labels: Owners, path: str, query: type, asked: dict, answer: Any, slash: str):
    labels.answer(query, answer)
    place, _, parameters = path.partition("?")
    response = await http.get(f"{API}{place}{slash}?{parameters}", headers=PARTY)
    assert (response.status_code, response.json()) == (200, answer)
    assert labels.last(query) == asked
    labels.answer(query, not_found("There is none with this id."))
    if query is not li.ListImageIds:
        missing = await http.get(f"{API}{path}", headers=PARTY)
        assert (missing.status_code, missing.json()["detail"]) == (404, "There is none with this id.")


LISTS: list[tuple[str, str, type[Any], dict[str, Any]]] = [
    ("/image_sets?status=created&created_by=a&title=dan", "image_sets", ls.ListImageSets,
     {**FIRST, "status": "created", "created_by": "a", "title": "dan"}),
    ("/image_sets/3/images", "images", li.ListImagesOfSet, {**FIRST, "imageset_id": 3}),
    ("/image_sets/3/files", "files", ls.ListImageSetFiles, {**FIRST, "imageset_id": 3}),
    ("/images?imageset_id=none&labeled=true&bbox=1,2,3,4&taken_from=2026-01-01T00:00:00Z", "images", li.ListImages,
     {**FIRST, "imageset_id": None, "without_set": True, "labeled": True, "bbox": [1, 2, 3, 4], "campaign_id": None,
      "taken_from": "2026-01-01T00:00:00Z"}),
    ("/images?imageset_id=3&campaign_id=5&type=drone&filetype=JPEG&tss_id=t&path_prefix=b", "images", li.ListImages,
     {**FIRST, "imageset_id": 3, "campaign_id": 5, "type": "drone", "filetype": "JPEG", "tss_id": "t",
      "path_prefix": "b"}),
    ("/campaigns?status=active&title=p&labeler_email=p@l.example", "campaigns", lc.ListCampaigns,
     {**FIRST, "status": "active", "title": "p", "labeler_email": "p@l.example"}),
    ("/campaigns/5/images?labeled=false", "images", lc.ListCampaignImages,
     {**THOUSAND, "campaign_id": 5, "labeled": False}),
    ("/campaigns/5/objects?label=bottle", "images", lo.ListCampaignObjects,
     {**THOUSAND, "campaign_id": 5, "label": "bottle"}),
    ("/campaigns/5/predictions", "images", lo.ListPredictions, {**FIRST, "campaign_id": 5}),
    ("/label_users?email=p@l.example", "users", lu.ListLabelUsers, {**FIRST, "email": "p@l.example"}),
    ("/label_datasets?campaign_id=5&title=p", "datasets", ld.ListLabelDatasets,
     {**FIRST, "campaign_id": 5, "title": "p"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "member", "query", "asked"), LISTS, ids=lambda one: one if isinstance(one, str) else ""
)
async def test_lists(http, labels: Owners, path: str, member: str, query: type, asked: dict):
    labels.answer(query, rows({"id": 1}))
    response = await http.get(API + path, headers=PARTY)
    assert (response.status_code, response.json()) == (200, {"pagination": PAGE, member: [{"id": 1}]})
    assert labels.last(query).items() >= asked.items()
    labels.answer(query, not_found())
    assert (await http.get(f"{API}{path}", headers=PARTY)).status_code == 404


REF, KEY = {"id": 7, "filepath": None}, {"image_ids": [17]}
WRITES: list[tuple[str, str, Any, type[Any], Accepted, dict[str, Any], int, Any]] = [
    ("PUT", "/image_sets/3", {"new_status": "finished"}, ls.ChangeImageSet, Accepted(result="ok"),
     {"imageset_id": 3, "new_status": "finished"}, 200, "ok"),
    ("POST", "/image_sets/3/images", [{"id": 7, "more": 1}], ls.AddImagesToSet, Accepted(result="ok"),
     {"imageset_id": 3, "images": [REF]}, 200, "ok"),
    ("POST", "/image_sets/3/images", [], ls.AddImagesToSet, Accepted(), {"imageset_id": 3, "images": []}, 200, "ok"),
    ("DELETE", "/image_sets/3/files?name=a/b.jpg", None, ls.DeleteImageSetFile, Accepted(http=204),
     {"imageset_id": 3, "name": "a/b.jpg"}, 204, None),
    ("POST", "/image_sets/3/ingest", None, ls.RetryIngest, Accepted(result=IMAGE_SET, http=202), {"imageset_id": 3},
     202, IMAGE_SET),
    ("POST", "/images?inspect=false", [{"filepath": "b/1.jpg", "type": "drone"}], li.RegisterImages,
     Accepted(result={"images": [IMAGE]}, http=201), {"inspect": False}, 201, {"images": [IMAGE]}),
    ("PATCH", "/images/17", {"type": None, "location": {"lat": 1, "lon": 2.5}}, li.ChangeImage, Accepted(result=IMAGE),
     {"image_id": 17, "changed": ["location", "type"]}, 200, IMAGE),
    ("PUT", "/campaigns/5", {"new_status": "active"}, lc.ChangeCampaign, Accepted(result="ok"),
     {"campaign_id": 5, "new_status": "active"}, 200, "ok"),
    ("POST", "/campaigns/5/images", [{"filepath": "/b/1.jpg"}], lc.AddCampaignImages, Accepted(result="ok"),
     {"campaign_id": 5, "images": [{"id": None, "filepath": "/b/1.jpg"}]}, 200, "ok"),
    ("POST", "/campaigns/5/export", None, ld.ExportCampaign, Accepted(result=CAMPAIGN, http=202),
     {"campaign_id": 5, "split": None}, 202, CAMPAIGN),
    ("POST", "/campaigns/5/next", {"count": 3}, lc.LeaseImages, Accepted(result={"tasks": []}),
     {"campaign_id": 5, "count": 3, "minutes": 60}, 200, {"tasks": []}),
    ("POST", "/campaigns/5/next", None, lc.LeaseImages, Accepted(result={"tasks": []}),
     {"campaign_id": 5, "count": 1, "minutes": 60}, 200, {"tasks": []}),
    ("POST", "/campaigns/5/renew", KEY, lc.RenewLeases, Accepted(result=KEY), {"campaign_id": 5, **KEY}, 200, KEY),
    ("POST", "/campaigns/5/release", KEY, lc.ReleaseLeases, Accepted(http=204), {"campaign_id": 5, **KEY}, 200, "ok"),
    ("POST", "/campaigns/5/reviews", {"decisions": [{"image_id": 17, "accepted": False, "comment": "no"}]},
     lo.ReviewImages, Accepted(result={"accepted": 0, "rejected": 1}),
     {"campaign_id": 5, "decisions": [{"image_id": 17, "accepted": False, "comment": "no"}]}, 200,
     {"accepted": 0, "rejected": 1}),
    ("POST", "/campaigns/5/images/17/revisions/2/restore", None, lo.RestoreRevision, Accepted(result="ok"),
     {"campaign_id": 5, "image_id": 17, "revision": 2}, 200, "ok"),
    ("PATCH", "/label_users/4", {"enabled": False}, lu.ChangeLabelUser, Accepted(result=USER),
     {"user_id": 4, "enabled": False, "email": None}, 200, USER),
    ("POST", "/label_users/4/roles", {"role": "labeler", "subject_type": "campaign", "subject_id": 5},
     lu.GrantLabelRole, Accepted(result={"role_id": 1}, http=201),
     {"user_id": 4, "grant": {"role": "labeler", "subject_type": "campaign", "subject_id": 5}}, 201, {"role_id": 1}),
    ("DELETE", "/label_users/4/roles/1", None, lu.RevokeLabelRole, Accepted(http=204), {"user_id": 4, "role_id": 1},
     204, None),
    ("POST", "/label_datasets/2/exports", {"format": "yolo"}, ld.CreateLabelExport, Accepted(result=EXPORT, http=202),
     {"dataset_id": 2, "format": "yolo"}, 202, EXPORT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "command", "verdict", "sent", "status", "answer"), WRITES,
    ids=[f"{one[0]} {one[1]}" for one in WRITES],
)  # fmt: skip
async def test_writes(http, labels: Owners, method, path, body, command, verdict, sent, status, answer):
    labels.judge(command, verdict)
    content = {} if body is None else {"json": body}
    response = await http.request(method, API + path, headers=PARTY, **content)
    assert (response.status_code, response.json() if response.content else None) == (status, answer)
    found = labels.last(command)
    assert {name: found[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("path", "query", "asked"),
    [
        ("/images/17", li.GetImageUrl, {"image_id": 17}),
        ("/image_sets/3/files?name=a/b.jpg", ls.GetImageSetFile, {"imageset_id": 3, "name": "a/b.jpg"}),
        ("/label_datasets/2/files/manifest.json", ld.GetLabelDatasetFile, {"dataset_id": 2, "name": "manifest.json"}),
        ("/label_exports/6/file", ld.GetLabelExportFile, {"export_id": 6}),
    ],
)
async def test_redirects_to_the_object_store(http, labels: Owners, path: str, query: type, asked: dict):
    labels.answer(query, LINK)
    response = await http.get(API + path, headers=PARTY)
    assert (response.status_code, response.json()) == (303, LINK["url"])
    assert (response.headers["location"], response.headers["cache-control"]) == (LINK["url"], "no-store")
    assert labels.last(query) == asked


async def test_an_image_set_comes_with_the_grant_of_its_upload(http, labels: Owners):
    labels.judge(ls.CreateImageSet, Accepted(result=IMAGE_SET))
    labels.answer(ls.GetUploadGrant, GRANT)
    made = await http.post(f"{API}/image_sets", headers=PARTY, json={"title": "danube", "metadata": {"a": 1}})
    granted = {"dropbox_url": GRANT["url"], "upload": GRANT}
    assert (made.status_code, made.json()) == (200, IMAGE_SET | granted)
    assert labels.last(ls.CreateImageSet) == {"title": "danube", "metadata": {"a": 1}}
    again = await http.post(f"{API}/image_sets/3/upload_token", headers=PARTY)
    assert (again.status_code, again.json()) == (200, granted)
    assert labels.last(ls.GetUploadGrant) == {"imageset_id": 3}


async def test_a_grant_that_cannot_be_had_says_where_to_ask(http, labels: Owners):
    labels.judge(ls.CreateImageSet, Accepted(result=IMAGE_SET))
    failed = await http.post(f"{API}/image_sets", headers=PARTY, json={"title": "danube"})
    assert failed.status_code == 503
    assert "/image_sets/3/upload_token" in failed.json()["detail"]


async def test_a_campaign_comes_with_the_pair_of_its_labeler(http, labels: Owners):
    labels.judge(lc.CreateCampaign, Accepted(result={**CAMPAIGN, "labeler": {"apikey": "k", "issued": True}}))
    body = {"title": "plastic", "labeler_email": "p@l.example", "split": {"group_by": "flight"}, "review": True}
    made = (await http.post(f"{API}/campaigns", headers=PARTY, json=body)).json()
    assert made["access_token"]["apikey"] == "k"
    assert len(made.pop("access_token")["apisecret"]) == 32
    assert made == CAMPAIGN
    sent = labels.last(lc.CreateCampaign)
    assert (sent["split"]["group_by"], sent["split"]["train"], sent["review"]) == ("flight", 0.8, True)


async def test_the_description_needs_both_headers_together(http):
    document = (await http.get(f"{API}/openapi.json")).json()
    assert {"label-key": [], "label-secret": []} in document["paths"]["/api/v1/campaigns"]["get"]["security"]
    schemes = document["components"]["securitySchemes"]
    names = [schemes[name]["name"] for name in ("label-key", "label-secret")]
    assert names == ["Authentication-Key", "Authentication-Secret"]
    assert json.dumps(document["paths"]["/api/v1/campaigns"]["get"]["responses"]["404"]).count("LabelProblem")
    assert (await http.get(f"{API}/ui/")).headers["location"] == "/api/docs/"


async def test_pages_of_browsers_may_send_the_pair(http):
    asked = {"origin": "https://map.example", "access-control-request-method": "GET",
             "access-control-request-headers": "authentication-key,authentication-secret,if-match"}  # fmt: skip
    allowed = await http.options(f"{API}/campaigns", headers=asked)
    assert allowed.status_code == 200
    assert {"authentication-key", "authentication-secret", "if-match"} <= set(
        allowed.headers["access-control-allow-headers"].lower().replace(" ", "").split(",")
    )
