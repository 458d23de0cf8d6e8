"""Who may use the routes of the label store: key pairs in two headers, and logins of the platform."""

import asyncio
import json
from uuid import uuid4

import bcrypt
import pytest
from conftest import Owners
from label_doors import (
    ADMIN,
    API,
    CAMPAIGN,
    SECRET,
    USER,
    answer_keys,
    door_bus,
    door_owners,
    http,
    labels,
    owners,
    pair,
)

from contracts.catalog import label_users as u
from contracts.catalog.label_campaigns import CreateCampaign, GetCampaign
from contracts.verdict import Accepted
from gateway.identity.providers.label_keys import HEADER_NAMES, LabelKeys
from gateway.identity.providers.secret_hashes import hash_of
from gateway.testing import person
from kit.errors import Unauthenticated
from kit.messaging.bus import Bus
from kit.testing import eventually

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
NONE, HALF, EMPTY = {}, {"authentication-key": "party"}, pair("party", "")


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        (NONE, {}), (HALF, {}), (EMPTY, {}), (pair("party", "x" * 600), {}), (pair("nobody"), {}),
        (pair("party", "6" * 32), {}), (pair("party"), {"enabled": False}), (pair("party"), {"hash": None}),
        (pair("party"), {"hash": ""}), (pair("party"), {"hash": "md5:1"}), (pair("party"), {"hash": "bcrypt:no"}),
    ],
)  # fmt: skip
async def test_missing_or_wrong_credentials_come_before_everything_else(http, owners: Owners, headers, known):
    name = f"party-{uuid4().hex}"
    answer_keys(owners, **{name: known})
    sent = {key: name if value == "party" else value for key, value in headers.items()}
    response = await http.put(f"{API}/campaigns/x/objects?no=1", headers=sent, content=b"{")
    body = response.json()
    assert (response.status_code, body["code"], body["error"]) == (401, "unauthenticated", body["detail"])
    assert HEADER_NAMES in body["detail"]
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_pair_acts_for_its_user_and_for_nothing_else_of_the_platform(http, labels: Owners):
    labels.answer(GetCampaign, CAMPAIGN)
    assert (await http.get(f"{API}/campaigns/5", headers=pair("party"))).json() == CAMPAIGN
    actor = json.loads(labels.heard[-1][2]["ce-actor"])
    assert (actor["username"], actor["roles"], actor["scopes"]) == ("p@l.example", ["label-user"], ["label-store"])
    assert actor["id"] < -(2**40)
    assert (await http.get(f"{API}/auth/me/", headers=pair("party"))).status_code == 401
    assert (await http.get(f"{API}/webhooks/", headers=pair("party"))).status_code == 401


