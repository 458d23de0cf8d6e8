from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from kit.mail_address import is_mail_address
from kit.settings import AllowWebhooks, ServiceSettings, StorageSettings, names
from notify.channels.settings import ChannelSettings
from notify.dashboards.settings import DashboardSettings
from notify.webhooks.secret_box import SecretBoxSettings


class Settings(ServiceSettings, AllowWebhooks, SecretBoxSettings, ChannelSettings, DashboardSettings, StorageSettings):
    """How mail leaves, with DEBUG to the log instead; which addresses may be called."""

    email_host: str = Field("smtp.gmail.com", validation_alias=names("EMAIL_HOST"))
    """The SMTP server. With DEBUG mail goes to the log."""
    email_port: int = Field(587, validation_alias=names("EMAIL_PORT"))
    """Its port."""
    email_use_tls: bool = Field(True, validation_alias=names("EMAIL_USE_TLS"))
    """STARTTLS."""
    email_use_ssl: bool = Field(False, validation_alias=names("EMAIL_USE_SSL"))
    """TLS from the first byte."""
    email_user: str = Field("", validation_alias=names("EMAIL_HOST_USER"))
    """Login at the SMTP server; empty for none."""
    email_password: SecretStr = Field(SecretStr(""), validation_alias=names("EMAIL_HOST_PASSWORD"))
    """Its password."""
    email_from: str = Field("no-reply@fair.hotosm.org", validation_alias=names("DEFAULT_FROM_EMAIL"))
    """Who mails are from."""
    deletion_email: str = Field("fair@hotosm.org", validation_alias=names("ACCOUNT_DELETION_EMAIL"))
    """Who is written to when somebody wants their account deleted: one address."""

    @field_validator("deletion_email")
    @classmethod
    def _one_address(cls, address: str) -> str:
        if not is_mail_address(address):
            raise ValueError("must be one mail address")
        return address

    @model_validator(mode="after")
    def _one_encryption(self) -> Self:
        if self.email_use_tls and self.email_use_ssl:
            raise ValueError("EMAIL_USE_TLS and EMAIL_USE_SSL exclude each other")
        return self
