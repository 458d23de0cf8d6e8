"""Mail by SMTP."""

import asyncio
import logging
from contextlib import suppress
from email.message import EmailMessage

import aiosmtplib

from kit.errors import Invalid, Unavailable
from notify.mails.ports import Letter
from notify.settings import Settings

log = logging.getLogger("notify.mail")
LIMIT, GOODBYE = 20.0, 2.0
LONGEST = 300
OURS = (530, 534, 535, 538)
"""Refusals of RFC 4954 that are about our login, not about the mail: whoever runs us can cure them."""

PASSING = (aiosmtplib.SMTPException, OSError, TimeoutError)


class SmtpMailer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def send(self, letter: Letter) -> None:
        """Invalid when the server refuses this mail for good, Unavailable for anything that may pass."""
        client = self._client()
        try:
            async with asyncio.timeout(LIMIT):
                await client.connect()
                await client.send_message(self._message(letter))
            await _part(client)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0], letter) from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            raise _refused(error, letter) from error
        except PASSING as error:
            raise Unavailable("mail_unavailable", f"The mail server does not take mail ({_said(error)}).") from error
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        it = self.settings
        return aiosmtplib.SMTP(
            hostname=it.email_host, port=it.email_port, timeout=LIMIT,
            username=it.email_user or None, password=it.email_password.get_secret_value() or None,
            use_tls=it.email_use_ssl, start_tls=it.email_use_tls,
        )  # fmt: skip

    def _message(self, letter: Letter) -> EmailMessage:
        """EmailMessage refuses CR and LF in headers by itself."""
        message = EmailMessage()
        message["From"], message["To"] = self.settings.email_from, letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.key}@{self.settings.email_from.rpartition('@')[2]}>"
        message.set_content(letter.text)
        return message


async def _part(client: aiosmtplib.SMTP) -> None:
    """The mail is taken, whatever becomes of the goodbye."""
    with suppress(*PASSING):
        await client.quit(timeout=GOODBYE)


def _refused(error: aiosmtplib.SMTPResponseException, letter: Letter) -> Invalid | Unavailable:
    """In the server's own words, without the address, which is kept nowhere."""
    said = " ".join(f"{error.code} {error.message}".replace(letter.to, "the address").split())[:LONGEST]
    if error.code < 500 or error.code in OURS:
        return Unavailable("mail_unavailable", f"The mail server does not take mail ({said}).")
    return Invalid("mail_refused", f"The mail server refused the mail: {said}")


def _said(error: Exception) -> str:
    return str(error.code) if isinstance(error, aiosmtplib.SMTPResponseException) else type(error).__name__


class LogMailer:
    """For DEBUG: nothing leaves the machine."""

    async def send(self, letter: Letter) -> None:
        log.info("mail.written", extra={"facts": {"to": letter.to, "subject": letter.subject, "text": letter.text}})