async def test_a_login_of_the_platform_passes_to_the_owner(http, labels: Owners):
    labels.answer(GetCampaign, CAMPAIGN)
    assert (await http.get(f"{API}/campaigns/5", headers=ADMIN)).status_code == 200
    assert json.loads(labels.heard[-1][2]["ce-actor"])["roles"] == ["admin"]
    wrong = await http.get(f"{API}/campaigns/5", headers=person(7, "mapper") | {"authorization": "Bearer no"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthenticated")


async def test_a_hash_is_asked_for_once_until_the_user_changes(http, owners: Owners, door_bus: Bus):
    key = uuid4().hex
    answer_keys(owners, **{key: {}})
    owners.answer(GetCampaign, CAMPAIGN)

    def asked() -> int:
        return [kind for kind, _, _ in owners.heard].count(u.GetLabelKey.ce_type())

    for _ in range(3):
        assert (await http.get(f"{API}/campaigns/5", headers=pair(key))).status_code == 200
    assert asked() == 1
    owners.judge(u.IssueLabelKey, Accepted(result=USER, http=201))
    answer_keys(owners, **{key: {"hash": hash_of("7" * 32)}})
    assert (await http.post(f"{API}/label_users/4/credentials", headers=ADMIN)).status_code == 201
    assert (await http.get(f"{API}/campaigns/5", headers=pair(key))).status_code == 401
    assert (await http.get(f"{API}/campaigns/5", headers=pair(key, "7" * 32))).status_code == 200
    assert asked() == 2


async def test_an_unknown_key_is_asked_for_once_until_any_user_changes(owners: Owners, door_bus: Bus):
    keys = LabelKeys(lambda: door_bus, lambda: pytest.fail("no platform"), 60.0)
    answer_keys(owners)
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            await keys.authenticate(pair("late"), False, "192.0.2.1")
    assert len(owners.heard) == 1
    answer_keys(owners, late={"user_id": 12})
    keys.forget(12)
    assert (await keys.authenticate(pair("late"), False, "192.0.2.1")).actor.username == "p@l.example"


async def test_requests_at_once_ask_once(owners: Owners, door_bus: Bus):
    keys = LabelKeys(lambda: door_bus, lambda: pytest.fail("no platform"), 60.0)
    answer_keys(owners, many={})
    await asyncio.gather(*(keys.authenticate(pair("many"), False, "192.0.2.1") for _ in range(20)))
    assert len(owners.heard) == 1


async def test_an_imported_hash_is_compared_once_and_rewritten(owners: Owners, door_bus: Bus, monkeypatch):
    compared, check = [], bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *both: compared.append(both) or check(*both))
    keys = LabelKeys(lambda: door_bus, lambda: pytest.fail("no platform"), 60.0)
    stored = "bcrypt:" + bcrypt.hashpw(SECRET.encode(), bcrypt.gensalt(4)).decode()
    answer_keys(owners, old={"hash": stored})
    owners.judge(u.RewriteLabelSecret, Accepted())
    for _ in range(3):
        await keys.authenticate(pair("old"), False, "192.0.2.1")
    with pytest.raises(Unauthenticated):
        await keys.authenticate(pair("old", "9" * 32), False, "192.0.2.1")
    with pytest.raises(Unauthenticated):
        await keys.authenticate(pair("old", "9" * 80), False, "192.0.2.1")
    assert len(compared) == 2
    await eventually(lambda: _rewritten(owners))
    assert owners.last(u.RewriteLabelSecret) == {"user_id": 4, "old": stored, "new": hash_of(SECRET)}


async def _rewritten(owners: Owners) -> bool:
    return u.RewriteLabelSecret.ce_type() in [kind for kind, _, _ in owners.heard]


async def test_secrets_never_cross_the_bus_and_are_shown_once(http, labels: Owners):
    labels.judge(CreateCampaign, Accepted(result={**CAMPAIGN, "labeler": {"apikey": "old", "issued": False}}))
    body = {"title": "plastic", "labeler_email": "p@l.example"}
    kept = (await http.post(f"{API}/campaigns", headers=ADMIN, json=body)).json()
    assert kept["access_token"] == {"apikey": "old", "apisecret": None}
    labels.judge(u.CreateLabelUser, Accepted(result=USER, http=201))
    made = await http.post(f"{API}/label_users", headers=ADMIN, json={"email": "p@l.example"})
    token, sent = made.json()["access_token"], labels.last(u.CreateLabelUser)
    assert sent["key"] == {"apikey": token["apikey"], "hash": hash_of(token["apisecret"])}
    assert all(len(half) == 32 and not half.strip("0123456789abcdef") for half in token.values())
    assert not [one for one in labels.heard if token["apisecret"] in json.dumps(one)]
    bare = await http.post(f"{API}/label_users", headers=ADMIN, json={"email": "p@l.example", "issue_key": False})
    assert ("access_token" in bare.json(), labels.last(u.CreateLabelUser)["key"]) == (False, None)


async def test_a_repeated_creation_gets_the_same_pair(http, labels: Owners):
    done, tokens = Accepted(result=USER, http=201), []
    labels.judge(u.CreateLabelUser, done)
    labels.queries["qry.catalog.v1.get_command"] = {"verdict": done.model_dump(mode="json")}
    for key in ("a", "a", "b"):
        headers = {**ADMIN, "idempotency-key": key}
        made = await http.post(f"{API}/label_users", headers=headers, json={"email": "p@l.example"})
        tokens.append(made.json()["access_token"])
    assert tokens[0] == tokens[1] != tokens[2]
    assert [kind for kind, _, _ in labels.heard].count(u.CreateLabelUser.ce_type()) == 2
