"""Rules and dashboards that are shipped: Prometheus' own tool reads them, and each names metrics that there are."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from stack.install import program
from tests.chart.rendering import REPOSITORY
from tests.contracts.rooms import services

DEPLOY = REPOSITORY / "deploy"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))
SUFFIXES = re.compile("_(total|bucket)$")


@pytest.fixture(scope="module")
def promtool() -> str:
    return program("promtool", "prometheus")


def checked(*command: str | Path) -> str:
    done = subprocess.run([*command], capture_output=True, text=True, cwd=DEPLOY, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions(dashboard: Path) -> list[str]:
    panels: list[dict[str, Any]] = json.loads(dashboard.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_every_rule_fires_when_it_should_and_only_then(promtool: str) -> None:
    checked(promtool, "check", "rules", "alerts.yaml")
    checked(promtool, "test", "rules", "alerts_test.yaml")
    rules = [rule["alert"] for group in read("alerts.yaml")["groups"] for rule in group["rules"]]
    assert rules == [rule for rule in rules if rule in (DEPLOY / "alerts_test.yaml").read_text()]


def read(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text())


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_prometheus_can_answer_what_a_dashboard_asks(promtool: str, dashboard: Path, tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions(dashboard))]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": dashboard.stem, "rules": rules}]}))
    checked(promtool, "check", "rules", file)


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_metrics_that_there_are(dashboard: Path) -> None:
    services()
    known = {metric.name for metric in prometheus_client.REGISTRY.collect()}
    named = {name for expr in expressions(dashboard) for name in re.findall(r"fairway_[a-z_]+", expr)}
    assert named
    assert {SUFFIXES.sub("", name) for name in named} <= known


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_of_a_dashboard_have_places_of_their_own(dashboard: Path) -> None:
    panels = json.loads(dashboard.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def test_there_are_two_dashboards() -> None:
    assert [path.stem for path in DASHBOARDS] == ["overview", "work"]
