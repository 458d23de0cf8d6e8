from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from stack import down, up
from stack.testing import own_home


@pytest.fixture(scope="session")
def home():
    """Open to other users, because the database server of a root run is user postgres; pytest's own folder is not:
    every pytest that starts beside this one closes it again."""
    with TemporaryDirectory(prefix="fairway-stack-") as folder:
        Path(folder).chmod(0o755)
        yield own_home(Path(folder))


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
    try:
        yield up(home=home)
    finally:
        down(home=home)


@pytest.fixture
def sleeper() -> list[str | Path]:
    return ["sleep", "300"]
