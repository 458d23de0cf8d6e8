"""The object store, and helpers on the way to OpenStreetMap."""

from tests.surface.expected import Row
from tests.surface.rows import Rows

NOTHING = {"collection": lambda _: "datasets", "item_id": lambda _: "nothing", "asset": lambda _: "download"}
ELSEWHERE = {"bucket": lambda _: "elsewhere", "key": lambda _: "x"}
KEY = "key=dev/predict/{}/x.json"
OUTSIDE = "what is outside the shelves of rows is not there"


def key(rows: Rows) -> str:
    return KEY.format(rows.prediction())


ROWS = [
    Row(
        "GET /api/v1/stac-assets/{collection}/{item_id}/{asset}/",
        names=NOTHING,
        done=404,
        row=False,
        why="no file",
    ),
    Row(
        "GET /api/v1/stac-assets/{collection}/{item_id}/{asset}/{name}",
        names={**NOTHING, "name": lambda _: "nothing.zip"},
        done=404,
        row=False,
        why="no file",
    ),
    Row("GET /api/v1/schemas/v1.1.0/{kind}/schema.json", names={"kind": lambda _: "dataset"}, row=False),
    Row("GET /api/v1/artifacts/{bucket}/{key:path}", names=ELSEWHERE, done=404, row=False, why=OUTSIDE),
    Row("HEAD /api/v1/artifacts/{bucket}/{key:path}", names=ELSEWHERE, done=404, row=False, why=OUTSIDE),
    Row("GET /api/v1/workspace/url/", query=key, row=True),
]
