"""`make contracts`: writes schemas, AsyncAPI, OpenAPI, the topology, the tables of settings and of what is proven."""

from pathlib import Path

from contracts import OWNERS
from tests.contracts import coverage, examples
from tests.contracts.documents import asyncapi, topology
from tests.contracts.schemas import SCHEMAS, golden
from tests.contracts.settings import document as settings

ROOT = Path(__file__).parents[2]


def files() -> dict[Path, str]:
    """Every generated file with its content."""
    wanted = {SCHEMAS / name: text for name, text in golden().items()}
    wanted |= {ROOT / "services" / name / "asyncapi.yaml": asyncapi(name) for name in OWNERS}
    wanted |= {examples.FILE: examples.document(), ROOT / "services/gateway/openapi.json": _openapi()}
    wanted |= {coverage.PAGE: coverage.page(), coverage.UNCOVERED: coverage.shrunk()}
    return wanted | {ROOT / "docs/topology.md": topology(), ROOT / "docs/settings.md": settings()}


def _openapi() -> str:
    from gateway.openapi import document

    return document()


def write() -> None:
    """The OpenAPI document shows the examples, so they come first."""
    examples.FILE.write_text(examples.document())
    wanted = files()
    for stale in set(SCHEMAS.glob("*.json")) - set(wanted):
        stale.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    write()
