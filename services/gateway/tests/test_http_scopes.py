"""Credentials with limited scopes reach only the routes that name one of them."""

import pytest

from contracts.shared import ANONYMOUS, Actor
from gateway.http.policy import Policy, Rule
from kit.errors import Forbidden, Unauthenticated
from kit.messaging.envelope import actor_json, actor_of

LIMITED = Actor(id=7, username="mapper", scopes=frozenset({"packages:read"}))
LOGGED_IN = Actor(id=7, username="mapper")


def test_scopes_travel_with_the_actor_and_other_actors_look_as_before():
    assert actor_of(actor_json(LIMITED)) == LIMITED
    assert actor_json(LOGGED_IN) == '{"id":7,"username":"mapper","roles":[]}'
    assert actor_of('{"id":7,"username":"mapper","roles":[]}').scopes is None


@pytest.mark.parametrize("policy", [Policy.AUTH, Policy.OWNER, Policy.ANON, Policy.PUBLIC_READ])
def test_limited_credentials_need_the_scope_of_the_route(policy: Policy):
    Rule(policy, credential_scope="packages:read").authorize(LIMITED, "GET")
    for scope in (None, "packages:write"):
        with pytest.raises(Forbidden):
            Rule(policy, credential_scope=scope).authorize(LIMITED, "GET")


@pytest.mark.parametrize("scope", [None, "packages:read"])
def test_a_login_has_no_limit_and_a_scope_replaces_no_login(scope: str | None):
    Rule(Policy.AUTH, credential_scope=scope).authorize(LOGGED_IN, "GET")
    Rule(Policy.ANON, credential_scope=scope).authorize(ANONYMOUS, "GET")
    with pytest.raises(Unauthenticated):
        Rule(Policy.AUTH, credential_scope=scope).authorize(ANONYMOUS, "GET")


def test_scopes_give_no_role():
    with pytest.raises(Forbidden, match="administrators"):
        Rule(Policy.ADMIN, credential_scope="packages:read").authorize(LIMITED, "GET")
