import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from helm_python import Chart, dependency_update

from tests.chart.rendering import HELM, INSTALLATION, Release, Values, over, profile


@pytest.fixture(scope="session")
def helm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The charts with their dependencies resolved, as an operator has them after `helm dependency update`."""
    folder = tmp_path_factory.mktemp("charts") / "helm"
    shutil.copytree(HELM, folder, ignore=shutil.ignore_patterns("charts", "Chart.lock"))
    dependency_update(folder / "platform", skip_refresh=True)
    return folder


@pytest.fixture(scope="session")
def platform(helm: Path) -> Callable[..., Release]:
    """Loaded anew each time, as a rendering takes disabled dependencies out of the loaded chart."""
    return lambda *layers: Release(Chart.load(helm / "platform"), over({}, *layers))


@pytest.fixture(scope="session")
def alone(helm: Path) -> Callable[..., Release]:
    """One service by itself; the release has its name."""
    chart = Chart.load(helm / "service")
    return lambda *layers: Release(chart, values := over({}, *layers), values["room"])


@pytest.fixture(scope="session")
def production() -> Values:
    return over(profile("production"), INSTALLATION)


@pytest.fixture(scope="session")
def release(platform: Callable[..., Release], production: Values) -> Release:
    return platform(production)
