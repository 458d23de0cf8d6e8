"""The commands of docs/deploy.md, read as a shell would: what they name is what the charts render."""

import re
import shlex
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from helm_python import Chart

from kit.cli import VERBS
from tests.chart.rendering import (
    INSTALLATION,
    REPOSITORY,
    ROOMS,
    Release,
    Values,
    complete,
    container,
    over,
    values_of,
)

GUIDE = (REPOSITORY / "docs" / "deploy.md").read_text()
PROGRAMS = ("kubectl", "helm")
OURS = {"ours.yaml": INSTALLATION, "ours-training.yaml": complete()}
"""Files that the guide lets an operator write."""


def commands() -> Iterator[list[str]]:
    """Words of each command of the guide; one that names `<room>` once for each."""
    for text in _texts():
        for room in ROOMS if "<room>" in text else ("",):
            yield shlex.split(text.replace("<room>", room).replace("<", "").replace(">", ""))


def _texts() -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL):
        yield from (line for line in block.replace("\\\n", " ").splitlines() if line.startswith(PROGRAMS))
    prose = re.sub(r"```.*?```", "", GUIDE, flags=re.DOTALL)
    yield from (text.replace("\n", " ") for text in re.findall(r"`([^`]+)`", prose) if text.startswith(PROGRAMS))


def those(*begin: str) -> list[list[str]]:
    """Those that begin so, without their namespace and what begins them."""
    found = [[word for word in words if word not in ("-n", "maps")] for words in commands()]
    found = [words[len(begin) :] for words in found if tuple(words[: len(begin)]) == begin]
    assert found, begin
    return found


def test_every_command_says_its_namespace() -> None:
    for words in commands():
        if words[0] == "kubectl" and words[1:3] != ["get", "--raw"]:
            assert words[1:3] == ["-n", "maps"], words


def test_programs_are_started_where_they_are(release: Release) -> None:
    for target, dashes, *command in those("kubectl", "exec"):
        kind, _, name = target.partition("/")
        assert (kind, dashes) == ("deploy", "--")
        pod = release.one("Deployment", name)["spec"]["template"]
        assert command[:2] == ["python", "-m"]
        room, module = container(pod)["name"], command[2]
        assert module.split(".")[0] == room
        assert find_spec(module), module
        assert module != room or set(command[3:]) <= set(VERBS)


def test_logs_and_restarts_find_their_objects(release: Release) -> None:
    for (target,) in those("kubectl", "logs"):
        kind, _, name = target.partition("/")
        assert kind == "job"
        assert name in release.all("Job")
    for words in those("kubectl", "rollout", "restart"):
        kind, option, selector = words
        assert (kind, option) == ("deployment", "-l")
        key, _, value = selector.partition("=")
        labels = [one["metadata"]["labels"].get(key) for one in release.all("Deployment").values()]
        assert set(labels) == {value}


def referenced(release: Release) -> dict[str, set[str]]:
    """Secret → its keys, as the pods ask for them."""
    found: dict[str, set[str]] = {}
    for pod in release.pods.values():
        for one in container(pod)["env"]:
            if reference := one.get("valueFrom", {}).get("secretKeyRef"):
                found.setdefault(reference["name"], set()).add(reference["key"])
    return found


def test_secrets_have_the_names_and_keys_that_pods_ask_for(release: Release) -> None:
    asked = referenced(release)
    for name, *literals in those("kubectl", "create", "secret", "generic"):
        keys = {re.sub("=.*", "", one.removeprefix("--from-literal=")) for one in " ".join(literals).split()}
        assert keys - {"--from-literal"} <= asked[name], name


def test_scaling_names_every_deployment(release: Release) -> None:
    deployments = release.all("Deployment").values()
    for words in those("kubectl", "scale"):
        assert words[:-1] == ["deployment", "-l", "app.kubernetes.io/part-of=fairway"]
        assert re.fullmatch(r"--replicas=\d", words[-1])
    assert all(one["metadata"]["labels"]["app.kubernetes.io/part-of"] == "fairway" for one in deployments)


def files_of(words: list[str]) -> list[Values]:
    names = [name for option, name in pairwise(words) if option == "-f"]
    assert names
    return [OURS[name] if name in OURS else yaml.safe_load((REPOSITORY / name).read_text()) for name in names]


def test_what_is_installed_as_written_renders(helm: Path) -> None:
    for name, chart, *words in those("helm", "upgrade", "--install"):
        assert (REPOSITORY / chart / "Chart.yaml").exists()
        release = Release(Chart.load(helm / Path(chart).name), over({}, *files_of(words)), name)
        prefix = "fairway-" if name == "fairway" else ""
        rooms = ROOMS if name == "fairway" else (name,)
        assert {f"{prefix}{room}" for room in rooms} <= set(release.all("Deployment"))


def test_charts_whose_dependencies_are_fetched_exist() -> None:
    for (chart,) in those("helm", "dependency", "update"):
        assert yaml.safe_load((REPOSITORY / chart / "Chart.yaml").read_text())["dependencies"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_secret_of_each_service_can_be_made_from_the_notes(
    platform: Callable[..., Release], production: Values, room: str
) -> None:
    """The notes are what `helm install --dry-run` prints."""
    notes = platform(production).notes
    (line,) = [line for line in notes.splitlines() if f"secret fairway-{room}:" in line]
    assert set(values_of(room)["secrets"]["keys"]) <= set(re.findall(r"\w+", line))
