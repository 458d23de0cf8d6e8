"""`contracts.nats_permissions` in the configuration syntax of nats-server."""

from collections.abc import Iterable, Mapping

from contracts.nats_permissions import USERS, permissions

USER = """    {{
      user: {user}
      password: {password}
      permissions: {{
        publish: {{
          allow: [{publish}]
          deny: [{never}]
        }}
        subscribe: [{subscribe}]
      }}
    }}
"""
ALMIGHTY = "    {{ user: {user}, password: {password} }}\n"


def authorization(passwords: Mapping[str, str]) -> str:
    """Returns the block `authorization` with all users of `passwords`. Passwords are written as given: quoted, or as
    `$VARIABLE`. A user that is not in `USERS` may do everything."""
    users = "".join(_user(user, password) for user, password in passwords.items())
    return f"authorization {{\n  users: [\n{users}  ]\n}}\n"


def _user(user: str, password: str) -> str:
    if user not in USERS:
        return ALMIGHTY.format(user=user, password=password)
    lists = {name: _lines(subjects) for name, subjects in vars(permissions(user)).items()}
    return USER.format(user=user, password=password, **lists)


def _lines(subjects: Iterable[str]) -> str:
    return "".join(f'\n            "{subject}"' for subject in subjects)
