"""Object storage: Ceph radosgw with one user and one bucket, or any S3 named by AWS_ENDPOINT_URL."""

import os
from pathlib import Path

from stack import bucket
from stack.bucket import BUCKET, REGION
from stack.ceph import Cluster
from stack.home import Env, Home, StackError
from stack.ready import http_ok
from stack.servers import Ask


def up(home: Home, ask: Ask) -> Env:
    """Creates the bucket too, where it is missing, and lets browsers read and write it by presigned addresses."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    env = _given(given) if given and not home.owns(given) else _serve(home)
    bucket.ensure(env)
    return env


def _given(endpoint: str) -> Env:
    names = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": REGION, "BUCKET_NAME": BUCKET}
    env = {name: os.environ.get(name, default) for name, default in names.items()}
    if missing := [name for name, value in env.items() if value is None]:
        raise StackError(f"AWS_ENDPOINT_URL is set, so {' and '.join(missing)} must be set too.")
    return {"AWS_ENDPOINT_URL": endpoint, **{name: value for name, value in env.items() if value}}


def _serve(home: Home) -> Env:
    cluster, endpoint = Cluster(home), f"http://127.0.0.1:{home.port('s3')}"
    cluster.start()
    _keyring(cluster)
    env = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": home.secret("s3-access-key", 20),
        "AWS_SECRET_ACCESS_KEY": home.secret("s3-secret-key"),
        "AWS_REGION": REGION,
        "BUCKET_NAME": BUCKET,
    }
    cluster.daemon("radosgw", "radosgw", "-n", "client.rgw", ready=http_ok(endpoint))
    _ensure_user(cluster, env)
    return env


def _keyring(cluster: Cluster) -> None:
    file = cluster.folder / "client.rgw.keyring"
    if not file.exists():
        allow = ["mon", "allow rw", "osd", "allow rwx", "mgr", "allow rw"]
        key = cluster.run("ceph", "auth", "get-or-create", "client.rgw", *allow)
        draft = Path(f"{file}.new")
        draft.write_text(key)
        draft.replace(file)


def _ensure_user(cluster: Cluster, env: Env) -> None:
    keys = ["--access-key", env["AWS_ACCESS_KEY_ID"], "--secret-key", env["AWS_SECRET_ACCESS_KEY"]]
    if cluster.home.recall()["ceph"].get("user") == env["AWS_ACCESS_KEY_ID"]:
        return
    known = "fairway" in cluster.run("radosgw-admin", "user", "list")
    verb = ["modify"] if known else ["create", "--display-name", "Fairway"]
    cluster.run("radosgw-admin", "user", *verb, "--uid", "fairway", *keys)
    with cluster.home.remember() as memory:
        memory["ceph"]["user"] = env["AWS_ACCESS_KEY_ID"]
