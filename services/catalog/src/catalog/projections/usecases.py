from catalog.shared.tables import KnownUser
from contracts.gateway import UserChanged
from kit.messaging.tx import Tx


def project_user(event: UserChanged, tx: Tx) -> None:
    assert tx.cause
    as_of = tx.cause.sent_at
    tx.upsert(KnownUser, key=["id"], newer="as_of", id=event.user_id, username=event.username, as_of=as_of)
