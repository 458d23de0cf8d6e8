"""`/mapswipe-project/` as clients of the first generation ask for it."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.crowd.crowd import Crowd, Json, picture, until, wishes
from tests.surface.people import Who

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
PATH = "/mapswipe-project/"


def body(prediction_id: int | None = None, **changes: object) -> Json:
    named = {} if prediction_id is None else {"prediction_id": prediction_id}
    given = {"topic": "validate roofs", "region": "Hilltop", "description": "Found by a model.",
             "instruction": "Is it a roof?", **named, **changes}  # fmt: skip
    return {name: value for name, value in given.items() if value is not None}


def features(prediction_id: int) -> str:
    """As the frontend of then makes the address."""
    return f"https://fair.example/api/v1/workspace/download/prediction_{prediction_id}/labels.geojson"


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The words, which stand where either generation looks."""
    said = response.json()
    assert (response.status_code, said["code"], said["status"]) == (status, code, status), said
    assert said["message"] == said["detail"]
    assert {"error", "trace_id", "instance", "type", "title"} < said.keys()
    return said["message"]


@pytest.mark.spec(
    "22.7", "POST /mapswipe-project/, READY_TO_PROCESS, topic, region, description, instruction, look_for"
)
@pytest.mark.spec("22.7", "prediction_id, geojson_url, tms_url")
def test_project_is_made_while_one_waits(crowd: Crowd):
    """As the last frontend of v1 asks: no number of the prediction, only the address of its features."""
    made, tiles = crowd.prediction(), crowd.imagery.replace("predict", "train")
    answer = crowd.ask("POST", PATH, json=body(geojson_url=features(made), tms_url=tiles))
    assert answer.status_code == 201, answer.text
    said = answer.json()
    project_id = said["data"]["project_id"]
    assert (said["code"], "success" in said["message"]) == ("SUCCESS", True)
    assert said["data"] == {"project_id": project_id, "status": "READY_TO_PROCESS", "prediction_id": made}
    told = crowd.project(project_id)["data"]
    assert (told["topic"], told["region"], told["lookFor"]) == ("validate roofs", "Hilltop", "buildings")
    assert (told["description"], told["projectInstruction"]) == ("Found by a model.", "Is it a roof?")
    specifics = told["projectTypeSpecifics"]["validate"]
    assert specifics["tileServerProperty"]["custom"]["url"] == tiles
    assert f"/predict/{made}/output/predictions.geojson" in specifics["objectSource"]["objectGeojsonUrl"]
    assert crowd.ask("GET", f"/prediction/{made}/").json()["mapswipe_id"] == project_id
    linked = crowd.ask("PATCH", f"/prediction/{made}/", json={"mapswipe_id": project_id})
    assert linked.json()["mapswipe_id"] == project_id


@pytest.mark.spec("22.7", "look_for, prediction_id, tms_url, cover_image")
def test_what_is_left_out_is_ours(crowd: Crowd):
    cover = crowd.store("covers/green.png", picture(), "image/png")
    made = crowd.prediction()
    answer = crowd.ask("POST", PATH, json=body(made, look_for="sheds", cover_image=cover))
    project = crowd.project(answer.json()["data"]["project_id"])
    assert (project["data"]["lookFor"], project["data"]["projectNumber"]) == ("sheds", (made - 1) % (2**31 - 1) + 1)
    imagery = project["data"]["projectTypeSpecifics"]["validate"]["tileServerProperty"]["custom"]["url"]
    assert (imagery, project["cover"] > 0) == (crowd.imagery, True)


