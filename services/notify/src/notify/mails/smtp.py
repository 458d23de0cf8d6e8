"""Mail by SMTP."""

import asyncio
import logging
from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib

from kit.errors import Invalid, Unavailable
from kit.mail_address import is_mail_address
from notify.mails.ports import POSTPONED, Email
from notify.settings import Settings

log = logging.getLogger("notify.mail")
SEND_TIMEOUT, QUIT_TIMEOUT = 20.0, 2.0
MAX_REPLY_LENGTH = 300
LOGIN_ERRORS = (530, 534, 535, 538)
"""Refusals of RFC 4954 that are about our login, not about the mail: whoever runs us can cure them."""

TRANSIENT_ERRORS = (aiosmtplib.SMTPException, OSError, TimeoutError)


class SmtpMailer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def send(self, email: Email) -> None:
        """To exactly one mailbox. Invalid when that is none or the server refuses this mail for good, Unavailable for
        anything that may pass."""
        if not is_mail_address(email.to):
            raise Invalid("bad_address", "The address is not one mail address.")
        client = self._client()
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await client.connect()
                await client.send_message(self._message(email), recipients=[email.to])
            await _quit(client)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0], email) from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _refused(error, email) from error
        except TRANSIENT_ERRORS as error:
            raise Unavailable(
                "mail_unavailable", f"The mail server does not take mail ({_error_text(error)})."
            ) from error
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        it = self.settings
        return aiosmtplib.SMTP(
            hostname=it.email_host, port=it.email_port, timeout=SEND_TIMEOUT,
            username=it.email_user or None, password=it.email_password.get_secret_value() or None,
            use_tls=it.email_use_ssl, start_tls=it.email_use_tls,
        )  # fmt: skip

    def _message(self, email: Email) -> EmailMessage:
        """EmailMessage refuses CR and LF in headers by itself."""
        message = EmailMessage()
        message["From"], message["To"] = self.settings.email_from, email.to
        message["Subject"] = email.subject
        message["Message-ID"] = f"<{email.key}@{self.settings.email_from.rpartition('@')[2]}>"
        message.set_content(email.text)
        return message


async def _quit(client: aiosmtplib.SMTP) -> None:
    """The mail is taken, whatever becomes of the goodbye."""
    with suppress(*TRANSIENT_ERRORS):
        await client.quit(timeout=QUIT_TIMEOUT)


def _refused(error: aiosmtplib.SMTPResponseException, email: Email) -> Invalid | Unavailable:
    """In the server's own words, without the address, which is kept nowhere."""
    said = " ".join(f"{error.code} {error.message}".replace(email.to, "the address").split())[:MAX_REPLY_LENGTH]
    if error.code < 500 or error.code in LOGIN_ERRORS:
        return Unavailable(POSTPONED, f"The mail server does not take mail ({said}).")
    return Invalid("mail_refused", f"The mail server refused the mail: {said}")


def _error_text(error: Exception) -> str:
    return str(error.code) if isinstance(error, aiosmtplib.SMTPResponseException) else type(error).__name__


class LogMailer:
    """For DEBUG: nothing leaves the machine."""

    async def send(self, email: Email) -> None:
        log.info("mail.written", extra={"fields": {"to": email.to, "subject": email.subject, "text": email.text}})
