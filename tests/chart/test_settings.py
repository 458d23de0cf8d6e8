"""What the charts put into the environment is what the services read, and secrets are never among it."""

from collections.abc import Callable
from importlib import import_module

import pytest
from helm_python import HelmError
from pydantic import AliasChoices

from tests.chart.rendering import INSTALLATION, ROOMS, Release, Values, complete, environment, profile, values_of

BESIDE = {"FAIR_CACHE_DIR", "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"}
"""Read by libraries, not by settings."""


def names(room: str, secret: bool = False) -> set[str]:
    """Environment names that the service reads; only those of secrets when asked so."""
    fields = import_module(f"{room}.settings").Settings.model_fields.values()
    chosen = [f for f in fields if not secret or "SecretStr" in str(f.annotation)]
    return {str(n) for f in chosen if isinstance(f.validation_alias, AliasChoices) for n in f.validation_alias.choices}


def layers() -> list[Values]:
    return [profile("dev"), profile("production"), profile("large"), INSTALLATION]


@pytest.mark.parametrize("room", ROOMS)
def test_the_service_reads_what_it_is_given(room: str) -> None:
    own = values_of(room)
    given = set(own.get("config", {})) | set(own["secrets"]["keys"]) | set(own["secrets"]["optional"])
    for layer in layers():
        given |= set(layer.get(room, {}).get("config", {})) | set(
            layer.get(room, {}).get("secrets", {}).get("keys", [])
        )
    assert given <= names(room) | BESIDE


def test_somebody_reads_each_shared_setting(release: Release) -> None:
    shared = set(release.one("ConfigMap", "fairway-shared")["data"])
    shared |= {name for layer in layers() for name in layer.get("global", {}).get("config", {})}
    assert shared <= set().union(*(names(room) for room in ROOMS)) | BESIDE


@pytest.mark.parametrize("room", ROOMS)
def test_the_chart_knows_every_secret(alone: Callable[..., Release], room: str) -> None:
    secrets = names(room, secret=True)
    assert "DATABASE_URL" in secrets
    for name in secrets:
        with pytest.raises(HelmError, match="schema"):
            alone(values_of(room), complete(), {"config": {name: "in the open"}})


@pytest.mark.parametrize("room", ROOMS)
def test_every_secret_of_the_service_can_be_given(room: str) -> None:
    """By one of its names; what is not listed can be listed by the installation."""
    given = {*values_of(room)["secrets"]["keys"], *values_of(room)["secrets"]["optional"]}
    missing = names(room, secret=True) - given
    assert missing <= {"DATABASE__URL", "NATS__URL", "FAIR_STAC_DSN", "FAIR_DEV_TOKEN", "SENTRY_DSN"}


def test_no_secret_material_is_rendered(release: Release) -> None:
    assert not release.all("Secret")
    secret = set().union(*(names(room, secret=True) for room in ROOMS))
    for pod in release.pods.values():
        for name, value in environment(pod).items():
            assert (name in secret) <= isinstance(value, dict), name
    for settings in release.all("ConfigMap").values():
        assert not secret & set(settings["data"] or {})


@pytest.mark.parametrize("room", ROOMS)
def test_production_keeps_three_copies_of_what_was_accepted(release: Release, room: str) -> None:
    """The hooks make the streams, before anything else of the release is there."""
    assert environment(release.pods[f"fairway-{room}-migrate"])["NATS_STREAM_REPLICAS"] == "3"


def test_what_may_be_missing_is_marked(release: Release) -> None:
    wanted = environment(release.pods["fairway-catalog"])
    assert wanted["FAIR_STAC_API_KEY"]["secretKeyRef"]["optional"] is True
    assert "optional" not in wanted["DATABASE_URL"]["secretKeyRef"]


def test_the_notes_name_every_secret(release: Release) -> None:
    for room in ROOMS:
        assert f"secret fairway-{room}: {', '.join(values_of(room)['secrets']['keys'])}" in release.notes
    assert "secret fairway-provision: NATS_URL" in release.notes
    assert "Not set: BUCKET_NAME" in release.notes
