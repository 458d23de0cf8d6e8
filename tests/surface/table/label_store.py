"""The label store: image-admins only, but for labellers with a key; operators of the platform are image-admins."""

from typing import Any

from tests.surface import label_rows as made
from tests.surface.expected import Row
from tests.surface.rows import Rows

ACTIVE = {"campaign_id": made.active_campaign}
DATASET = {"dataset_id": made.dataset}
CAMPAIGN, IMAGES = "/api/v1/campaigns/{campaign_id}", "/api/v1/campaigns/{campaign_id}/images/{image_id}"
DATASETS = "/api/v1/label_datasets/{dataset_id}"
OUTSIDE = "the image is not in the campaign"


def titled(rows: Rows) -> dict[str, Any]:
    return {"title": f"t-{made.key()}", "labeler_email": "party@labels.example"}


ROWS = [
    Row("POST /api/v1/image_sets", titled),
    Row("POST /api/v1/image_sets/{imageset_id}/images", lambda rows: [{"id": made.image(rows)}]),
    Row("DELETE /api/v1/image_sets/{imageset_id}/files", query="name=a.jpg", done=404, why="no file waits in the set"),
    Row("POST /api/v1/image_sets/{imageset_id}/ingest", done=409, why="no ingest has failed"),
    Row("POST /api/v1/images", lambda rows: [{"filepath": made.stored(rows, "uploads")}], query="inspect=false"),
    Row("POST /api/v1/campaigns", titled),
    Row(f"POST {CAMPAIGN}/images", lambda rows: [{"id": made.image(rows)}]),
    Row(f"POST {CAMPAIGN}/export", {}, done=409, why="the campaign is not finished"),
    Row(f"PUT {CAMPAIGN}/objects", [], names=ACTIVE),
    Row(f"PUT {CAMPAIGN}/predictions", [], names=ACTIVE),
    Row(f"POST {CAMPAIGN}/predictions/map", {"model": "m", "features": {"type": "FeatureCollection", "features": []}},
        names=ACTIVE),
    Row(f"POST {CAMPAIGN}/imports", {"format": "coco"}, names=ACTIVE),
    Row("POST /api/v1/label_imports/{import_id}/start", done=409, why="no file was uploaded"),
    Row(f"PUT {CAMPAIGN}/truth", [], names=ACTIVE),
    Row(f"GET {IMAGES}/opinions", done=404, why=OUTSIDE),
    Row("POST /api/v1/label_taxonomies", lambda rows: {"name": made.key(), "labels": [{"name": "bottle"}]}),
    Row(f"POST {CAMPAIGN}/next", {}, names=ACTIVE),
    Row(f"POST {CAMPAIGN}/renew", {"image_ids": []}, names=ACTIVE),
    Row(f"POST {CAMPAIGN}/release", {"image_ids": []}, names=ACTIVE),
    Row(f"POST {CAMPAIGN}/reviews", {"decisions": []}, names=ACTIVE),
    Row(f"GET {IMAGES}/revisions", done=404, why=OUTSIDE),
    Row(f"POST {IMAGES}/revisions/{{revision}}/restore", names=ACTIVE, done=404, why=OUTSIDE),
    Row("POST /api/v1/label_users", lambda rows: {"email": f"{made.key()}@labels.example"}),
    Row("GET /api/v1/label_users/me", done=404, but={"stranger": 404, "owner": 404},
        why="people with a login of the platform are no users of the label store"),
    Row("POST /api/v1/label_users/{user_id}/roles", {"role": "image-admin"}),
    Row("DELETE /api/v1/label_users/{user_id}/roles/{role_id}", done=404, why="the role is another user's"),
    Row("POST /api/v1/label_datasets", lambda rows: {
        "title": f"t-{made.key()}", "parts": [{"campaign_id": made.campaign(rows, "finished")}],
    }),
    Row(f"GET {DATASETS}", names=DATASET),
    Row(f"GET {DATASETS}/models", names=DATASET),
    Row(f"GET {DATASETS}/files/{{name}}", names={**DATASET, "name": lambda rows: "manifest.json"}),
    Row(f"GET {DATASETS}/diff/{{other_id}}", names=DATASET),
    Row(f"POST {DATASETS}/exports", {"format": "yolo"}, names=DATASET),
]  # fmt: skip
