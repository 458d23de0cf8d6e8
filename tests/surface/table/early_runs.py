"""The first generation: runs and people."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, POLYGON, Rows

TASK = {"task_id": lambda rows: f"training-{rows.training()}"}
PREDICT = {"geom": POLYGON, "config": {"checkpoint": "nobody", "zoom_level": 19, "source": IMAGERY}}
AT_ONCE = {"bbox": [85.51, 27.62, 85.511, 27.621], "checkpoint": "nobody", "zoom_level": 19, "source": IMAGERY}
PENDING = "what one may not see is pending for ever, as every unknown id"


def train(rows: Rows) -> dict:
    return {"model": rows.local_model(), "epochs": 1, "batch_size": 1}


def project(rows: Rows) -> dict:
    words = dict.fromkeys(("topic", "region", "description", "instruction"), "roofs")
    return {**words, "prediction_id": rows.prediction()}


def unread(rows: Rows) -> str:
    """The owner has something to read, the others have not."""
    rows.notification()
    return ""


ROWS = [
    Row("GET /api/v1/training/status/{task_id}/", names=TASK, row=False, why=PENDING),
    Row("GET /api/v1/task/status/{task_id}/", names=TASK, row=False, why=PENDING),
    Row("POST /api/v1/training/", train, done=404, row=False, why="its base model is unknown"),
    Row("POST /api/v1/training/terminate/{training_id}/", done=400, why="it has ended"),
    Row(
        "POST /api/v1/training/publish/{training_id}/",
        done=409,
        but={"public stranger": 409},
        why="it failed, which is said to whoever sees it",
    ),
    Row("POST /api/v1/prediction/terminate/{prediction_id}/", done=400, why="it has ended"),
    Row("POST /api/v1/prediction/", PREDICT, done=404, why="no such model"),
    Row("POST /api/v1/predict/", AT_ONCE, done=404, why="no such model"),
    Row("POST /api/v1/mapswipe-project/", project, done=409, row=True, why="it has no results"),
    Row(
        "GET /api/v1/mapswipe-project/{project_id}/",
        names={"project_id": lambda _: "nobodys"},
        done=404,
        row=False,
        why="no prediction was pushed",
    ),
    Row(
        "POST /api/v1/notifications/mark-as-read/{notification_id}/",
        but={"admin": 404},
        why="notifications are private to whom they are for",
    ),
    Row(
        "POST /api/v1/notifications/mark-all-as-read/",
        query=unread,
        but={"stranger": 404, "admin": 404},
        why="404 says that nothing is unread, as the first generation did",
    ),
    Row("GET /api/v1/auth/login/", done=404, why="no OSM login is configured"),
    Row("GET /api/v1/auth/callback/", done=400, why="neither code nor state"),
]
