"""Encrypts secrets of webhooks: they are needed again to sign with, so a hash would not do."""

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from kit.errors import Unprocessable
from kit.settings import ServiceSettings, names

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class SecretBoxSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    webhook_key: SecretStr | None = Field(None, min_length=32, validation_alias=names("WEBHOOK_SECRET_KEY"))
    """Seals the secrets of webhooks in the database, at least 32 characters; without it nobody can make any. After a
    change every owner has to rotate theirs."""


class DecryptionFailed(Exception):
    """The secret was encrypted with another key."""


class SecretBox:
    def __init__(self, settings: SecretBoxSettings) -> None:
        self.key = settings.webhook_key.get_secret_value() if settings.webhook_key else ""

    def encrypt(self, secret: str) -> str:
        """Raises Unprocessable in a deployment without a key."""
        if not self.key:
            raise Unprocessable("webhooks_off", "This deployment has no webhooks: WEBHOOK_SECRET_KEY is not set.")
        return self._fernet().encrypt(secret.encode()).decode()

    def decrypt(self, encrypted: str) -> str:
        from cryptography.fernet import InvalidToken

        if not self.key:
            raise DecryptionFailed
        try:
            return self._fernet().decrypt(encrypted.encode()).decode()
        except InvalidToken as error:
            raise DecryptionFailed from error

    def _fernet(self) -> "Fernet":
        """Imported here: most processes never see a webhook."""
        from cryptography.fernet import Fernet

        return Fernet(base64.urlsafe_b64encode(sha256(f"webhooks {self.key}".encode()).digest()))
