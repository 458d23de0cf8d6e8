"""What docs/deploy.md says is so: metrics, verbs, addresses, figures of the charts."""

import re
from importlib import import_module

import prometheus_client
import pytest
import yaml

from contracts.streams import MIB, STREAMS
from kit.cli import VERBS
from tests.chart.rendering import HELM, REPOSITORY, ROOMS, Release, Values, over, values_of
from tests.chart.test_settings import BESIDE
from tests.contracts.rooms import services

GUIDE = (REPOSITORY / "docs" / "deploy.md").read_text()
USERS = (REPOSITORY / "deploy" / "nats" / "users.conf").read_text()
SETTINGS = (REPOSITORY / "docs" / "settings.md").read_text()


def known_metrics() -> set[str]:
    """Counters are collected without their `_total`."""
    names = {metric.name for metric in prometheus_client.REGISTRY.collect()}
    return names | {f"{name}_total" for name in names}


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """Whoever counts declares it when it is imported; keys are fetched only where Hanko is the provider."""
    services()
    import_module("gateway.identity.providers.jwks")


def test_every_metric_exists() -> None:
    named = set(re.findall(r"fairway_[a-z_]+", GUIDE))
    assert named
    assert named <= known_metrics()


def test_every_metric_of_ours_is_told() -> None:
    ours = {metric.name for metric in prometheus_client.REGISTRY.collect() if metric.name.startswith("fairway_")}
    assert {name for name in ours if name not in GUIDE} == set()


def test_every_verb_exists() -> None:
    verbs = set(re.findall(r"python -m <room> (\w+)", GUIDE))
    assert verbs
    assert verbs <= set(VERBS)


def test_every_setting_exists() -> None:
    """A name that ends in `_*` stands for all that begin so."""
    of_builds = ("FAIRWAY_INDEX", "FAIRWAY_NPMRC", "SSL_CERT_FILE", "FAIRWAY_ADDRESS", "FAIRWAY_BIND")
    known = [*of_builds, *re.findall(r"`([A-Z][A-Z0-9_]+)`", SETTINGS), *BESIDE, *re.findall(r"\$([A-Z_]+)", USERS)]
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)", GUIDE))
    assert named
    assert {name for name in named - set(known) if not (name.endswith("_") and name in "".join(known))} == set()


def test_every_path_of_the_api_exists() -> None:
    paths = set(services()["gateway"].app.openapi()["paths"])
    for path in re.findall(r"(?:GET|POST) (/api/v1/[\w/<>-]+/)", GUIDE):
        assert re.sub(r"<\w+>", "{letter_id}", path) in paths, path


def test_streams_take_what_is_said() -> None:
    assert f"at most {sum(one.max_bytes for one in STREAMS) / MIB / 1024:.1f} GiB" in GUIDE


def memory(process: Values) -> tuple[str, str]:
    resources = process["resources"]
    return resources["requests"]["memory"], resources["limits"]["memory"]


@pytest.mark.parametrize("room", ROOMS)
def test_sizes_are_those_of_the_charts(room: str) -> None:
    chart = yaml.safe_load((HELM / "service" / "values.yaml").read_text())
    values = over(chart, values_of(room))
    rows = {"gateway": "gateway"}.get(room, "other services")
    assert row(rows) == memory(values)
    if room != "gateway":
        worker = "worker of catalog, notify" if room in ("catalog", "notify") else f"worker of {room}"
        assert row(worker) == memory(values["worker"])
    assert row("live endpoint of its own (below)") == memory(values["serving"])


def row(name: str) -> tuple[str, str]:
    """Memory asked for and allowed, as the charts write it."""
    cells = next(line for line in GUIDE.splitlines() if line.startswith(f"| {name} |")).split("|")
    asked, allowed = (re.search(r"([\d.]+) (MiB|GiB)", cell) for cell in cells[2:4])
    assert asked
    assert allowed
    plain = [f"{one[1]}{one[2][:2]}" for one in (asked, allowed)]
    return plain[0], "2560Mi" if plain[1] == "2.5Gi" else plain[1]


def test_the_name_of_the_live_endpoint(platform, production: Values) -> None:
    (example,) = [
        yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.S) if "serving" in block
    ]
    release: Release = platform(production, example)
    (address,) = re.findall(r"http://([\w-]+)\.maps/predict", GUIDE)
    assert address in release.all("Service")
