"""What operators are given for their message bus and their Prometheus fits what the services need."""

import re
from pathlib import Path

import prometheus_client
import yaml

from contracts.streams import MAX_ANSWER_BYTES, STREAM_BYTES
from tests.chart.rendering import REPOSITORY
from tests.contracts.rooms import services

DEPLOY = REPOSITORY / "deploy"
UNITS = {"Gi": 1 << 30, "MB": 10**6}


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


def size(text: str) -> int:
    number, unit = re.fullmatch(r"(?:<< )?(\d+)(\w+)(?: >>)?", text).groups()  # type: ignore[union-attr]
    return int(number) * UNITS[unit]


def test_files_of_the_bus_hold_all_streams_and_stay_below_their_volume() -> None:
    config = read(DEPLOY / "nats" / "values.yaml")["config"]
    store = config["jetstream"]["fileStore"]
    assert STREAM_BYTES <= size(store["maxSize"]) <= 0.8 * size(store["pvc"]["size"])
    assert size(config["merge"]["max_payload"]) >= MAX_ANSWER_BYTES


def test_liveness_of_the_bus_is_the_page_that_tells_of_its_streams() -> None:
    probe = read(DEPLOY / "nats" / "values.yaml")["container"]["merge"]["livenessProbe"]
    assert probe["httpGet"]["path"] == "/healthz"
    assert probe["periodSeconds"] * probe["failureThreshold"] <= 300


def test_alerts_name_metrics_that_there_are() -> None:
    services()
    known = {metric.name for metric in prometheus_client.REGISTRY.collect()}
    rules = [rule for group in read(DEPLOY / "alerts.yaml")["groups"] for rule in group["rules"]]
    named = {name for rule in rules for name in re.findall(r"fairway_[a-z_]+", rule["expr"])}
    assert {"fairway_bus_stores", "fairway_stream_bytes"} <= named
    assert {re.sub("_(total|bucket)$", "", name) for name in named} <= known
    assert all(rule["annotations"]["summary"] for rule in rules)
