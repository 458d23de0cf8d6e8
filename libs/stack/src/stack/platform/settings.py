"""The environment of each of our processes on the embedded stack."""

import os

from stack import console
from stack.home import REPOSITORY, Env, Home
from stack.preforked.daemons import SMALL
from stack.sandbox import mapswipe

ROOMS = ("catalog", "training", "prediction", "notify", "gateway")
WORKERS = ("catalog", "training", "prediction", "notify")
SANDBOX = ("tiles", "rawdata", "smtp", "files", "webhooks", "mapswipe")

GIVES_BACK: Env = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}
"""Of glibc: with a threshold that is given, it does not learn to keep freed memory of up to 64 MB in each heap. Of the
catalog, where bodies and rasters are large; it costs time where memory is taken often."""

RATES = ("USER_RATE_LIMIT", "ANON_RATE_LIMIT")
ONE_PERSON = "100000/h"
"""One user is the console, programs and tests of this machine together, and each start of the gateway takes a 20th of
a limit."""


def public_url(home: Home) -> str:
    """Where the API is, `/api/v1` included."""
    return f"http://{home.host}:{home.port('public')}/api/v1"


def console_url(home: Home) -> str:
    """Where the web console is."""
    return f"http://{home.host}:{home.port('public')}/console/"


def tiles(home: Home) -> str:
    """The sandbox's imagery server; `/train/{z}/{x}/{y}.jpg` to learn from, `/predict/…` to map."""
    return f"http://{_sandbox(home, 'tiles')}"


def shared(home: Home, env: Env) -> Env:
    """What every room reads."""
    return {
        **third_parties(home, env),
        **{name: value for name, value in env.items() if not name.startswith(("DATABASE_URL_", "NATS__URL"))},
        "DEBUG": "true",
        "SECRET_KEY": home.secret("api"),
        "API_BASE_URL": public_url(home),
        "FRONTEND_URL": f"http://127.0.0.1:{home.port('public')}",
        "AUTH_PROVIDER": "dev",
        "FAIR_DEV_TOKEN": home.secret("dev-token"),
        "FAIRWAY_MODELS_PATH": str(REPOSITORY),
        "FAIR_CACHE_DIR": str(home.folder("cache")),
        "PARENT_BUCKET_FOLDER": "dev",
        "SECURE_SSL_REDIRECT": "false",
        "TRAINING_SYNC_INTERVAL": "5",
        "PREDICTION_SYNC_INTERVAL": "5",
        "TRAINING_WORK_PATH": str(home.folder("runs")),
        "PREDICTION_WORK_DIR": str(home.folder("predictions")),
        **SMALL,
        "AUTOPKG_PACKAGES_HOST_URL": f"http://127.0.0.1:{home.port('public')}/packages",
    }


def third_parties(home: Home, env: Env) -> Env:
    """Where the sandbox is, and that it may be asked."""
    return {
        **allowed(home, env),
        "RAW_DATA_API_URL": f"http://{_sandbox(home, 'rawdata')}",
        **mapswipe.settings(f"http://{_sandbox(home, 'mapswipe')}"),
    }


def mail(home: Home) -> Env:
    """Mails go to the sandbox, and not into the log."""
    port = str(home.port("sandbox-smtp-mail"))
    return {"EMAIL_HOST": home.host, "EMAIL_PORT": port, "EMAIL_USE_TLS": "false", "DEBUG": "false"}


def allowed(home: Home, env: Env) -> Env:
    """Private addresses that may be asked, by purpose: the sandbox, for models the object store, and what the
    environment names already. None for webhooks."""
    rawdata, crowd, imagery, files = (_sandbox(home, name) for name in ("rawdata", "mapswipe", "tiles", "files"))
    store = env["AWS_ENDPOINT_URL"].split("://", 1)[1].rstrip("/")
    return {
        "OUTBOUND_ALLOW_SERVICES": _with_given(f"{rawdata},{crowd}", "OUTBOUND_ALLOW_SERVICES", "OUTBOUND_ALLOW"),
        "OUTBOUND_ALLOW_IMAGERY": _with_given(imagery, "OUTBOUND_ALLOW_IMAGERY"),
        "OUTBOUND_ALLOW_MODELS": _with_given(f"{files},{store}", "OUTBOUND_ALLOW_MODELS"),
    }


def _sandbox(home: Home, name: str) -> str:
    return f"{home.host}:{home.port(f'sandbox-{name}')}"


def _with_given(hosts: str, *names: str) -> str:
    return ",".join(filter(None, [hosts, *map(os.environ.get, names)]))


def bus(env: Env, user: str) -> str:
    """A NATS server from outside may have one address for all."""
    return env.get(f"NATS__URL_{user.upper()}", env["NATS__URL"])


def of_room(home: Home, env: Env, room: str, process: str | None = None) -> Env:
    """`process` names a second process of the room, which needs an internal port of its own."""
    port = home.port(f"internal-{process or room}")
    own = {"DATABASE_URL": env[f"DATABASE_URL_{room.upper()}"], "NATS__URL": bus(env, room), "HTTP__PORT": str(port)}
    return {**shared(home, env), **own, **_extra(home, room)}


def _extra(home: Home, room: str) -> Env:
    if room == "gateway":
        return {
            "PUBLIC__HOST": "127.0.0.1",
            "PUBLIC__PORT": str(home.port("public")),
            "CONSOLE_DIST_DIR": str(console.DIST),
            **{name: os.environ.get(name, ONE_PERSON) for name in RATES},
        }
    if room == "catalog":
        return {
            **GIVES_BACK,
            "AUTOPKG_STORAGE_BACKEND": "localfs",
            "AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT": str(home.folder("packages")),
            "AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT": str(home.folder("processing")),
            "AUTOPKG_INCLUDE_TEST_PROCESSORS": "true",
        }
    if room == "notify":
        shipped = {"DASHBOARD_PROVISIONING_PATH": str(REPOSITORY / "deploy/dashboards")}
        return {
            **mail(home),
            **shipped,
            "WEBHOOK_SECRET_KEY": home.secret("webhooks"),
        }
    return {}
