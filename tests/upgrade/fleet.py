"""The processes of a release, two replicas of each service, and how one release takes the place of another."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.chart.rendering import ROOMS, WORKERS
from tests.containers.pods import Pod
from tests.upgrade.balancer import Balancer

PUBLIC = 8000
REPLICAS = 2
DEPLOYMENTS = [name for room in ("training", "gateway", "catalog", "prediction", "notify")
               for name in ([f"{room}-worker", room] if room in WORKERS else [room])]  # fmt: skip
"""The worker with the training in its hands goes first."""
Maker = Callable[[str], Pod]
"""Makes a pod of a release, by the name of its Deployment or Job."""


@dataclass
class Fleet:
    """`public` is the address of the gateway's replicas."""

    public: Balancer
    pods: dict[str, list[Pod]] = field(default_factory=dict)
    exits: dict[str, int] = field(default_factory=dict)
    """Processes that did not end in order, with their exit codes."""
    ended: list[Pod] = field(default_factory=list)

    def install(self, release: Maker) -> None:
        hooks(release, "migrate")
        self.pods = {name: [release(name) for _ in range(REPLICAS if name in ROOMS else 1)] for name in DEPLOYMENTS}
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Pod.start, [pod for pods in self.pods.values() for pod in pods]))
        self.public.addresses = [pod.address(PUBLIC) for pod in self.pods["gateway"]]

    async def roll(self, release: Maker) -> None:
        """One by one: a new pod is ready before an old one ends, which no new request reaches by then."""
        for name in DEPLOYMENTS:
            for number, old in enumerate(self.pods[name]):
                new = release(name)
                await asyncio.to_thread(new.start)
                if name == "gateway":
                    self.public.addresses.append(new.address(PUBLIC))
                    self.public.addresses.remove(old.address(PUBLIC))
                self.pods[name][number] = new
                await asyncio.to_thread(self._end, old)

    def _end(self, pod: Pod) -> None:
        if code := pod.end():
            self.exits[f"{pod.name} {len(self.exits)}"] = code
        self.ended.append(pod)

    def errors(self) -> list[str]:
        """What the logs of all processes, also of those that have ended, say of errors."""
        pods = [*self.ended, *(pod for pods in self.pods.values() for pod in pods)]
        return [line for pod in pods for line in pod.log().splitlines() if '"level":"error"' in line]

    @property
    def versions(self) -> set[str]:
        return {pod.docker.labels["org.opencontainers.image.version"] for pods in self.pods.values() for pod in pods}


def hooks(release: Maker, verb: str) -> None:
    """`migrate` before an installation and an upgrade, `provision` before a rollback."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda room: release(f"{room}-{verb}").run(), ROOMS))
