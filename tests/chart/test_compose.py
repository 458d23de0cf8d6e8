"""deploy/compose.yaml gives each process what the chart gives it: image, arguments, user, root, environment, secrets,
ports, probes, memory."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from contracts.nats_permissions import USERS
from stack.images import DEFAULTS
from stack.platform.settings import ONE_PERSON, RATES
from tests.chart.rendering import REPOSITORY, ROOMS, WORKERS, Release, Values, container, environment, profile

FILE = REPOSITORY / "deploy" / "compose.yaml"
HOST = "172.31.78.1"
OVER_DEV: Values = {
    "global": {
        "config": {
            "AWS_ENDPOINT_URL": f"http://{HOST}:9000",
            "FRONTEND_URL": f"http://{HOST}:8000",
            "API_BASE_URL": f"http://{HOST}:8000/api/v1",
            "AUTOPKG_PACKAGES_HOST_URL": f"http://{HOST}:8000/packages",
            "OUTBOUND_ALLOW_MODELS": f"{HOST}:9000",
            "FAIR_ZENML_STACK": "fairway",
        }
    },
    "ingress": {"enabled": False},
    "gateway": {"config": {"TRUSTED_PROXIES": "", **dict.fromkeys(RATES, ONE_PERSON)}},
}
"""What differs from the chart's profile: addresses, one person, and nothing stands before the gateway."""
LASTING = [*ROOMS, *(f"{room}-worker" for room in WORKERS)]
ONCE = [f"{room}-migrate" for room in ROOMS]
MADE = {"FAIR_ZENML_STORE_API_KEY"}
"""By the service `prepare`, into the volume of that name."""


def read() -> Values:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", FILE.read_text())
    return yaml.safe_load(text)


COMPOSE = read()
SERVICES = COMPOSE["services"]


@pytest.fixture(scope="module")
def dev(platform: Callable[..., Release]) -> Release:
    return platform(profile("dev"), OVER_DEV)


def pod(dev: Release, name: str) -> Values:
    return dev.pods[f"fairway-{name}"]


def plain(dev: Release, name: str) -> dict[str, str]:
    """What is no secret, as the process sees it."""
    maps = [one["configMapRef"]["name"] for one in container(pod(dev, name)).get("envFrom", ())]
    data = [dev.one("ConfigMap", name)["data"] for name in maps]
    own = {key: value for key, value in environment(pod(dev, name)).items() if isinstance(value, str)}
    return {**{key: value for each in data for key, value in (each or {}).items()}, **own}


def targets(service: Values) -> dict[str, str]:
    """Environment name → file."""
    long = [one if isinstance(one, dict) else {"source": one, "target": one} for one in service.get("secrets", ())]
    return {one["target"]: one["source"] for one in long}


def test_every_process_of_the_chart_is_a_service() -> None:
    assert {*LASTING, *ONCE} <= set(SERVICES)
    assert not [name for name in SERVICES if name.endswith("-provision")]


