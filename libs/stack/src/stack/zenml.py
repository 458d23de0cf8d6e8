"""The ZenML server (sqlite) in an environment of its own, activated, with a service account and the stack `fairway`."""

import hashlib
import os

from stack import install
from stack.home import Env, Home
from stack.processes import Daemon
from stack.ready import http_ok
from stack.servers import Ask
from stack.zenml_api import ZenML

STACK = "fairway"


def up(home: Home, ask: Ask) -> Env:
    """The orchestrator is the local one; artifacts go to the S3 bucket below `zenml/`."""
    given = os.environ.get("FAIR_ZENML_STORE_URL")
    if given and not home.owns(given):
        key, stack = os.environ.get("FAIR_ZENML_STORE_API_KEY", ""), os.environ.get("FAIR_ZENML_STACK", "default")
        return {"FAIR_ZENML_STORE_URL": given, "FAIR_ZENML_STORE_API_KEY": key, "FAIR_ZENML_STACK": stack}
    url = _serve(home)
    password = home.secret("zenml-admin")
    if "api_key" not in home.recall().get("zenml", {}):
        key = ZenML.activated(url, "admin", password).new_api_key("fairway")
        with home.remember() as memory:
            memory.setdefault("zenml", {})["api_key"] = key
    s3 = ask("s3")
    wanted = hashlib.sha256(repr(sorted(s3.items())).encode()).hexdigest()
    if home.recall()["zenml"].get("stack") != wanted:
        ZenML.activated(url, "admin", password).ensure_stack(STACK, s3)
        with home.remember() as memory:
            memory["zenml"]["stack"] = wanted
    key = home.recall()["zenml"]["api_key"]
    return {"FAIR_ZENML_STORE_URL": url, "FAIR_ZENML_STORE_API_KEY": key, "FAIR_ZENML_STACK": STACK}


def _serve(home: Home) -> str:
    programs, folder, port = install.environment(home, "zenml") / "bin", home.folder("zenml", 0o700), home.port("zenml")
    url = f"http://127.0.0.1:{port}"
    env = {
        "ZENML_CONFIG_PATH": str(folder),
        "ZENML_STORE_URL": f"sqlite:///{folder}/zenml.db",
        "ZENML_STORE_TYPE": "sql",
        "ZENML_SERVER": "true",
        "ZENML_SERVER_DEPLOYMENT_TYPE": "other",
        "ZENML_SERVER_AUTO_ACTIVATE": "false",
        "ZENML_SERVER_JWT_SECRET_KEY": home.secret("zenml-jwt", 64),
        "ZENML_ANALYTICS_OPT_IN": "false",
    }
    app = "zenml.zen_server.zen_server_api:app"
    argv = [programs / "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), "--no-access-log"]
    Daemon("zenml", argv, env=env, ready=http_ok(f"{url}/health"), cwd=folder, home=home).start()
    return url
