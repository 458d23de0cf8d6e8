"""A push to Mapswipe through the door: who may, what it takes, what Mapswipe is told, how it ends."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crowd.crowd import Crowd, picture, until, wishes
from tests.surface.people import Who

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
LONG = "x" * 201
NEVER = {"topic": ["", "  ", LONG, None, 5], "region": ["", LONG, None], "look_for": ["", LONG, None],
         "description": ["", None], "instruction": [" ", None], "project_number": [0, -1, "x", 1.5, None],
         "organization_id": ["", LONG], "tutorial_id": [""], "group_size": [0, -5, "x"],
         "verification_number": ["many", 0], "tms_url": ["nowhere", "https://127.0.0.1/{z}/{x}/{y}", "ftp://x.org/"],
         "cover_image": ["http://169.254.169.254/a.png", "https://me:pw@example.org/", "file:///a.png"]}  # fmt: skip


@pytest.fixture(scope="module")
def ready(crowd: Crowd) -> int:
    """Never pushed: what is refused changes nothing."""
    return crowd.prediction()


@pytest.mark.spec("8.6", "not ready 409, order of checks")
def test_checks_come_in_their_order(crowd: Crowd):
    unready, public = crowd.prediction(ready=False), crowd.prediction("public", ready=False)
    assert crowd.push(unready, {}, Who.STRANGER).status_code == 404
    assert crowd.push(public, {}, Who.STRANGER).status_code == 403
    assert crowd.push(unready, {}, Who.ANONYMOUS).status_code == 401
    for who in (Who.OWNER, Who.ADMIN):
        assert crowd.push(unready, {"topic": LONG}, who).status_code == 409
    assert "not ready" in crowd.push(unready, {}).json()["detail"]
    assert crowd.ask("POST", f"/predictions/{unready}/mapswipe/").status_code == 409
    assert crowd.push(crowd.prediction(), {}, Who.ADMIN).status_code == 400


@pytest.mark.spec("8.6", "disabled 503, order of checks")
def test_switched_off_it_says_so(crowd: Crowd, ready: int):
    service = crowd.system.daemons["prediction"]
    on = service.env
    service.stop()
    service.env = {**on, "ENABLE_MAPSWIPE": "false"}
    service.start()
    try:
        assert crowd.push(ready, {}, Who.STRANGER).status_code == 404
        for prediction_id in (ready, crowd.prediction(ready=False)):
            refused = crowd.push(prediction_id, {})
            assert (refused.status_code, "disabled" in refused.json()["detail"]) == (503, True)
    finally:
        service.stop()
        service.env = on
        service.start()


@pytest.mark.spec("8.6", "topic, region, look_for, description, instruction, project_number")
@pytest.mark.spec("8.6", "organization_id, tutorial_id, group_size, verification_number")
@pytest.mark.parametrize("field", NEVER)
def test_field_has_its_rule(crowd: Crowd, ready: int, field: str):
    for value in NEVER[field]:
        refused = crowd.push(ready, wishes(**{field: value}))
        assert (refused.status_code, list(refused.json()["error"]["details"])) == (400, [field]), value


@pytest.mark.spec("8.6", "topic, region, look_for, description, instruction, project_number")
def test_required_fields_are_named_together(crowd: Crowd, ready: int):
    refused = crowd.push(ready, {"group_size": 5})
    required = {"topic", "region", "look_for", "description", "instruction", "project_number"}
    assert (refused.status_code, set(refused.json()["error"]["details"])) == (400, required)


@pytest.mark.spec("8.6", "organization_id, tutorial_id, group_size, verification_number")
@pytest.mark.spec("21.6", "CSRF cookie, Firebase login, createProject, createProjectAsset, updateProject")
@pytest.mark.spec("21.6", "READY_TO_PROCESS")
def test_mapswipe_is_told_what_was_wished(crowd: Crowd):
    """The sandbox lets nobody in without token and cookies, checks each operation against its schema, and takes the
    features from where it is told."""
    mine = wishes(topic="r" * 200)
    project = crowd.project(crowd.pushed(made := crowd.prediction(), mine)["mapswipe_project_id"])
    told = project["data"]
    assert (project["status"], project["features"], project["cover"] > 0) == ("PROCESSED", 1, True)
    assert (told["projectType"], told["topic"], told["region"]) == ("VALIDATE", "r" * 200, "Hilltop")
    assert (told["lookFor"], told["description"]) == ("buildings", "Found by a model.")
    assert (told["projectInstruction"], told["projectNumber"]) == ("Is it a roof?", mine["project_number"])
    assert (told["requestingOrganization"], told["tutorial"], told["verificationNumber"]) == ("4", "37", 3)
    specifics = told["projectTypeSpecifics"]["validate"]
    server = {"name": "CUSTOM", "custom": {"credits": "OAM", "url": crowd.imagery, "minZoom": 16, "maxZoom": 20}}
    assert (specifics["tileServerProperty"], told["groupSize"]) == (server, 25)
    assert specifics["objectSource"]["sourceType"] == "OBJECT_GEOJSON_URL"
    assert "X-Amz-Expires=604800" in specifics["objectSource"]["objectGeojsonUrl"]
    options = {option["title"]: option["value"] for option in specifics["customOptions"]}
    assert options == {"Yes": 1, "No": 0, "Not Sure": 2}
    assert crowd.row(made)["mapswipe_project_id"] == project["id"]


@pytest.mark.spec("8.6", "organization_id, tutorial_id, group_size, verification_number")
def test_wishes_beat_the_defaults(crowd: Crowd):
    tiles = crowd.imagery.replace("predict", "train")
    mine = wishes(organization_id=4, tutorial_id="9", group_size=7, verification_number=5, tms_url=tiles)
    told = crowd.project(crowd.pushed(crowd.prediction(), mine)["mapswipe_project_id"])["data"]
    assert (told["requestingOrganization"], told["tutorial"]) == ("4", "9")
    assert (told["groupSize"], told["verificationNumber"]) == (7, 5)
    assert told["projectTypeSpecifics"]["validate"]["tileServerProperty"]["custom"]["url"] == tiles


@pytest.mark.spec("8.6", "POST /predictions/{id}/mapswipe/, status route")
@pytest.mark.spec("21.6", "poll details, results")
def test_state_shows_what_became_of_it(crowd: Crowd):
    made = crowd.prediction()
    assert crowd.ask("GET", f"/predictions/{made}/mapswipe/").status_code == 404
    first = crowd.push(made).json()
    assert (first["prediction_id"], first["state"], first["mapswipe_project_id"]) == (made, "queued", None)
    state = crowd.ended(made)
    project = crowd.project(state["mapswipe_project_id"])
    assert (state["project_status"], state["details"]["lookFor"], state["results"]) == ("PROCESSED", "buildings", None)
    assert state["web_url"] == f"https://web.mapswipe.example/#/en/projects/{project['firebase_id']}"
    assert crowd.ask("GET", f"/predictions/{made}/mapswipe/", Who.STRANGER).status_code == 404
    crowd.theirs.post(f"/sandbox/finish/{project['id']}").raise_for_status()
    done = until(lambda: crowd.state(made), lambda state: state["state"] == "finished")
    assert done["results"].keys() == {"exportResults", "exportAggregatedResultsWithGeometry"}
    for file in done["results"].values():
        assert crowd.theirs.get(file["url"]).text.startswith("task_id")
    assert any("Mapswipe's project" in notice for notice in crowd.notices(made))


def test_second_push_is_refused(crowd: Crowd):
    made = crowd.prediction()
    state, before = crowd.pushed(made), len(crowd.projects())
    again = crowd.push(made)
    assert (again.status_code, state["mapswipe_project_id"] in again.json()["detail"]) == (409, True)
    assert len(crowd.projects()) == before


def test_pushes_at_once_make_one_project(crowd: Crowd):
    made, before = crowd.prediction(), len(crowd.projects())
    with ThreadPoolExecutor(8) as pool:
        who = [Who.OWNER, Who.ADMIN] * 4
        statuses = sorted(pool.map(lambda one: crowd.push(made, None, one).status_code, who))
    assert statuses == [202] + [409] * 7
    assert crowd.ended(made)["state"] == "pushed"
    assert len(crowd.projects()) == before + 1


def test_cover_may_be_named(crowd: Crowd):
    address = crowd.store("covers/red.png", picture(), "image/png")
    state = crowd.pushed(crowd.prediction(), wishes(cover_image=address))
    assert crowd.project(state["mapswipe_project_id"])["cover"] > 0
    for content, kind in ((b"GIF89a" + b"x" * 99, "image/png"), (b"\x89PNG\r\n" + b"x" * 99, "image/png")):
        made, before = crowd.prediction(), len(crowd.projects())
        crowd.push(made, wishes(cover_image=crowd.store("covers/odd", content, kind)))
        state = crowd.ended(made)
        assert (state["state"], "cover image" in state["reason"]) == ("failed", True)
        assert len(crowd.projects()) == before
