"""The operations of Mapswipe's manager backend that are used. Answers of mutations are unions."""

from typing import Any

Json = dict[str, Any]
_INFO = "... on OperationInfo { messages { message field } }"
_PROJECT = f"{{ ... on ProjectTypeMutationResponseType {{ result {{ id status }} errors }} {_INFO} }}"
_ASSET = f"{{ ... on ProjectAssetTypeMutationResponseType {{ result {{ id }} errors }} {_INFO} }}"
CREATE = f"mutation ($data: ProjectCreateInput!) {{ createProject(data: $data) {_PROJECT} }}"
ADD_ASSET = f"mutation ($data: ProjectAssetCreateInput!) {{ createProjectAsset(data: $data) {_ASSET} }}"
UPDATE = f"mutation ($pk: ID!, $data: ProjectUpdateInput!) {{ updateProject(pk: $pk, data: $data) {_PROJECT} }}"
SET_STATUS = (
    f"mutation ($pk: ID!, $data: ProjectStatusUpdateInput!) {{ updateProjectStatus(pk: $pk, data: $data) {_PROJECT} }}"
)
LATEST = "query ($limit: Int!) { projects(order: {id: DESC}, pagination: {limit: $limit}) { results { id clientId } } }"
DETAILS = """query ($id: ID!) { project(id: $id) {
    id firebaseId name status processingStatus projectType topic region description projectInstruction lookFor
    projectNumber progress groupSize verificationNumber requiredResults numberOfContributorUsers lastContributionDate
    createdAt requestingOrganization { id name }
} }"""
_FILE = "{ file { name url } }"
_EXPORTS = f"exportResults {_FILE} exportAggregatedResultsWithGeometry {_FILE}"
RESULTS = f"query ($id: ID!) {{ publicProject(id: $id) {{ {_EXPORTS} }} }}"
READY_TO_PROCESS, FINISHED = "READY_TO_PROCESS", "FINISHED"
CHANGEABLE = ("DRAFT", "PROCESSING_FAILED")
"""States in which Mapswipe lets a project be changed."""
_OPTIONS = (
    ("Yes", 1, "CHECKMARK_OUTLINE", "#388E3C", "the shape does outline what was looked for"),
    ("No", 0, "CLOSE_OUTLINE", "#D32F2F", "the shape does not match"),
    ("Not Sure", 2, "REMOVE_OUTLINE", "#616161", "it cannot be told"),
)


def created(client_id: str, wishes: Json) -> Json:
    """`ProjectCreateInput` of a project in which shapes are validated."""
    return {"clientId": client_id, "projectType": "VALIDATE", **described(wishes), "additionalInfoUrl": None}


def described(wishes: Json) -> Json:
    return {
        "topic": wishes["topic"], "region": wishes["region"], "description": wishes["description"],
        "projectInstruction": wishes["instruction"], "lookFor": wishes["look_for"],
        "projectNumber": wishes["project_number"], "requestingOrganization": wishes["organization_id"],
    }  # fmt: skip


def updated(client_id: str, wishes: Json, asset_id: str, geojson: str, tiles: str) -> Json:
    """`ProjectUpdateInput`: the shapes at the address `geojson`, shown on the imagery of the template `tiles`. The
    description comes along, because the draft may be that of an earlier push."""
    source = {"sourceType": "OBJECT_GEOJSON_URL", "objectGeojsonUrl": geojson}
    server = {"name": "CUSTOM", "custom": {"credits": "OAM", "url": tiles, "minZoom": 16, "maxZoom": 20}}
    validate = {"objectSource": source, "tileServerProperty": server, "customOptions": _options(client_id)}
    return {
        "clientId": client_id, "groupSize": wishes["group_size"], "verificationNumber": wishes["verification_number"],
        "image": asset_id, "tutorial": wishes["tutorial_id"], "projectTypeSpecifics": {"validate": validate},
        **described(wishes),
    }  # fmt: skip


def _options(client_id: str) -> list[Json]:
    return [
        {"clientId": client_id, "title": title, "value": value, "icon": icon, "iconColor": color, "description": text,
         "subOptions": []}
        for title, value, icon, color, text in _OPTIONS
    ]  # fmt: skip
