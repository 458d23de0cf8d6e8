"""Signature, pauses, patience and proof, by themselves."""

import errno
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from kit.errors import Unprocessable
from kit.http.outbound import OutboundError
from notify.webhooks.domain import (
    BACKOFF_PAUSES,
    DISABLE_AFTER,
    MAX_ANSWER_BYTES,
    NOTIFICATION,
    PAUSES,
    PING,
    VERIFICATION,
    Outcome,
    answers_challenge,
    backoff_until,
    disable_reason,
    headers,
    is_not_counted,
    next_attempt,
    secret_of,
    signature,
)
from notify.webhooks.jobs.http_client import is_own_network
from notify.webhooks.secret_box import DecryptionFailed, SecretBox, SecretBoxSettings

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
    waits = [next_attempt(attempts, NOTIFICATION, NOW) - NOW for attempts in range(1, len(PAUSES) + 1)]
    assert waits == sorted(waits)
    assert timedelta(days=3) < sum(waits, timedelta()) < timedelta(days=4)
    assert next_attempt(len(PAUSES) + 1, NOTIFICATION, NOW) is None


def test_ping_is_tried_once():
    assert next_attempt(1, PING, NOW) is None


def test_verification_is_tried_for_six_minutes():
    waits = [next_attempt(attempts, VERIFICATION, NOW) - NOW for attempts in (1, 2, 3)]
    assert waits == [timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5)]
    assert next_attempt(4, VERIFICATION, NOW) is None


@pytest.mark.parametrize("said", ["abc", " abc\r\n", '"abc"', '{"challenge": "abc"}', '\ufeff{"challenge": "abc"}'])
def test_challenge_alone_or_as_a_member_proves(said):
    assert answers_challenge(said.encode(), "abc")


@pytest.mark.parametrize(
    "said",
    [
        b"", b"abd", b"abc abc", b"null", b"7", b"[]", b'["abc"]', b"{}", b'{"challenge": null}', b'{"challenge": 7}',
        b'{"challenge": "ab"}', b'{"challenge": {"challenge": "abc"}}', b'{"challenge": "\\ud800"}', b"\xff\xfe\x00",
        b'{"type": "webhook.verification", "data": {"webhook": 4, "challenge": "abc"}}', b"[" * MAX_ANSWER_BYTES,
        b"9" * MAX_ANSWER_BYTES,
    ],
)  # fmt: skip
def test_everything_else_does_not(said):
    assert not answers_challenge(said, "abc")


def test_trouble_makes_quieter_up_to_a_limit():
    waits = [backoff_until(failures, NOW) - NOW for failures in (1, 2, 3, 4, 50)]
    assert waits == [*BACKOFF_PAUSES, BACKOFF_PAUSES[-1]]


@pytest.mark.parametrize(
    ("code", "since", "off"),
    [(500, EVER - timedelta(seconds=1), False), (500, EVER, True), (None, EVER, True), (410, timedelta(), True)],
)
def test_who_takes_nothing_for_days_or_is_gone_is_switched_off(code, since, off):
    assert bool(disable_reason(code, NOW - since, NOW)) is off


def test_receiver_of_the_guide_answers_the_challenge_and_refuses_forged_calls():
    guide = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    receiver: dict = {}
    exec(re.findall(r"```python\n(.*?)```", guide, re.DOTALL)[0], receiver)
    secret, now = secret_of(bytes(32)), datetime.now(UTC)
    body = json.dumps({"type": VERIFICATION, "data": {"webhook": 4, "challenge": "abc"}}).encode()
    signed, late = headers(secret, "m1", now, body), headers(secret, "m1", now - timedelta(minutes=6), body)
    status, said = receiver["answer"](signed, body, secret)
    assert (status, answers_challenge(said.encode(), "abc")) == (200, True)
    other = json.dumps({"type": NOTIFICATION, "data": {}}).encode()
    assert receiver["answer"](headers(secret, "m2", now, other), other, secret) == (200, "")
    for forged in ((late, body), (signed, body + b" "), (signed | {"webhook-id": "m2"}, body)):
        assert receiver["answer"](*forged, secret)[0] == 401


def secret_box(key: str | None) -> SecretBox:
    return SecretBox(SecretBoxSettings.model_construct(webhook_key=SecretStr(key) if key else None))


def test_sealed_secret_opens_with_its_key_only():
    sealed = secret_box("a" * 32).encrypt("whsec_x")
    assert "whsec" not in sealed
    assert secret_box("a" * 32).decrypt(sealed) == "whsec_x"
    for other in (secret_box("b" * 32), secret_box(None)):
        with pytest.raises(DecryptionFailed):
            other.decrypt(sealed)


def test_without_a_key_there_are_none():
    with pytest.raises(Unprocessable, match="WEBHOOK_SECRET_KEY"):
        secret_box(None).encrypt("whsec_x")


def test_weak_key_is_refused(monkeypatch):
    monkeypatch.setenv("WEBHOOK_SECRET_KEY", "short")
    with pytest.raises(ValidationError):
        SecretBoxSettings()


def _error(*chain: BaseException) -> BaseException:
    """The first of them, each caused by the next."""
    for error, cause in pairwise(chain):
        error.__cause__ = cause
    return chain[0]


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (_error(OutboundError("host_unknown"), socket.gaierror(socket.EAI_AGAIN, "later")), True),
        (_error(OutboundError("host_unknown"), socket.gaierror(socket.EAI_NONAME, "no such name")), False),
        (_error(OutboundError("unreachable"), RuntimeError(), OSError(errno.ENETUNREACH, "no way")), True),
        (_error(OutboundError("unreachable"), ConnectionRefusedError(errno.ECONNREFUSED, "refused")), False),
        (OutboundError("http_status", 503), False),
    ],
)  # fmt: skip
def test_our_own_network_is_told_from_theirs(error: BaseException, ours: bool):
    assert is_own_network(error) is ours


def test_our_own_network_costs_no_attempt_while_the_delivery_is_of_use():
    cut_off = Outcome(error="unreachable", ours=True)
    assert is_not_counted(cut_off, NOW - DISABLE_AFTER / 2, NOW)
    assert not is_not_counted(cut_off, NOW - DISABLE_AFTER, NOW)
    assert not is_not_counted(Outcome(error="unreachable"), NOW, NOW)
