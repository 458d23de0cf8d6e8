"""What no service loads before somebody needs it (docs/decisions/0014)."""

import subprocess
import sys
from functools import cache

import pytest

from contracts import OWNERS

NEVER = {
    "aiohttp", "faststream", "gpxpy", "matplotlib", "pandas", "pystac_client", "requests", "scipy", "zenml", "rich",
    "pygments", "PIL", "rasterio", "pyogrio", "boto3", "pyproj", "morecantile", "jsonschema_rs",
}  # fmt: skip
NEVER_INSIDE = {
    "http.server", "wsgiref.simple_server",
    *(f"sqlalchemy.dialects.{name}" for name in ("mssql", "mysql", "sqlite", "oracle")),
}  # fmt: skip
"""Parts of libraries that are needed otherwise."""
WITHOUT_SHAPES = {"gateway", "training", "notify", "prediction"}


@cache
def loaded(service: str) -> frozenset[str]:
    code = f"import sys, {service}.main; print(*(name for name, module in sys.modules.items() if module))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return frozenset(done.stdout.split())


@pytest.mark.parametrize("service", OWNERS)
def test_a_service_starts_without_the_libraries_of_long_work(service: str) -> None:
    never = NEVER | ({"numpy", "shapely"} if service in WITHOUT_SHAPES else set())
    assert {name.partition(".")[0] for name in loaded(service)} & never == set()
    assert loaded(service) & NEVER_INSIDE == set()


@pytest.mark.parametrize("service", ["training", "notify"])
def test_a_service_loads_the_messages_that_it_handles_only(service: str) -> None:
    assert "contracts.catalog.boundaries" not in loaded(service)
