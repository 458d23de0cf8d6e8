"""Who asks."""

from enum import StrEnum


class Who(StrEnum):
    ANONYMOUS = "anonymous"
    STRANGER = "stranger"
    OWNER = "owner"
    ADMIN = "admin"


PERSONS = {Who.STRANGER: "8:stranger", Who.OWNER: "7:owner", Who.ADMIN: "1:dev-user"}
OWNER_ID = 7


def headers(who: Who, token: str) -> dict[str, str]:
    if who is Who.ANONYMOUS:
        return {}
    return {"Authorization": f"Bearer {token}", "X-Dev-User": PERSONS[who]}
