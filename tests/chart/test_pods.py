"""What each process of each service is given."""

import re
from collections.abc import Callable

import pytest

from contracts.streams import JOB_GROUPS
from tests.chart.rendering import HELM, ROOMS, WORKERS, Release, Values, complete, container, environment, values_of
from tests.contracts.rooms import services

Alone = Callable[..., Release]


@pytest.mark.parametrize("room", ROOMS)
def test_one_name_everywhere(release: Release, room: str) -> None:
    pod = release.pods[f"fairway-{room}"]
    assert container(pod)["name"] == room
    assert container(pod)["image"] == f"fairway/{room}:0.1.0"
    assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == room
    assert environment(pod)["DATABASE_URL"] == {"secretKeyRef": {"name": f"fairway-{room}", "key": "DATABASE_URL"}}


def test_workers_where_there_are_jobs(release: Release) -> None:
    with_jobs = {name for name, service in services().items() if any(r.group in JOB_GROUPS for r in service.routes)}
    assert with_jobs == set(WORKERS)
    assert {f"fairway-{room}-worker" for room in with_jobs} < set(release.all("Deployment"))


@pytest.mark.parametrize("room", WORKERS)
def test_workers_take_jobs_only(release: Release, room: str) -> None:
    worker = release.pods[f"fairway-{room}-worker"]
    assert container(worker)["args"] == ["worker"]
    service = release.one("Service", f"fairway-{room}")["spec"]["selector"]
    assert not service.items() <= worker["metadata"]["labels"].items()


def test_only_what_computes_has_the_image_of_workers(release: Release) -> None:
    images = {name: container(pod)["image"].split("/")[1].split(":")[0] for name, pod in release.pods.items()}
    kinds = {f"fairway-{room}{kind}": f"{room}{kind}" for room in ROOMS for kind in ("", "-worker")}
    hooks = {f"fairway-{room}-{hook}": room for room in ROOMS for hook in ("migrate", "provision")}
    expected = {**kinds, **hooks}
    assert images == {name: expected[name] for name in images}


