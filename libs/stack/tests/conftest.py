from pathlib import Path

import pytest

from stack import down, up
from stack.home import Home


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Open to other users, because the database server of a root run is user postgres."""
    folder = tmp_path_factory.mktemp("stack")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    return Home(folder)


@pytest.fixture(scope="session")
def clean_environment():
    """Addresses of servers that happen to run must not be taken instead of our own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (
            "NATS__URL",
            "FAIRWAY_PG_ADMIN_URL",
            "AWS_ENDPOINT_URL",
            "FAIR_STAC_API_URL",
            "FAIR_ZENML_STORE_URL",
        ):
            patch.delenv(name, raising=False)
        patch.setenv("FAIRWAY_PG_FAST", "1")
        yield


@pytest.fixture(scope="session")
def env(home, clean_environment):
    """All backing servers, brought up from nothing."""
    yield up(home=home)
    down(home=home)


@pytest.fixture
def sleeper() -> list[str | Path]:
    return ["sleep", "300"]
