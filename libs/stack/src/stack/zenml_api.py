"""The few calls of ZenML's REST API that prepare a server. Each may be repeated: what exists is found or replaced."""

from dataclasses import dataclass
from typing import Any

import httpx

from stack.home import Env


@dataclass(frozen=True)
class ZenML:
    http: httpx.Client

    @classmethod
    def activated(cls, url: str, admin: str, password: str) -> "ZenML":
        """Signed in as administrator; the account is made when the server is new."""
        http = httpx.Client(base_url=f"{url}/api/v1", timeout=60, trust_env=False)
        if not http.get("/info").raise_for_status().json()["active"]:
            http.put("/activate", json={"admin_username": admin, "admin_password": password}).raise_for_status()
        login = http.post("/login", data={"username": admin, "password": password}).raise_for_status()
        http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        return cls(http)

    def new_api_key(self, account: str) -> str:
        """Keys are shown only once: an account whose key was lost before it could be kept gets another one."""
        found = self._first("/service_accounts", account)
        account_id = found["id"] if found else self._post("/service_accounts", name=account, active=True)["id"]
        keys = self.http.get(f"/service_accounts/{account_id}/api_keys").raise_for_status().json()["items"]
        return self._post(f"/service_accounts/{account_id}/api_keys", name=f"key-{len(keys)}")["body"]["key"]

    def ensure_stack(self, name: str, s3: Env) -> None:
        """Local orchestrator and an artifact store on the bucket, with the keys kept as a secret on the server."""
        self._ensure_secret(name, s3)
        store = self._ensure_component(name, "artifact_store", "s3", _store(name, s3))
        orchestrator = self._ensure_component(name, "orchestrator", "local", {})
        if not self._first("/stacks", name):
            self._post("/stacks", name=name, components={"artifact_store": [store], "orchestrator": [orchestrator]})

    def _ensure_secret(self, name: str, s3: Env) -> None:
        values = {"aws_access_key_id": s3["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": s3["AWS_SECRET_ACCESS_KEY"]}
        if found := self._first("/secrets", name):
            self.http.put(f"/secrets/{found['id']}", json={"values": values}).raise_for_status()
        else:
            self._post("/secrets", name=name, private=False, values=values)

    def _ensure_component(self, name: str, kind: str, flavor: str, configuration: dict[str, Any]) -> str:
        if found := self._first("/components", name, type=kind):
            self.http.put(f"/components/{found['id']}", json={"configuration": configuration}).raise_for_status()
            return found["id"]
        return self._post("/components", name=name, type=kind, flavor=flavor, configuration=configuration)["id"]

    def _first(self, path: str, name: str, **filters: str) -> dict[str, Any] | None:
        items = self.http.get(path, params={"name": name, **filters}).raise_for_status().json()["items"]
        return items[0] if items else None

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.http.post(path, json=body).raise_for_status().json()


def _store(secret: str, s3: Env) -> dict[str, Any]:
    return {
        "path": f"s3://{s3['BUCKET_NAME']}/zenml",
        "authentication_secret": secret,
        "client_kwargs": {"endpoint_url": s3["AWS_ENDPOINT_URL"], "region_name": s3["AWS_REGION"]},
        "config_kwargs": {"s3": {"addressing_style": "path"}},
    }
