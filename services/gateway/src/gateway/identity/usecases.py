"""Changes of accounts by their owners."""

from contracts.gateway import AccountDeletionRequested, ChangeProfile, Profile
from contracts.gateway.accounts import (
    ConfirmEmail,
    EmailVerificationRequested,
    GetVerificationLetter,
    RequestEmailVerification,
    VerificationLetter,
)
from gateway.identity.profile import profile_of
from gateway.identity.tables import UserRow
from gateway.identity.users import row_values, user_changed
from gateway.identity.verification import token_of, uid_of
from gateway.settings import Settings
from kit.errors import Conflict, Invalid, NotFound
from kit.mail_address import is_mail_address
from kit.messaging.tx import ReadTx, Tx


async def change_profile(command: ChangeProfile, tx: Tx) -> Profile:
    user = await _sender(tx)
    if command.account_deletion_requested and not user.account_deletion_requested:
        tx.emit(AccountDeletionRequested(user_id=user.id, username=user.username))
    _apply(command, user)
    tx.emit(user_changed(user))
    return profile_of(row_values(user))


async def request_verification(command: RequestEmailVerification, tx: Tx) -> None:
    user = await _sender(tx)
    _unproven(user)
    tx.emit(EmailVerificationRequested(user_id=user.id))


async def confirm_email(command: ConfirmEmail, tx: Tx) -> None:
    user = await _sender(tx)
    if user.email != command.email:
        raise Conflict("another_email", "The account has a different address now.")
    user.email_verified = True
    tx.emit(user_changed(user))


async def verification_letter(query: GetVerificationLetter, read: ReadTx, settings: Settings) -> VerificationLetter:
    user = await read.session.get(UserRow, query.user_id)
    if user is None:
        raise NotFound("user_not_found")
    _unproven(user)
    token = token_of(row_values(user), settings.signing_key.get_secret_value())
    url = f"{settings.frontend_url}/verify-email/?uid={uid_of(user.id)}&token={token}"
    return VerificationLetter(email=user.email, username=user.username, url=url)


async def _sender(tx: Tx) -> UserRow:
    user = await tx.session.get(UserRow, tx.actor.id, with_for_update=True)
    if user is None:
        raise NotFound("user_not_found")
    return user


def _unproven(user: UserRow) -> None:
    if user.email_verified:
        raise Conflict("email_verified", "Email already verified")
    if not user.email:
        raise Conflict("no_email", "Email address not found")


def _apply(command: ChangeProfile, user: UserRow) -> None:
    """A changed address is not verified until its owner verifies it."""
    changes = command.model_dump(exclude_none=True)
    email = changes.get("email", user.email)
    if email != user.email and email and not is_mail_address(email):
        raise Invalid("bad_email", "Invalid request data", email=["Enter a valid email address."])
    if email != user.email:
        user.email_verified = False
    for name, value in changes.items():
        setattr(user, name, value)