@pytest.mark.parametrize("room", ROOMS)
def test_migrations_and_streams_come_first(release: Release, room: str) -> None:
    job = release.one("Job", f"fairway-{room}-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]
    assert container(pod)["args"] == ["migrate", "provision"]
    assert "envFrom" not in container(pod), "the ConfigMaps do not exist yet"
    assert "serviceAccountName" not in pod["spec"], "nor does the service account"
    served = release.one("ConfigMap", "fairway-shared")["data"] | release.one("ConfigMap", f"fairway-{room}")["data"]
    assert served.items() <= environment(pod).items()


@pytest.mark.parametrize("room", ROOMS)
def test_a_rollback_brings_back_the_streams_of_the_older_version(release: Release, room: str) -> None:
    """Helm runs the hooks of the release that it goes back to; the tables of the newer one stay."""
    job = release.one("Job", f"fairway-{room}-provision")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-rollback"
    pod, before = job["spec"]["template"], release.pods[f"fairway-{room}-migrate"]
    assert container(pod)["args"] == ["provision"]
    assert environment(pod) == environment(before)


def at_the_bus(release: Release, pod: str) -> Values:
    return environment(release.pods[pod])["NATS_URL"]["secretKeyRef"]


@pytest.mark.parametrize("room", ROOMS)
def test_each_service_is_a_user_of_the_bus_and_its_hooks_are_another(release: Release, room: str) -> None:
    for pod in {f"fairway-{room}", f"fairway-{room}-worker"} & set(release.pods):
        assert at_the_bus(release, pod) == {"name": f"fairway-{room}", "key": "NATS_URL"}
    for job in ("migrate", "provision"):
        assert at_the_bus(release, f"fairway-{room}-{job}") == {"name": "fairway-provision", "key": "NATS_URL"}


def test_the_secret_of_provision_may_have_another_name(platform: Callable[..., Release], production: Values) -> None:
    release = platform(production, {"global": {"provisionSecret": "streams"}})
    assert at_the_bus(release, "fairway-notify-migrate")["name"] == "streams"
    assert "secret streams: NATS_URL" in release.notes


def test_no_job_outlives_an_upgrade(release: Release) -> None:
    jobs = release.all("Job")
    assert len(jobs) == 2 * len(ROOMS)
    for job in jobs.values():
        assert "before-hook-creation" in job["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert job["spec"]["activeDeadlineSeconds"] == 600


@pytest.mark.parametrize("room", ROOMS)
def test_settings_are_the_shared_ones_and_then_its_own(release: Release, alone: Alone, room: str) -> None:
    for name in {f"fairway-{room}", f"fairway-{room}-worker"} & set(release.pods):
        assert sources(release.pods[name]) == ["fairway-shared", f"fairway-{room}"]
    by_itself = alone(values_of(room), complete())
    assert sources(by_itself.pods[room]) == [room]
    assert complete()["global"]["config"].items() <= by_itself.one("ConfigMap", room)["data"].items()


def sources(pod: Values) -> list[str]:
    return [one["configMapRef"]["name"] for one in container(pod)["envFrom"]]


def test_every_pod_is_confined(release: Release) -> None:
    assert len(release.pods) == 4 * len(ROOMS) - 1
    for pod in release.pods.values():
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert set(container(pod)["resources"]) == {"requests", "limits"}
        assert [(v["name"], "emptyDir" in v) for v in pod["spec"]["volumes"]] == [("scratch", True)]


def test_every_lasting_pod_is_watched_and_spread(release: Release) -> None:
    lasting = {name: pod for name, pod in release.pods.items() if not name.endswith(("-migrate", "-provision"))}
    for pod in lasting.values():
        port = environment(pod)["HTTP__PORT"]
        assert pod["metadata"]["annotations"]["prometheus.io/port"] == port
        assert {"name": "internal", "containerPort": int(port)} in container(pod)["ports"]
        probes = [container(pod)[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
        assert probes == [{"path": path, "port": "internal"} for path in ("/livez", "/livez", "/readyz")]
        spread = pod["spec"]["topologySpreadConstraints"]
        assert all(one["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items() for one in spread)


def test_production_schedules_runs_on_their_nodes(release: Release) -> None:
    for room, kind in {"training": "training", "prediction": "inference"}.items():
        worker = release.pods[f"fairway-{room}-worker"]["spec"]
        assert worker["nodeSelector"] == {f"fair.dev/{kind}": "true"}
        toleration = {"key": f"fair.dev/{kind}", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
        assert worker["tolerations"] == [toleration]
        assert "nodeSelector" not in release.pods[f"fairway-{room}"]["spec"]


def test_the_autoscaler_alone_counts_replicas(platform: Callable[..., Release], production: Values) -> None:
    release = platform(production, {"gateway": {"autoscaling": {"enabled": False}}})
    assert release.one("Deployment", "fairway-gateway")["spec"]["replicas"] == 2
    assert "replicas" not in release.one("Deployment", "fairway-catalog")["spec"]
    assert set(release.all("HorizontalPodAutoscaler")) == {"fairway-catalog"}


def test_an_orderly_stop_fits_into_the_grace_period(release: Release) -> None:
    from gateway.http.server.public import GRACE as REQUESTS
    from gateway.http.server.supervisor import GRACE as SUPERVISOR

    pod = release.pods["fairway-gateway"]["spec"]
    drain = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > drain + max(REQUESTS, SUPERVISOR)


def test_every_process_has_the_time_for_its_longest_stop(release: Release) -> None:
    """`libs/kit/tests/test_stop.py` holds the processes to it."""
    from kit.jobs import worker
    from kit.messaging.delivery import pull_consumer
    from kit.messaging.nats_connection import connect_options
    from kit.process import tasks

    template = (HELM / "service" / "templates" / "_validation.tpl").read_text()
    longest = int(re.findall(r'define "service.longestStop" -}}(\d+){{', template)[0])
    drain = connect_options("toy", "nats://127.0.0.1", lambda: None)["drain_timeout"]
    assert (
        max(worker.GRACE, pull_consumer.DRAIN_TIMEOUT + pull_consumer.STOP_TIMEOUT) + tasks.CANCEL_GRACE_SECONDS + drain
        <= longest
    )
    for name in release.all("Deployment"):
        assert release.pods[name]["spec"]["terminationGracePeriodSeconds"] > longest
