from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names

FOLDER = "processors"


class ProcessorSettings(BaseSettings):
    """Which processors there are."""

    model_config = ServiceSettings.model_config

    processors_path: Path | None = Field(None, validation_alias=names("FAIRWAY_PROCESSORS_PATH"))
    """Folder that contains `processors/`; unset means the repository, else the working directory."""
    shows_test_processors: bool = Field(True, validation_alias=names("AUTOPKG_INCLUDE_TEST_PROCESSORS"))
    """Whether processors for tests are listed, and may be used."""

    @property
    def processors_folder(self) -> Path:
        """The folder of processors, whether it is there or not."""
        return (self.processors_path or _above() or Path()) / FOLDER


def _above() -> Path | None:
    """Returns the nearest folder above this module with processors of its own: the repository, where there is one."""
    tops = Path(__file__).parents[3:]
    return next((top for top in tops if (top / FOLDER).is_dir() and (top / "pyproject.toml").is_file()), None)