@pytest.mark.spec("22.7", "GET /mapswipe-project/{project_id}/, unknown 404")
def test_project_is_shown_with_its_results(crowd: Crowd):
    project_id = crowd.ask("POST", PATH, json=body(crowd.prediction())).json()["data"]["project_id"]
    path, project = f"{PATH}{project_id}/", crowd.project(project_id)
    answer = crowd.ask("GET", path).json()
    data = answer["data"]
    assert (answer["code"], data["id"], data["status"]) == ("SUCCESS", project_id, "PROCESSED")
    assert data["webUrl"].endswith(f"/#/en/projects/{project['firebase_id']}")
    assert data["webUrl"].endswith(data["firebaseId"])
    assert {"name", "topic", "progress", "groupSize", "verificationNumber", "requiredResults"} < data.keys()
    assert "results" not in data
    crowd.theirs.post(f"/sandbox/finish/{project_id}").raise_for_status()
    done = until(lambda: crowd.ask("GET", path).json()["data"], lambda data: data["status"] == "FINISHED")
    for results in (done["results"], done["results"]["mapswipe"]):
        address = results["exportAggregatedResultsWithGeometry"]["file"]["url"]
        assert crowd.theirs.get(address).text.startswith("task_id")
    for who, wanted in ((Who.STRANGER, project_id), (Who.ANONYMOUS, project_id), (Who.OWNER, "no-such-id")):
        refused(crowd.ask("GET", f"{PATH}{wanted}/", who), 404, "NOT_FOUND")


@pytest.mark.spec("22.7", "missing field 400, topic, region, description, instruction, prediction_id, geojson_url")
def test_missing_and_wrong_fields(crowd: Crowd):
    made = crowd.prediction()
    for field in ("topic", "region", "description", "instruction", "prediction_id"):
        answer = crowd.ask("POST", PATH, json=body(**{"prediction_id": made, field: None}))
        refused(answer, 400, "VALIDATION_ERROR")
        assert list(answer.json()["error"]["details"]) == [field]
    wrong = [
        {"geojson_url": features(made + 1)}, {"tms_url": "https://10.0.0.1/{z}/{x}/{y}.png"}, {"look_for": ""},
        {"cover_image": "http://169.254.169.254/latest/"}, {"topic": "x" * 201}, {"prediction_id": "many"},
    ]  # fmt: skip
    for changes in wrong:
        refused(crowd.ask("POST", PATH, json=body(**{"prediction_id": made, **changes})), 400, "VALIDATION_ERROR")
    elsewhere = body(geojson_url="https://fair.example/api/v1/workspace/download/training_9/labels.geojson")
    refused(crowd.ask("POST", PATH, json=elsewhere), 400, "VALIDATION_ERROR")


@pytest.mark.spec("22.7", "unknown 404")
def test_only_who_has_the_prediction_may_push(crowd: Crowd):
    made, public = crowd.prediction(), crowd.prediction("public")
    refused(crowd.ask("POST", PATH, Who.STRANGER, json=body(made)), 404, "NOT_FOUND")
    refused(crowd.ask("POST", PATH, Who.STRANGER, json=body(public)), 403, "AUTHORIZATION_ERROR")
    assert crowd.ask("POST", PATH, Who.ANONYMOUS, json=body(made)).status_code == 403
    refused(crowd.ask("POST", PATH, json=body(crowd.prediction(ready=False))), 409, "CONFLICT")


@pytest.mark.spec("22.7", "failure 502")
def test_failure_of_mapswipe_is_502(crowd: Crowd):
    made = crowd.prediction()
    crowd.trouble("refuse_login")
    words = refused(crowd.ask("POST", PATH, json=body(made)), 502, "EXTERNAL_SERVICE_ERROR")
    assert "refuses our account" in words
    project_id = crowd.ask("POST", PATH, json=body(made)).json()["data"]["project_id"]
    crowd.trouble("errors", at="project")
    words = refused(crowd.ask("GET", f"{PATH}{project_id}/"), 502, "EXTERNAL_SERVICE_ERROR")
    assert "Mapswipe refused" in words


def test_asked_again_it_is_the_same_project(crowd: Crowd):
    """An impatient client, and one that never saw the answer."""
    made, before = crowd.prediction(), len(crowd.projects())
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: crowd.ask("POST", PATH, json=body(made)), range(3)))
    answers.append(crowd.ask("POST", PATH, json=body(made)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["project_id"] for answer in answers}) == 1
    assert "already" in answers[-1].json()["message"]
    assert len(crowd.projects()) == before + 1
    assert crowd.push(made, wishes()).status_code == 409
