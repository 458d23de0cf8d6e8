"""The five services as objects, built but not started, so that their promises can be read."""

import os
from functools import cache
from importlib import import_module

from contracts import OWNERS
from contracts.base import Event, Live, Message
from gateway.streaming.frames import public_subjects
from kit.app import Service

PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
    "SECRET_KEY": "x" * 40,
    "FRONTEND_URL": "http://127.0.0.1",
    "API_BASE_URL": "http://127.0.0.1/api/v1",
    "AUTH_PROVIDER": "dev",
    "FAIR_DEV_TOKEN": "placeholder-token-for-documents",
}


@cache
def services() -> dict[str, Service]:
    return {name: _built(name) for name in OWNERS}


def _built(name: str) -> Service:
    """The environment is put back as it was."""
    kept = dict(os.environ)
    os.environ.update(PLACEHOLDERS)
    try:
        return import_module(f"{name}.main").build(import_module(f"{name}.settings").Settings(_env_file=None))
    finally:
        os.environ.clear()
        os.environ.update(kept)


def readers() -> dict[str, list[tuple[str, str]]]:
    """CloudEvents type → (service, consumer group) that hear it."""
    heard: dict[str, list[tuple[str, str]]] = {}
    for name, service in services().items():
        for route in service.routes:
            heard.setdefault(route.message.ce_type(), []).append((name, route.group))
    return heard


def is_streamed(message: type[Message]) -> bool:
    """Whether pages get it through the event streams of the gateway."""
    return issubclass(message, Live) or (issubclass(message, Event) and message.subject() in public_subjects())
