"""Signature, pauses and patience, by themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr, ValidationError

from kit.errors import Unprocessable
from notify.webhooks.domain import (
    PAUSES,
    QUIET,
    hopeless,
    next_attempt,
    quiet_until,
    secret_of,
    signature,
)
from notify.webhooks.seal import Seal, SealSettings, Unsealable

NOW = datetime(2026, 11, 21, tzinfo=UTC)
EVER = timedelta(days=5)


def test_signature_is_that_of_standard_webhooks():
    """The example of the specification's own libraries."""
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = signature(secret, message, 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secret_carries_all_bytes():
    assert secret_of(bytes(32)) == "whsec_" + "A" * 43 + "="


def test_pauses_grow_and_end_after_three_days():
    waits = [next_attempt(attempts, False, NOW) - NOW for attempts in range(1, len(PAUSES) + 1)]
    assert waits == sorted(waits)
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=4)
    assert next_attempt(len(PAUSES) + 1, False, NOW) is None


def test_ping_is_tried_once():
    assert next_attempt(1, True, NOW) is None


def test_trouble_makes_quieter_up_to_a_limit():
    waits = [quiet_until(failures, NOW) - NOW for failures in (1, 2, 3, 4, 50)]
    assert waits == [*QUIET, QUIET[-1]]


@pytest.mark.parametrize(
    ("code", "since", "off"),
    [(500, EVER - timedelta(seconds=1), False), (500, EVER, True), (None, EVER, True), (410, timedelta(), True)],
)
def test_who_takes_nothing_for_days_or_is_gone_is_switched_off(code, since, off):
    assert bool(hopeless(code, NOW - since, NOW)) is off


def seal(key: str | None) -> Seal:
    return Seal(SealSettings.model_construct(webhook_key=SecretStr(key) if key else None))


def test_sealed_secret_opens_with_its_key_only():
    sealed = seal("a" * 32).close("whsec_x")
    assert "whsec" not in sealed
    assert seal("a" * 32).open(sealed) == "whsec_x"
    for other in (seal("b" * 32), seal(None)):
        with pytest.raises(Unsealable):
            other.open(sealed)


def test_without_a_key_there_are_none():
    with pytest.raises(Unprocessable, match="WEBHOOK_SECRET_KEY"):
        seal(None).close("whsec_x")


def test_weak_key_is_refused(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET_KEY", "short")
    with pytest.raises(ValidationError):
        SealSettings()
