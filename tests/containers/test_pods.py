"""What every process of the release does as a container: it starts quickly, is nobody special, ends in order."""

import json

import pytest

from tests.chart.rendering import ROOMS
from tests.containers.pods import Pod

pytestmark = [pytest.mark.live, pytest.mark.timeout(2400)]
MEGABYTES, MOST_MEGABYTES = {"gateway": 260, "notify": 260}, 380
FIELDS = {"at", "level", "service", "event", "trace_id"}
LABELS = ("version", "revision", "source", "licenses", "title")


@pytest.mark.parametrize("room", ROOMS)
def test_the_image_says_what_it_is_and_holds_no_tools(pods: dict[str, Pod], room: str) -> None:
    docker = pods[room].docker
    assert {f"org.opencontainers.image.{label}" for label in LABELS} <= set(docker.labels)
    found = docker.exec_run(
        ["sh", "-c", "command -v pip pip3 gcc cc make apt-get dpkg perl curl wget; python -c 'import pip'"]
    )
    assert b"/" not in found.output.split(b"Traceback")[0], found.output
    assert b"No module named 'pip'" in found.output


@pytest.mark.parametrize("room", ROOMS)
def test_the_image_is_as_large_as_it_may_be(pods: dict[str, Pod], room: str) -> None:
    size = pods[room].docker.image.attrs["Size"]
    assert size <= MEGABYTES.get(room, MOST_MEGABYTES) * 1_000_000


@pytest.mark.parametrize("room", ROOMS)
def test_it_is_nobody_special_and_writes_nowhere_but_in_tmp(pods: dict[str, Pod], room: str) -> None:
    docker = pods[room].docker
    assert docker.exec_run(["id", "-u"]).output.strip() == b"10001"
    assert docker.exec_run(["touch", "/tmp/mine"]).exit_code == 0
    for place in ("/app/mine", "/opt/fairway/mine", "/mine"):
        assert docker.exec_run(["touch", place]).exit_code != 0


def test_each_line_of_a_log_is_json_with_the_same_fields(pods: dict[str, Pod]) -> None:
    for pod in pods.values():
        lines = [json.loads(line) for line in pod.log().splitlines()]
        assert all(set(line) >= FIELDS for line in lines), pod.name
        assert {line["service"] for line in lines} <= {pod.room}


def test_nobody_did_what_is_not_theirs_on_the_bus(pods: dict[str, Pod]) -> None:
    said = {pod.name: [line for line in pod.log().splitlines() if "violation" in line.lower()] for pod in pods.values()}
    assert {name: lines for name, lines in said.items() if lines} == {}
