"""Mapswipe's projects and their rules: client ids and names are unique, only drafts can be changed."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

Json = dict[str, Any]
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_NAME = ("topic", "region", "projectNumber", "requestingOrganization")
CHANGEABLE = ("DRAFT", "PROCESSING_FAILED")
ORGANIZATIONS = {"4": "Sandbox"}
EXPORTS = ("exportResults", "exportAggregatedResultsWithGeometry")


class Refused(Exception):
    """The field at fault, and why."""


@dataclass
class Project:
    id: str
    client_id: str
    data: Json
    status: str = "DRAFT"
    cover: int = 0
    """Bytes of the cover image."""
    features: int = 0
    firebase_id: str = field(default_factory=lambda: secrets.token_hex(8))
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def name(self) -> tuple[str, ...]:
        return tuple(str(self.data.get(part)).lower() for part in _NAME)

    def shown(self) -> Json:
        organization = str(self.data["requestingOrganization"])
        return {
            "groupSize": 120, "verificationNumber": 3, **self.data, "id": self.id, "clientId": self.client_id,
            "firebaseId": self.firebase_id, "status": self.status, "createdAt": self.made.isoformat(), "progress": 0,
            "name": " - ".join((*self.name[:2], f"({self.name[2]})")), "requiredResults": self.features * 3,
            "requestingOrganization": {"id": organization, "name": ORGANIZATIONS[organization]},
        }  # fmt: skip


class Projects:
    """The root of the schema: fields of its queries and mutations are methods."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.kept: dict[str, Project] = {}
        self.assets: dict[str, Json] = {}

    def project(self, info: Any, id: str) -> Json:
        return self._known(id).shown()

    def projects(self, info: Any, pagination: Json | None = None, **rest: Any) -> Json:
        rows = sorted(self.kept.values(), key=lambda project: int(project.id), reverse=True)
        place = {"offset": 0, "limit": None, **(pagination or {})}
        page = rows[place["offset"] :][: place["limit"]]
        return {"totalCount": len(rows), "results": [project.shown() for project in page]}

    def publicProject(self, info: Any, id: str) -> Json:
        """The exports exist once the project is finished."""
        project = self._known(id)
        if project.status != "FINISHED":
            return {"id": id}
        return {"id": id, **{name: self._export(id, name) for name in EXPORTS}}

    def createProject(self, info: Any, data: Json) -> Json:
        return _answer("Project", lambda: self._create(data))

    def createProjectAsset(self, info: Any, data: Json) -> Json:
        return _answer("ProjectAsset", lambda: self._add(data))

    def updateProject(self, info: Any, pk: str, data: Json) -> Json:
        return _answer("Project", lambda: self._update(self._known(pk), data))

    async def updateProjectStatus(self, info: Any, pk: str, data: Json) -> Json:
        project = self._known(pk)
        answer = _answer("Project", lambda: _change(project, data["status"]))
        if answer["ok"] and project.status == "READY_TO_PROCESS":
            await _process(project)
        return answer

    def _create(self, data: Json) -> Json:
        project = Project(str(len(self.kept) + 1), data["clientId"], dict(data))
        self._check_name(project)
        if not _ULID.fullmatch(project.client_id):
            raise Refused("client_id", "Not a valid ULID value")
        if data["requestingOrganization"] not in ORGANIZATIONS:
            raise Refused("requesting_organization", "The organization does not exist.")
        if project.client_id in {one.client_id for one in self.kept.values()}:
            raise Refused("nonFieldErrors", "Something unexpected has occurred. Please contact an admin.")
        self.kept[project.id] = project
        return project.shown()

    def _add(self, data: Json) -> Json:
        project, cover = self._known(data["project"]), data.get("file")
        if data["inputType"] != "COVER_IMAGE" or not isinstance(cover, bytes) or cover[:3] != b"\xff\xd8\xff":
            raise Refused("file", "A cover image is needed.")
        if data["clientId"] in {asset["clientId"] for asset in self.assets.values()}:
            raise Refused("nonFieldErrors", "Something unexpected has occurred. Please contact an admin.")
        project.cover = len(cover)
        asset_id = f"{len(self.assets) + 1}"
        self.assets[asset_id] = {"id": asset_id, "clientId": data["clientId"], "project": project.id}
        return self.assets[asset_id]

    def _update(self, project: Project, data: Json) -> Json:
        if project.status not in CHANGEABLE:
            raise Refused("status", f"Cannot update project with status {project.status}")
        if self.assets.get(data["image"], {}).get("project") != project.id:
            raise Refused("image", "ProjectAsset is invalid or does not exist.")
        if data["verificationNumber"] < 3:
            raise Refused("verification_number", "Verification number should be equal to or greater than 3")
        changed = Project(project.id, project.client_id, {**project.data, **data})
        self._check_name(changed)
        project.data = changed.data
        return project.shown()

    def _check_name(self, project: Project) -> None:
        if project.name in {one.name for one in self.kept.values() if one.id != project.id}:
            raise Refused("topic", "Project name already exists in database")

    def _known(self, project_id: str) -> Project:
        if project_id not in self.kept:
            raise LookupError("Project matching query does not exist.")
        return self.kept[project_id]

    def _export(self, project_id: str, name: str) -> Json:
        url = f"{self.url}/exports/{project_id}/{name}"
        return {"id": name, "clientId": name, "file": {"name": f"{name}.csv", "url": url}}


def _answer(kind: str, change: Any) -> Json:
    try:
        answer = {"ok": True, "result": change(), "errors": None}
    except Refused as refused:
        field, words = refused.args
        answer = {"ok": False, "result": None, "errors": [{"field": field, "messages": words}]}
    return {"__typename": f"{kind}TypeMutationResponseType", **answer}


def _change(project: Project, status: str) -> Json:
    if status != "READY_TO_PROCESS" or project.status not in CHANGEABLE:
        raise Refused("status", f"Project status cannot be changed from {project.status} to {status}")
    project.status = status
    return project.shown()


async def _process(project: Project) -> None:
    """Fetches the shapes, as the real one does some time later."""
    source = project.data["projectTypeSpecifics"]["validate"]["objectSource"]
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        answer = await http.get(source["objectGeojsonUrl"])
    project.features = len(answer.json()["features"]) if answer.is_success else 0
    project.status = "PROCESSED" if project.features else "PROCESSING_FAILED"
