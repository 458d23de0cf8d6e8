"""What a mapper reads when a run fails: sentences, whatever the library's exception says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import failure_messages
from pipelines.outcome import RunOutcome, failed

GONE = "data that it needs are not there any more"


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("builtins.FileNotFoundError", "towns/banepa-3f/chips", f"{GONE} (chips)"),
        ("FileNotFoundError", "no object below 's3://towns/datasets/banepa-3f/chips/'", f"{GONE} (chips)"),
        ("FileNotFoundError", "[Errno 2] No such file or directory: '/root/.cache/x/labels.geojson'",
         f"{GONE} (labels.geojson)"),
        ("FileNotFoundError", "The specified key does not exist.", GONE),
        ("FileNotFoundError", "no tif, png or jpg image in 'chips'", "no tif, png or jpg image in 'chips'"),
        ("botocore.exceptions.ClientError",
         "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: The specified bucket…", GONE),
        ("botocore.exceptions.ClientError", "An error occurred (403) when calling the HeadObject operation: Forbidden",
         "it may not read data that it needs"),
        ("FileNotFoundError", "['towns/metrics/c2b8/1']", f"{GONE} (1)"),
        ("PermissionError", "[Errno 13] Permission denied: '/srv/weights.npz'",
         "it may not read data that it needs (weights.npz)"),
        ("KeyError", "'val_chips'", "an error inside the model's code (KeyError)"),
        ("ValueError", "banepa", "an error inside the model's code (ValueError)"),
        ("", "", "an error inside the model's code (unknown)"),
        ("ValueError", "the labels hold no building", "the labels hold no building"),
        ("rasterio.errors.RasterioIOError", "/tmp/fw/ab/OAM-1-2-3.tif: not a readable TIFF",
         "OAM-1-2-3.tif: not a readable TIFF"),
        ("RuntimeError", "no weights below s3://towns/models/a/w.npz or https://models.example/a/w.npz",
         "no weights below w.npz or https://models.example/a/w.npz"),
        ("OSError", "[Errno 28] No space left on device: '/tmp/x'", "the disk of the machine that ran it is full"),
        ("torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried to …", "it needed more memory than there is"),
        ("aiohttp.client_exceptions.ClientConnectorError", "Cannot connect to host s3.example:9000",
         "a server that it needs did not answer"),
        ("zipfile.BadZipFile", "File is not a zip file", "a file that it needs is damaged"),
    ],
)  # fmt: skip
def test_exception_becomes_a_sentence(kind: str, message: str, words: str) -> None:
    assert failure_messages.of_exception(kind, message) == words


@given(
    st.sampled_from(["FileNotFoundError", "OSError", "PermissionError", "KeyError", "ValueError", "ClientError", "X"]),
    st.lists(st.text("abcxyz-_.0123456789", min_size=1), min_size=1, max_size=5).map("/".join),
    st.sampled_from(["{}", "/{}", "s3://{}", "'{}'", "[Errno 2] No such file or directory: '/{}'"]),
)
def test_no_reason_is_a_bare_path_or_shows_folders(kind: str, path: str, shape: str) -> None:
    words = failure_messages.of_exception(kind, shape.format(path))
    assert len(words.split()) >= 3
    assert not re.search(r"s3://|(^|[\s'])/\S+/", words)


@pytest.mark.parametrize(
    ("kind", "message", "cause"),
    [
        ("EndpointConnectionError", "Could not connect to the endpoint", "server"),
        ("requests.exceptions.ConnectionError", "Max retries exceeded", "server"),
        ("ValueError", "No labels inside the chips", "run"),
        ("MemoryError", "", "run"),
    ],
)
def test_what_an_unreachable_server_broke_is_worth_another_attempt(kind: str, message: str, cause: str) -> None:
    why = failure_messages.of_step("train_model", failure_messages.of_exception(kind, message))
    assert failed(why, "7") == RunOutcome("failed", why, "7", cause)


def test_a_lost_process_is_no_unreachable_server() -> None:
    assert failed(failure_messages.UNREACHABLE, None).cause == "server"
    assert failed(failure_messages.LOST, None).cause == "run"
