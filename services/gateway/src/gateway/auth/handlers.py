from contracts.gateway import AccountDeletionRequested, ChangeProfile, Profile
from gateway.auth.profile import profile_of
from gateway.auth.tables import UserRow
from gateway.auth.users import told
from kit.errors import Invalid, NotFound
from kit.messaging.router import Router
from kit.messaging.tx import Tx

router = Router("gateway")


@router.on(ChangeProfile)
async def change_profile(command: ChangeProfile, tx: Tx) -> Profile:
    user = await tx.session.get(UserRow, tx.actor.id, with_for_update=True)
    if user is None:
        raise NotFound("user_not_found")
    if command.account_deletion_requested and not user.account_deletion_requested:
        tx.emit(AccountDeletionRequested(user_id=user.id, username=user.username))
    _apply(command, user)
    tx.emit(told(user))
    return profile_of({column.name: getattr(user, column.name) for column in UserRow.__table__.columns})


def _apply(command: ChangeProfile, user: UserRow) -> None:
    """Another address is not verified until its owner says so."""
    changes = command.model_dump(exclude_none=True)
    email = changes.get("email", user.email)
    if email and ("@" not in email or any(c in email for c in "\r\n ")):
        raise Invalid("bad_email", "Invalid request data", email=["Enter a valid email address."])
    if email != user.email:
        user.email_verified = False
    for name, value in changes.items():
        setattr(user, name, value)
