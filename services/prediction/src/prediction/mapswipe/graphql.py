"""The operations of Mapswipe's manager backend that are used."""

from typing import Any

Json = dict[str, Any]
_ANSWER = "{ result { id } errors }"
CREATE = f"mutation ($data: ProjectCreateInput!) {{ createProject(data: $data) {_ANSWER} }}"
ADD_ASSET = f"mutation ($data: ProjectAssetCreateInput!) {{ createProjectAsset(data: $data) {_ANSWER} }}"
UPDATE = f"mutation ($pk: ID!, $data: ProjectUpdateInput!) {{ updateProject(pk: $pk, data: $data) {_ANSWER} }}"
SET_STATUS = (
    f"mutation ($pk: ID!, $data: ProjectStatusUpdateInput!) {{ updateProjectStatus(pk: $pk, data: $data) {_ANSWER} }}"
)
DETAILS = "query ($id: ID!) { project(id: $id) { id firebaseId status topic region lookFor description } }"
_FILE = "{ file { name url } }"
_EXPORTS = f"exportResults {_FILE} exportAggregatedResultsWithGeometry {_FILE}"
RESULTS = f"query ($id: ID!) {{ publicProject(id: $id) {{ {_EXPORTS} }} }}"
READY_TO_PROCESS = "READY_TO_PROCESS"
_OPTIONS = (("Yes", 1, "the shape does outline what was looked for"), ("No", 0, "the shape does not match"),
            ("Not Sure", 2, "it cannot be told"))  # fmt: skip


def created(client_id: str, wishes: Json) -> Json:
    """`ProjectCreateInput` of a project in which shapes are validated."""
    return {
        "clientId": client_id, "projectType": "VALIDATE", "topic": wishes["topic"], "region": wishes["region"],
        "description": wishes["description"], "projectInstruction": wishes["instruction"],
        "lookFor": wishes["look_for"], "projectNumber": wishes["project_number"],
        "requestingOrganization": wishes["organization_id"], "additionalInfoUrl": None,
    }  # fmt: skip


def updated(client_id: str, wishes: Json, asset_id: str, geojson: str, tiles: str) -> Json:
    """`ProjectUpdateInput`: the shapes at the address `geojson`, shown on the imagery of the template `tiles`."""
    source = {"sourceType": "OBJECT_GEOJSON_URL", "objectGeojsonUrl": geojson}
    server = {"name": "CUSTOM", "custom": {"credits": "OAM", "url": tiles, "minZoom": 16, "maxZoom": 20}}
    options = [{"clientId": None, "title": t, "value": v, "description": d} for t, v, d in _OPTIONS]
    validate = {"objectSource": source, "tileServerProperty": server, "customOptions": options}
    return {
        "clientId": client_id, "groupSize": wishes["group_size"], "verificationNumber": wishes["verification_number"],
        "image": asset_id, "tutorial": wishes["tutorial_id"], "projectTypeSpecifics": {"validate": validate},
    }  # fmt: skip
