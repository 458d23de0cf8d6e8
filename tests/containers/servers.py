"""NATS with its users, PostgreSQL with PostGIS, S3, STAC API and ZenML as containers on one network."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Thread

import httpx
import psycopg
import uvicorn
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from contracts.nats_permissions import USERS
from contracts.nats_server_config import authorization
from kit.testing import free_port
from stack import bucket, databases
from stack.home import Env, Home
from stack.sandbox import otlp
from stack.zenml import STACK
from stack.zenml_api import ZenML
from tests.containers.engine import VERSION, until

OPERATOR = "operator"
"""Of the tests: may read and write everything on the bus."""
PORTS = {"nats": 4222, "postgres": 5432, "s3": 8000, "stac": 8080, "zenml": 8080}
LIMIT = 120.0
UNASKED = {"healthcheck": {"test": ["NONE"]}}
"""The tests ask themselves whether it answers; a process of Python every few seconds for each is dear on two cores."""


@dataclass
class Servers:
    """`outside` are addresses for this process, by server; `inside` is the environment of the services."""

    network: Network
    home: Home
    stack: ExitStack
    outside: dict[str, str] = field(default_factory=dict)
    inside: Env = field(default_factory=dict)
    databases: Env = field(default_factory=dict)
    """By room, for this process."""
    containers: dict[str, DockerContainer] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Where containers find this machine, and it itself."""
        return self.network._network.attrs["IPAM"]["Config"][0]["Gateway"]

    def start(self, name: str, env: Env | None = None, files: Env | None = None) -> str:
        """Returns its `host:port` for this process. `files` go into the container, by path."""
        port = PORTS[name]
        container = DockerContainer(f"fairway/{name}:{VERSION}", env=env, **UNASKED).with_network(self.network)
        container.with_network_aliases(name).ports[str(port)] = ("127.0.0.1",)  # type: ignore[assignment]
        for path, content in (files or {}).items():
            container.with_copy_into_container(content.encode(), path)
        self.containers[name] = self.stack.enter_context(container)
        self.outside[name] = f"127.0.0.1:{container.get_exposed_port(port)}"
        return self.outside[name]

    def wait(self, name: str, check: Callable[[], bool]) -> None:
        """AssertionError with what the server said, unless `check` is true in time."""
        try:
            until(check, LIMIT, f"{name} answers")
        except AssertionError as error:
            said = self.containers[name].get_wrapped_container().logs().decode(errors="replace")
            raise AssertionError(f"{error}\n{said[-3000:]}") from None

    def secret(self, name: str) -> str:
        return "s" + self.home.secret(name, 30)

    def bus(self, user: str, inside: bool = True) -> str:
        place = f"nats:{PORTS['nats']}" if inside else self.outside["nats"]
        return f"nats://{user}:{self.secret(f'nats-{user}')}@{place}"

    def database(self, name: str) -> str:
        """The address of a room's database for the services."""
        return self.databases[name].replace(self.outside["postgres"], f"postgres:{PORTS['postgres']}")


@contextmanager
def serving(home: Home) -> Iterator[Servers]:
    """Yields the servers, each ready; removes them at the end."""
    with ExitStack() as stack:
        servers = Servers(stack.enter_context(Network()), home, stack)
        _otlp(servers)
        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(start, servers) for start in (_nats, _postgres_and_stac, _s3_and_zenml)]:
                done.result()
        yield servers


def _otlp(servers: Servers) -> None:
    """A receiver of traces in this process, which containers reach at the gateway of their network."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(otlp.app(), host="0.0.0.0", port=port, log_level="warning"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    servers.stack.callback(setattr, server, "should_exit", True)
    servers.outside["otlp"] = f"127.0.0.1:{port}"
    servers.inside["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://{servers.host}:{port}"


def _nats(servers: Servers) -> None:
    """With the users that are shipped, and one of the tests."""
    variables = {user: f"FAIRWAY_NATS_{user.upper()}_PASSWORD" for user in (*USERS, OPERATOR)}
    users = authorization({user: f"${variable}" for user, variable in variables.items()})
    passwords = {variable: servers.secret(f"nats-{user}") for user, variable in variables.items()}
    servers.start("nats", passwords, {"/etc/nats/users.conf": users})


def _postgres_and_stac(servers: Servers) -> None:
    place = servers.start("postgres", {"POSTGRES_PASSWORD": servers.secret("postgres"), "OPTIONS": "-c fsync=off"})
    admin = f"postgresql://postgres:{servers.secret('postgres')}@{place}/postgres"
    servers.wait("postgres", lambda: _connects(admin))
    found = databases.ensure(servers.home, admin)
    servers.databases = {name.removeprefix("DATABASE_URL_").lower(): url for name, url in found.items()}
    servers.databases["stac"] = found["STAC_DATABASE_URL"]
    libpq = {"PGHOST": "postgres", "PGPORT": "5432", "PGUSER": "stac", "PGDATABASE": "stac"}
    key = {"FAIR_STAC_API_KEY": servers.secret("stac-key")}
    inside = admin.replace(place, f"postgres:{PORTS['postgres']}")
    password = servers.home.secret("postgres-stac")
    stac = servers.start("stac", {**libpq, **key, "PGPASSWORD": password, "ADMIN_URL": inside})
    servers.wait("stac", lambda: _ok(f"http://{stac}/_mgmt/health"))
    servers.inside |= {**key, "FAIR_STAC_API_URL": f"http://stac:{PORTS['stac']}"}
    servers.inside["STAC_DATABASE_URL"] = servers.database("stac")


def _s3_and_zenml(servers: Servers) -> None:
    keys = {"AWS_ACCESS_KEY_ID": servers.secret("s3-access")[:20], "AWS_SECRET_ACCESS_KEY": servers.secret("s3-key")}
    store = {**keys, "AWS_REGION": bucket.REGION, "BUCKET_NAME": bucket.BUCKET}
    place = servers.start("s3", keys)
    jwt = servers.secret("zenml-jwt") * 3
    zenml = servers.start("zenml", {"ZENML_SERVER_JWT_SECRET_KEY": jwt})
    servers.wait("s3", lambda: _ok(f"http://{place}/"))
    bucket.client({**store, "AWS_ENDPOINT_URL": f"http://{place}"}).create_bucket(Bucket=bucket.BUCKET)
    servers.inside |= {**store, "AWS_ENDPOINT_URL": f"http://s3:{PORTS['s3']}"}
    servers.wait("zenml", lambda: _ok(f"http://{zenml}/health"))
    api = ZenML.activated(f"http://{zenml}", "admin", servers.secret("zenml-admin"))
    api.ensure_stack(STACK, servers.inside)
    place = {"FAIR_ZENML_STORE_URL": f"http://zenml:{PORTS['zenml']}", "FAIR_ZENML_STACK": STACK}
    servers.inside |= {**place, "FAIR_ZENML_STORE_API_KEY": api.new_api_key("fairway")}


def _connects(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=5):
            return True
    except psycopg.OperationalError:
        return False


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
