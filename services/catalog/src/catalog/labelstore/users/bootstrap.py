"""Makes the first image-admin at start, where the deployment names one."""

import logging
from hashlib import sha256

from sqlalchemy.exc import IntegrityError

from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.users.domain import IMAGE_ADMIN
from catalog.labelstore.users.queries import by_email
from catalog.labelstore.users.tables import LabelRoleRow, LabelUserRow
from kit.app import Service
from kit.outages import until_database_answers

log = logging.getLogger("catalog.labelstore")


def bootstrap_admin(settings: LabelStoreSettings):
    """Returns a loop of the service that runs once."""

    async def run(service: Service) -> None:
        if settings.bootstrap_email and settings.bootstrap_key and settings.bootstrap_secret:
            await until_database_answers(lambda: create_admin(settings, service))
        await service.stopping.wait()

    return run


async def create_admin(settings: LabelStoreSettings, service: Service) -> bool:
    """Returns whether it made the user: not when there is one with that e-mail."""
    email, key, secret = settings.bootstrap_email, settings.bootstrap_key, settings.bootstrap_secret
    if not (email and key and secret):
        return False
    hashed = f"sha256:{sha256(secret.get_secret_value().encode()).hexdigest()}"
    try:
        async with service.tx() as tx:
            if await tx.session.scalar(by_email(email)):
                return False
            user = LabelUserRow(email=email, api_key=key.get_secret_value(), secret_hash=hashed)
            tx.session.add(user)
            await tx.session.flush()
            tx.session.add(LabelRoleRow(user_id=user.id, role=IMAGE_ADMIN))
    except IntegrityError:  # another replica was first
        return False
    log.info("label_admin.created", extra={"fields": {"user_id": user.id}})
    return True
