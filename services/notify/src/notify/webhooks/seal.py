"""Secrets are needed again to sign with, so they are kept sealed instead of hashed."""

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from kit.errors import Unprocessable
from kit.settings import ServiceSettings, names

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class SealSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    webhook_key: SecretStr | None = Field(None, min_length=32, validation_alias=names("WEBHOOK_SECRET_KEY"))
    """Seals the secrets of webhooks in the database, at least 32 characters; without it nobody can make any. After a
    change every owner has to rotate theirs."""


class Unsealable(Exception):
    """The secret was sealed with another key."""


class Seal:
    def __init__(self, settings: SealSettings) -> None:
        self.key = settings.webhook_key.get_secret_value() if settings.webhook_key else ""

    def close(self, secret: str) -> str:
        """Unprocessable where this deployment has no key."""
        if not self.key:
            raise Unprocessable("webhooks_off", "This deployment has no webhooks: WEBHOOK_SECRET_KEY is not set.")
        return self._box().encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        from cryptography.fernet import InvalidToken

        if not self.key:
            raise Unsealable
        try:
            return self._box().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unsealable from error

    def _box(self) -> "Fernet":
        """Imported here: most processes never see a webhook."""
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(sha256(f"webhooks {self.key}".encode()).digest()))
