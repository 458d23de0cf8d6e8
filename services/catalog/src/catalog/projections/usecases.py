from collections.abc import Sequence

from catalog.shared.tables import KnownUser
from contracts.gateway import UserChanged
from kit.messaging.envelope import Received
from kit.messaging.tx import Tx


def project_users(events: Sequence[Received[UserChanged]], tx: Tx) -> None:
    rows = [{"id": one.message.user_id, "username": one.message.username, "as_of": one.sent_at} for one in events]
    tx.upsert_many(KnownUser, key=["id"], rows=rows, newer="as_of")
