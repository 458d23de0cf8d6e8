"""Users, keys and roles of the label store."""

import pytest
from labelstore_things import SERVICE, LabelStore, new_key

from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.users.bootstrap import create_admin
from catalog.labelstore.users.domain import is_email, role_problem
from contracts.catalog import label_users as c
from contracts.catalog.label_shared import label_actor
from kit.app import Service
from kit.errors import Forbidden, NotFound, Unauthenticated
from kit.testing import MAPPER


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a@b", True),
        ("me@x.test", True),
        ("@b", False),
        ("a@", False),
        ("a", False),
        ("a@b@c", False),
        ("a b@c", False),
    ],
)
def test_an_email_has_something_around_one_at(text: str, good: bool):
    assert is_email(text) is good


@pytest.mark.parametrize(
    ("role", "good"),
    [
        (("image-admin", None, None), True), (("image-admin", "campaign", 1), False), (("labeler", None, None), False),
        (("labeler", "campaign", 1), True), (("reviewer", "campaign", 1), True), (("labeler", "campaign", None), False),
        (("labeler", "other", 1), False), (("boss", None, None), False),
    ],
)  # fmt: skip
def test_roles_that_give_nothing_are_refused(role: tuple, good: bool):
    assert (role_problem(*role) is None) is good


async def test_a_user_gets_a_key_and_loses_it(labels: LabelStore):
    key, other = new_key(), new_key()
    row = await labels.done(c.CreateLabelUser(email="Key@labels.example", key=key))
    known = await labels.ask(c.GetLabelKey(apikey=key.apikey), SERVICE)
    assert known == {"user_id": row["user_id"], "email": "Key@labels.example", "enabled": True, "hash": key.hash}
    assert key.hash not in str(row)
    assert row["roles"] == []
    await labels.done(c.IssueLabelKey(user_id=row["user_id"], key=other))
    with pytest.raises(NotFound):
        await labels.ask(c.GetLabelKey(apikey=key.apikey), SERVICE)
    assert (await labels.ask(c.GetLabelKey(apikey=other.apikey), SERVICE))["hash"] == other.hash
    with pytest.raises(Forbidden):
        await labels.ask(c.GetLabelKey(apikey=other.apikey))


async def test_an_imported_hash_is_rewritten_once(labels: LabelStore):
    key = c.NewKey(apikey="imported", hash="bcrypt:$2b$12$abc")
    row = await labels.done(c.CreateLabelUser(email="imported@labels.example", key=key))
    change = {"user_id": row["user_id"], "old": key.hash, "new": "sha256:1"}
    await labels.done(c.RewriteLabelSecret.model_validate(change), SERVICE)
    await labels.done(c.RewriteLabelSecret.model_validate({**change, "new": "sha256:2"}), SERVICE)
    assert (await labels.ask(c.GetLabelKey(apikey="imported"), SERVICE))["hash"] == "sha256:1"


async def test_emails_are_unique_but_for_case(labels: LabelStore):
    await labels.done(c.CreateLabelUser(email="twice@labels.example"))
    assert (await labels.refused(c.CreateLabelUser(email="Twice@LABELS.example")))[0] == "conflict"
    assert (await labels.refused(c.CreateLabelUser(email="nobody")))[0] == "invalid"
    found = await labels.ask(c.ListLabelUsers(email="TWICE@labels.example"))
    assert [found["total"], found["results"][0]["email"]] == [1, "twice@labels.example"]


async def test_a_disabled_user_is_refused_at_once(labels: LabelStore):
    person, _ = await labels.user(("image-admin", None)), await labels.user(("image-admin", None))
    me = await labels.ask(c.GetLabelUser(), person)
    assert [role["role"] for role in me["roles"]] == ["image-admin"]
    await labels.done(c.ChangeLabelUser(user_id=me["user_id"], enabled=False))
    with pytest.raises(Unauthenticated):
        await labels.ask(c.ListLabelUsers(), person)


async def test_only_image_admins_manage_users(labels: LabelStore):
    person = await labels.user()
    for actor in (person, MAPPER):
        with pytest.raises(Forbidden):
            await labels.ask(c.ListLabelUsers(), actor)
        assert (await labels.refused(c.CreateLabelUser(email="x@y"), actor))[:2] == ("forbidden", "not_authorized")
    assert (await labels.ask(c.GetLabelUser(), person))["email"] == person.username


async def test_roles_are_granted_once_and_revoked(labels: LabelStore):
    campaign, _ = await labels.campaign([])
    person = await labels.user()
    number = (await labels.ask(c.GetLabelUser(), person))["user_id"]
    grant = c.RoleGrant(role="reviewer", subject_type="campaign", subject_id=campaign)
    role = await labels.done(c.GrantLabelRole(user_id=number, grant=grant))
    assert (await labels.refused(c.GrantLabelRole(user_id=number, grant=grant)))[0] == "conflict"
    unknown = grant.model_copy(update={"subject_id": 10**9})
    assert (await labels.refused(c.GrantLabelRole(user_id=number, grant=unknown)))[1] == "invalid_value"
    await labels.done(c.RevokeLabelRole(user_id=number, role_id=role["role_id"]))
    assert (await labels.ask(c.GetLabelUser(), person))["roles"] == []


async def test_the_last_image_admin_stays(labels: LabelStore, running: Service):
    async with running.db.raw() as connection:
        await connection.execute("update labelstore.users set enabled = false")
    last, other = await labels.user(("image-admin", None)), await labels.user()
    me = await labels.ask(c.GetLabelUser(), last)
    assert (await labels.refused(c.ChangeLabelUser(user_id=me["user_id"], enabled=False)))[0] == "conflict"
    gone = c.RevokeLabelRole(user_id=me["user_id"], role_id=me["roles"][0]["role_id"])
    assert (await labels.refused(gone))[0] == "conflict"
    second = (await labels.ask(c.GetLabelUser(), other))["user_id"]
    await labels.done(c.GrantLabelRole(user_id=second, grant=c.RoleGrant(role="image-admin")))
    await labels.done(gone)


async def test_the_first_admin_is_made_once(labels: LabelStore, running: Service, monkeypatch):
    for name, value in {"EMAIL": "boot@labels.example", "KEY": "boot", "SECRET": "strap"}.items():
        monkeypatch.setenv(f"LABEL_BOOTSTRAP_ADMIN_{name}", value)
    settings = LabelStoreSettings()  # pyright: ignore[reportCallIssue]
    assert [await create_admin(settings, running), await create_admin(settings, running)] == [True, False]
    found = (await labels.ask(c.ListLabelUsers(email="boot@labels.example")))["results"][0]
    assert (found["apikey"], found["roles"][0]["role"]) == ("boot", "image-admin")
    await labels.ask(c.ListLabelUsers(), label_actor(found["user_id"], "boot@labels.example"))
