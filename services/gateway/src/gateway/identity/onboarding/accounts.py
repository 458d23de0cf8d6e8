"""Creates or links the account of an identity of the provider."""

import hashlib
from collections.abc import Collection
from itertools import chain, count

from sqlalchemy import Text, cast, func, select

from contracts.gateway.accounts import Onboard
from gateway.identity.tables import MappingRow, UserRow
from gateway.identity.users import user_changed
from kit.errors import Conflict, NotFound
from kit.messaging.tx import Tx

SYNTHETIC = 10**9
_NAMES = 0x66616972
"""Key of the advisory lock that lets one new account at a time choose its name."""


async def onboard(command: Onboard, tx: Tx) -> UserRow:
    """Raises NotFound for an OSM user without an account; Conflict when the identity is linked to another account, or
    another identity to this one."""
    user_id = synthetic_id(command.hanko_user_id) if command.osm_id is None else command.osm_id
    user = await tx.session.get(UserRow, user_id, with_for_update=True)
    if command.osm_id is not None:
        if user is None:
            raise NotFound("osm_user_unknown", "No user with this OSM account.")
        user.email, user.email_verified = command.email, command.email_verified
    await _link(command, user_id, tx)
    if user is None:
        user = await _new(command, user_id, tx)
    tx.emit(user_changed(user))
    return user


def synthetic_id(hanko_user_id: str) -> int:
    """Returns a negative id, greater than -10^9, that is the same for the same identity."""
    digest = hashlib.blake2b(hanko_user_id.encode(), digest_size=8).digest()
    return -(int.from_bytes(digest, "big") % SYNTHETIC or 1)


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Returns the first of `wanted`, `wanted_1`, `wanted_2`, … that is not taken."""
    return next(name for name in chain([wanted], (f"{wanted}_{n}" for n in count(1))) if name not in taken)


async def _link(command: Onboard, user_id: int, tx: Tx) -> None:
    """Replaces a link to an account that does not exist; a link to another account must be removed first."""
    row = await tx.session.get(MappingRow, command.hanko_user_id, with_for_update=True)
    await _not_taken(command.hanko_user_id, user_id, tx)
    if row is None:
        tx.session.add(MappingRow(hanko_user_id=command.hanko_user_id, app_user_id=str(user_id)))
        return
    if row.app_user_id != str(user_id) and await _exists(row.app_user_id, tx):
        raise Conflict("already_linked", "This login is linked to another account; remove that link first.")
    row.app_user_id, row.updated_at = str(user_id), func.now()


async def _not_taken(hanko_user_id: str, user_id: int, tx: Tx) -> None:
    """Raises Conflict when two identities have the same synthetic id or OSM connection: they are different people."""
    others = MappingRow.app_user_id == str(user_id), MappingRow.hanko_user_id != hanko_user_id
    if await tx.session.scalar(select(MappingRow.hanko_user_id).where(*others).limit(1)):
        raise Conflict("account_taken", "Another login is linked to this account.")


async def _exists(user_id: str, tx: Tx) -> bool:
    return bool(await tx.session.scalar(select(UserRow.id).where(cast(UserRow.id, Text) == user_id)))


async def _new(command: Onboard, user_id: int, tx: Tx) -> UserRow:
    wanted = command.email.partition("@")[0] or "user"
    await tx.session.execute(select(func.pg_advisory_xact_lock(_NAMES)))
    similar = select(UserRow.username).where(UserRow.username.startswith(wanted, autoescape=True))
    name = free_name(wanted, set(await tx.session.scalars(similar)))
    user = UserRow(id=user_id, username=name, email=command.email, email_verified=command.email_verified)
    tx.session.add(user)
    await tx.session.flush()
    await tx.session.refresh(user)
    return user
