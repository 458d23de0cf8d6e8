"""Prepares the servers of deploy/compose.yaml for the services. It may run again: what exists stays."""

import os
from pathlib import Path

from stack import bucket, databases
from stack.zenml_api import ZenML

KEY = Path("/run/made/FAIR_ZENML_STORE_API_KEY")


class Passwords:
    def secret(self, name: str) -> str:
        return os.environ[f"{name.replace('-', '_').upper()}_PASSWORD"]


env = dict(os.environ)
databases.ensure(Passwords(), env["ADMIN_URL"])
bucket.ensure(env)
zenml = ZenML.activated(env["FAIR_ZENML_STORE_URL"], "admin", env["ZENML_ADMIN_PASSWORD"])
zenml.ensure_stack(env["FAIR_ZENML_STACK"], env)
if not KEY.exists():
    draft = KEY.with_name(".new")
    draft.write_text(zenml.new_api_key("fairway"))
    draft.chmod(0o444)
    draft.rename(KEY)
