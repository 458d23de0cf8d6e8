"""The API does what its OpenAPI document says and nothing else, whoever asks and however odd the input.

Half of the examples are as described, half break the description in one place. Where the address names a row, every
other example names one that is there.
"""

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from gateway.app import application
from gateway.settings import HttpSettings
from stack.bench.system import System
from tests.surface.declared import DECLARED
from tests.surface.named import NAMED
from tests.surface.people import Who, headers
from tests.surface.rows import Rows

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
EXAMPLES = 8
CHECKS = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance, checks.response_headers_conformance,
]  # fmt: skip
EXCLUDED = {"GET /api/v1/events/": "never ends; tests of the gateway read it"}
MAY_BE_UNREADY = {
    "GET /api/v1/trainings/runs/{run_id}/logs/", "GET /api/v1/predictions/runs/{run_id}/logs/",
    "GET /api/v1/local-models/{model_id}/runs/", "GET /api/v1/readiness",
}  # fmt: skip
"""Answered with the help of the pipeline server, or of a worker of packages, which are not here: they may be 503, and
readiness 500 as its clients expect."""
CALLERS = (Who.ANONYMOUS, Who.OWNER, Who.ADMIN)
NAMES = {row.route.replace(":path", ""): row.names for row in DECLARED}
LIMITS = hypothesis.settings(
    max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def operations() -> list[str]:
    app = application(HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x"))
    paths = app.openapi()["paths"]
    return [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]


OPERATIONS = [operation for operation in operations() if operation not in EXCLUDED]


@pytest.fixture(scope="module")
def described(running: System) -> Any:
    """As the running gateway serves it. Credentials are those of the callers."""
    schema = schemathesis.openapi.from_url(f"{running.url.removesuffix('/v1')}/schema/")
    schema.config.generation.with_security_parameters = False
    return schema


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation(name: str, described: Any, running: System, rows: Rows):
    """Every example is sent by every caller."""
    method, path = name.split(" ", 1)
    operation = described[path][method]
    cases = st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode))

    @LIMITS
    @hypothesis.given(case=cases, real=st.booleans(), callers=st.permutations(CALLERS))
    def holds(case: Any, real: bool, callers: list[Who]) -> None:
        if real:
            case.path_parameters.update(_made(name, path, rows))
        for who in callers:
            sent = {"headers": headers(who, running.token), "timeout": 20, "allow_redirects": False}
            case.call_and_validate(checks=CHECKS[name in MAY_BE_UNREADY :], **sent)

    holds()


@pytest.mark.parametrize("name", OPERATIONS)
def test_worthless_credentials(name: str, described: Any):
    """401, unless nobody is asked for any."""
    method, path = name.split(" ", 1)
    operation = described[path][method]
    case = operation.Case(path_parameters=dict.fromkeys(re.findall(r"{(\w+)}", path), "1"))
    response = case.call(headers={"Authorization": "Bearer worthless"}, timeout=20, allow_redirects=False)
    assert (response.status_code == 401) is bool(operation.definition.raw["security"])
    if response.status_code == 401:
        case.validate_response(response, checks=CHECKS)


def _made(name: str, path: str, rows: Rows) -> dict[str, Any]:
    makers = {**NAMED, **NAMES.get(name, {})}
    return {part: maker(rows) for part, maker in makers.items() if f"{{{part}}}" in path}
