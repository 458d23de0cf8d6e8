"""The platform of `tests.e2e`, with an hour for each test."""

import pytest

from tests.e2e.conftest import done, job, platform

__all__ = ["done", "job", "platform"]
LIMIT = 3600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/soak" in str(item.path) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT))
