"""Pods of the rendered chart, run as containers. Image, arguments, environment, user, root, ports and probes are the
chart's."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import httpx
from docker.models.containers import Container
from testcontainers.core.container import DockerContainer

from stack.home import Env
from tests.chart.rendering import Release, Values, container
from tests.containers.engine import until
from tests.containers.servers import UNASKED, Servers

START, STOP = 120.0, 45


@dataclass
class Pod:
    """`name` is that of its Deployment or Job."""

    release: Release
    servers: Servers
    name: str
    settings: Env
    """Over those of the chart."""

    @property
    def template(self) -> Values:
        return self.release.pods[self.name]

    @property
    def room(self) -> str:
        return container(self.template)["name"]

    @cached_property
    def running(self) -> DockerContainer:
        """Created, not started."""
        spec, one = self.template["spec"], container(self.template)
        user = spec["securityContext"]
        docker = DockerContainer(one["image"], command=one["args"], env=self.environment)
        docker.with_network(self.servers.network).with_network_aliases(self.name)
        docker.with_tmpfs_mount(one["volumeMounts"][0]["mountPath"], "exec,mode=1777")
        for port in one.get("ports", ()):
            docker.ports[str(port["containerPort"])] = ("127.0.0.1",)  # type: ignore[assignment]
        return docker.with_kwargs(
            **UNASKED,
            user=f"{user['runAsUser']}:{user['runAsGroup']}",
            read_only=one["securityContext"]["readOnlyRootFilesystem"],
            cap_drop=one["securityContext"]["capabilities"]["drop"],
            security_opt=["no-new-privileges"],
        )

    @property
    def environment(self) -> Env:
        one = container(self.template)
        maps = [
            self.release.one("ConfigMap", source["configMapRef"]["name"])["data"] for source in one.get("envFrom", ())
        ]
        found = {name: value for data in maps for name, value in data.items()}
        return {**found, **dict(self._given(one["env"])), **self.settings}

    def _given(self, variables: list[Values]) -> Iterator[tuple[str, str]]:
        for one in variables:
            if "value" in one:
                yield one["name"], one["value"]
            elif (value := self._secret(**one["valueFrom"]["secretKeyRef"])) is not None:
                yield one["name"], value

    def _secret(self, name: str, key: str, optional: bool = False) -> str | None:
        user = name.removeprefix("fairway-")
        known = {"NATS_URL": self.servers.bus(user), **self.servers.inside}
        if key == "DATABASE_URL":
            return self.servers.database(user)
        assert optional or key in known or key in self.settings, f"{self.name} needs the secret {name}: {key}"
        return known.get(key)

    def start(self) -> float:
        """Returns the seconds until it was ready."""
        self.running.start()
        return self.wait()

    def wait(self) -> float:
        return until(self.is_ready, START, f"{self.name} is ready; it said {self.log()[-3000:]}")

    def is_ready(self) -> bool:
        probe = container(self.template)["readinessProbe"]["httpGet"]
        ports = {port["name"]: port["containerPort"] for port in container(self.template)["ports"]}
        try:
            return httpx.get(self.address(ports[probe["port"]]) + probe["path"], timeout=5, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def address(self, port: int) -> str:
        self.docker.reload()
        return f"http://127.0.0.1:{self.docker.ports[f'{port}/tcp'][0]['HostPort']}"

    @property
    def docker(self) -> Container:
        return self.running.get_wrapped_container()

    def run(self) -> None:
        """A Job: AssertionError with what it said unless it ends well."""
        self.running.start()
        code = self.running.wait()
        assert code == 0, f"{self.name}: {self.log()[-3000:]}"

    def end(self) -> int:
        """SIGTERM. Returns the exit code: 137 when it did not end in time."""
        self.docker.stop(timeout=STOP)
        return self.docker.wait()["StatusCode"]

    def kill(self) -> int:
        self.docker.kill()
        return self.docker.wait()["StatusCode"]

    def again(self) -> float:
        """Starts what has ended. Returns the seconds until it was ready."""
        self.docker.start()
        return self.wait()

    @property
    def cpu_seconds(self) -> float:
        """Since it was started."""
        return self.docker.stats(stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9

    def log(self) -> str:
        return self.docker.logs().decode(errors="replace")

    def remove(self) -> None:
        self.running.stop()
