"""Writes the outputs that services read as JSON, where ZenML stored them in a format of its own.

ZenML writes a dictionary as one JSON file only if all values are plain: for one numpy scalar, or one key that is a
number, it writes a folder for each element in the format of that element's materializer, which may be a pickle. Only
this process reads those, as it has the plug-in's libraries and may run its code.
"""

import json
from typing import Any, Final

from botocore.exceptions import BotoCoreError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential_jitter

from geoml.jsonable import NotJsonable, jsonable
from pipelines import failure_messages
from pipelines.port import Artifact, PipelinesDown

RETRY_SECONDS: Final = 600.0
"""For an object store that does not answer: the run itself is complete and may have taken hours."""


class Unreadable(Exception):
    """A value cannot be written as JSON; the text is for a mapper."""


def make_readable(artifacts: list[Artifact]) -> None:
    """Writes the value of each artifact to its `value_file`.

    Raises Unreadable, and PipelinesDown when the store does not answer within RETRY_SECONDS.
    """
    for artifact in artifacts:
        if not artifact.is_json:
            _write_with_retry(artifact)


def _write_with_retry(artifact: Artifact) -> None:
    tries = Retrying(
        retry=retry_if_exception(_is_of_the_store),
        wait=wait_exponential_jitter(initial=0.2, max=10, jitter=0.2),
        stop=stop_after_delay(RETRY_SECONDS),
        reraise=True,
    )
    try:
        tries(_write, artifact)
    except Exception as error:
        if _is_of_the_store(error):
            raise PipelinesDown("The artifact store does not answer.") from error
        raise Unreadable(f"The output {artifact.name} of the run cannot be read: {_why(error)}") from error


def _write(artifact: Artifact) -> None:
    from zenml.client import Client

    store = Client().active_stack.artifact_store
    if store.exists(artifact.value_file):
        return
    value = jsonable(_load(artifact), artifact.name)
    with store.open(artifact.value_file, "w") as file:
        file.write(json.dumps(value, allow_nan=False))


def _load(artifact: Artifact) -> Any:
    """Reads an artifact with the materializer that wrote it."""
    from zenml.client import Client

    return Client().get_artifact_version(artifact.version).load()


def _is_of_the_store(error: BaseException) -> bool:
    gone = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError)
    return isinstance(error, OSError | BotoCoreError) and not isinstance(error, gone)


def _why(error: Exception) -> str:
    if isinstance(error, NotJsonable):
        return str(error)
    return failure_messages.of_exception(type(error).__name__, str(error))
