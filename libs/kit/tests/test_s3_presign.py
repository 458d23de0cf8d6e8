"""Our signatures are those of botocore."""

from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import parse_qsl, quote, urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kit.storage.s3_presign import Presigner

NOW = datetime(2026, 11, 21, 4, 20, 1, tzinfo=UTC)


def theirs(signer: Presigner, path: str, query: dict[str, str] | None) -> str:
    asked = "&".join(f"{k}={quote(v, safe='~')}" for k, v in (query or {}).items())
    request = AWSRequest("GET", f"{signer.endpoint}{quote(path, safe='/~')}{f'?{asked}' if asked else ''}")
    credentials = Credentials(signer.access_key, signer.secret_key, signer.token)
    clock = "get_current_datetime" if hasattr(botocore.auth, "get_current_datetime") else "datetime"
    with patch.object(botocore.auth, clock) as now:
        now.return_value = now.utcnow.return_value = now.now.return_value = NOW.replace(tzinfo=None)
        S3SigV4QueryAuth(credentials, "s3", signer.region, 900).add_auth(request)
    return request.url


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9000", "https://s3.eu-central-1.amazonaws.com"])
@pytest.mark.parametrize("token", [None, "temporary+/="])
@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/bucket/dev/datasets/a-1/labels/labels.geojson", None),
        ("/bucket/t ést/ü+&=~.txt", None),
        ("/bucket", {"list-type": "2", "prefix": "dev/datasets/a b/chips/"}),
    ],
)
def test_signature_is_the_library_s(endpoint, token, path, query):
    signer = Presigner(endpoint, "eu-central-1", "AKID", "secret", token)
    ours, other = (urlsplit(url) for url in (signer.get(path, NOW, 900, query), theirs(signer, path, query)))
    assert ours[:3] == other[:3]
    assert dict(parse_qsl(ours.query)) == dict(parse_qsl(other.query))