@pytest.mark.parametrize("name", [*LASTING, *ONCE])
def test_image_arguments_and_confinement_are_the_chart_s(dev: Release, name: str) -> None:
    service, spec, one = SERVICES[name], pod(dev, name)["spec"], container(pod(dev, name))
    user, confined = spec["securityContext"], one["securityContext"]
    assert service["image"] == one["image"]
    assert service["command"] == one["args"]
    assert service["user"] == f"{user['runAsUser']}:{user['runAsGroup']}"
    assert service["read_only"] == confined["readOnlyRootFilesystem"]
    assert service["cap_drop"] == confined["capabilities"]["drop"]
    assert service["security_opt"] == [f"no-new-privileges:{str(not confined['allowPrivilegeEscalation']).lower()}"]
    assert service["volumes"][0] == one["volumeMounts"][0]["mountPath"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", LASTING)
def test_the_environment_is_the_chart_s(dev: Release, name: str) -> None:
    assert SERVICES[name]["environment"] == plain(dev, name)


@pytest.mark.parametrize("name", ONCE)
def test_hooks_see_the_settings_of_the_service(dev: Release, name: str) -> None:
    assert plain(dev, name).items() <= SERVICES[name]["environment"].items()


@pytest.mark.parametrize("name", [*LASTING, *ONCE])
def test_secrets_are_files_of_the_chart_s_names(dev: Release, name: str) -> None:
    wanted = {key: value for key, value in environment(pod(dev, name)).items() if isinstance(value, dict)}
    needed = {key for key, value in wanted.items() if not value["secretKeyRef"].get("optional")}
    given = targets(SERVICES[name])
    made = MADE if "made:/run/made:ro" in SERVICES[name]["volumes"] else set()
    assert needed <= set(given) | made <= set(wanted)
    assert made == MADE & set(wanted)
    assert not set(wanted) & set(SERVICES[name]["environment"])
    assert given["NATS_URL"] == ("provision" if name in ONCE else name.partition("-")[0]) + ".NATS_URL"


@pytest.mark.parametrize("name", LASTING)
def test_limits_and_the_time_to_stop_are_the_chart_s(dev: Release, name: str) -> None:
    limit = container(pod(dev, name))["resources"]["limits"]["memory"]
    assert SERVICES[name]["mem_limit"] == limit.removesuffix("i").lower()
    assert SERVICES[name]["stop_grace_period"] == f"{pod(dev, name)['spec']['terminationGracePeriodSeconds']}s"


@pytest.mark.parametrize("name", LASTING)
def test_the_image_s_health_check_is_the_readiness_probe(dev: Release, name: str) -> None:
    probe = container(pod(dev, name))["readinessProbe"]["httpGet"]
    ports = {port["name"]: port["containerPort"] for port in container(pod(dev, name))["ports"]}
    assert "healthcheck" not in SERVICES[name]
    assert f'"HEALTH", "{probe["path"]}"' in (REPOSITORY / "deploy/docker/healthy.py").read_text()
    assert SERVICES[name]["environment"]["HTTP__PORT"] == str(ports[probe["port"]])


def test_the_world_reaches_the_gateway_and_the_store_alone(dev: Release) -> None:
    opened = {name: one["ports"] for name, one in SERVICES.items() if one.get("ports")}
    ports = {port["name"]: port["containerPort"] for port in container(pod(dev, "gateway"))["ports"]}
    assert opened == {"gateway": [f"{HOST}:8000:{ports['public']}"], "s3": [f"{HOST}:9000:8000"]}


def test_what_starts_has_what_it_needs() -> None:
    def needs(name: str) -> dict[str, str]:
        return {other: one["condition"] for other, one in SERVICES[name].get("depends_on", {}).items()}

    ready, done = "service_healthy", "service_completed_successfully"
    assert needs("prepare") == {"postgres": ready, "s3": ready, "zenml": ready}
    assert needs("stac") == {"prepare": done}
    for room in ROOMS:
        assert needs(f"{room}-migrate") == {"nats": ready, "prepare": done}
        assert needs(room)[f"{room}-migrate"] == done
        assert room not in WORKERS or needs(f"{room}-worker") == needs(room)
    assert needs("catalog")["stac"] == ready


def test_what_must_outlive_a_container_has_a_volume() -> None:
    kept = {name: one["volumes"] for name, one in SERVICES.items() if name in ("nats", "postgres", "s3", "zenml")}
    assert kept == {name: [f"{name}:/data"] for name in ("nats", "postgres", "s3", "zenml")}
    assert set(COMPOSE["volumes"]) == {*kept, "made"}


def test_the_sandbox_is_off() -> None:
    assert "sandbox" not in FILE.read_text()
    assert not [name for name in SERVICES if SERVICES[name]["image"].rpartition("/")[0] != "fairway"]


def test_every_secret_is_made(tmp_path: Path) -> None:
    subprocess.run([REPOSITORY / "scripts/secrets", tmp_path], check=True)
    files = {Path(one["file"]).name for one in COMPOSE["secrets"].values()}
    assert files == {path.name for path in tmp_path.iterdir()} == set(COMPOSE["secrets"])
    used = {source for one in SERVICES.values() for source in targets(one).values()}
    assert used == set(COMPOSE["secrets"])
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert len(set(before.values())) == len(before)
    subprocess.run([REPOSITORY / "scripts/secrets", tmp_path], check=True)
    assert before == {path.name: path.read_text() for path in tmp_path.iterdir()}


def test_the_bus_has_the_password_of_each_user() -> None:
    assert set(targets(SERVICES["nats"])) == {f"FAIRWAY_NATS_{user.upper()}_PASSWORD" for user in USERS}


def test_the_defaults_of_the_demo_are_those_of_the_file() -> None:
    for name, value in DEFAULTS.items():
        assert set(re.findall(rf"\$\{{{name}:-([^}}]*)\}}", FILE.read_text())) == {value}


def test_the_script_that_prepares_needs_no_more_than_its_image_has() -> None:
    lines = (REPOSITORY / "deploy/docker/backing/Dockerfile").read_text()
    copied = set(re.findall(r"libs/stack/src/stack/(\w+)\.py", lines))
    seen, todo = set(), ["bucket", "databases", "zenml_api"]
    while todo:
        seen.add(one := todo.pop())
        source = (REPOSITORY / f"libs/stack/src/stack/{one}.py").read_text()
        todo += set(re.findall(r"^from stack\.(\w+) import", source, re.MULTILINE)) - seen
    assert copied == seen
