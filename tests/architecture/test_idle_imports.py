"""What no service loads before somebody needs it (docs/decisions/0014)."""

import subprocess
import sys

import pytest

from contracts import OWNERS

NEVER = {
    "aiohttp",
    "rich",
    "pygments",
    "PIL",
    "rasterio",
    "pyogrio",
    "boto3",
    "pyproj",
    "morecantile",
    "jsonschema_rs",
    "matplotlib",
}
WITHOUT_SHAPES = {"gateway", "training", "notify", "prediction"}
LIST = "import sys, {0}.main; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"


def loaded(code: str) -> set[str]:
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_starts_without_the_libraries_of_long_work(service: str) -> None:
    never = NEVER | ({"numpy", "shapely"} if service in WITHOUT_SHAPES else set())
    assert loaded(LIST.format(service)) & never == set()


@pytest.mark.parametrize("service", ["training", "notify"])
def test_a_service_loads_the_messages_that_it_handles_only(service: str) -> None:
    code = f"import sys, {service}.main; print(*(name for name in sys.modules if name.startswith('contracts.')))"
    assert "contracts.catalog.boundaries" not in loaded(code)
