"""Mail by SMTP."""

import logging
from email.message import EmailMessage

import aiosmtplib

from kit.errors import Invalid, Unavailable
from notify.ports import Letter
from notify.settings import Settings

log = logging.getLogger("notify.mail")
LIMIT = 15.0


class SmtpMailer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def send(self, letter: Letter) -> None:
        """Invalid when the server refuses the recipient for good, Unavailable for anything that may pass."""
        try:
            await aiosmtplib.send(
                self._message(letter), hostname=self.settings.email_host, port=self.settings.email_port,
                username=self.settings.email_user or None,
                password=self.settings.email_password.get_secret_value() or None,
                use_tls=self.settings.email_use_ssl, start_tls=self.settings.email_use_tls, timeout=LIMIT,
            )  # fmt: skip
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPSenderRefused) as error:
            raise Invalid("mail_refused", "The mail server refused the address.") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unavailable("mail_unavailable", "The mail server does not take mail.") from error

    def _message(self, letter: Letter) -> EmailMessage:
        """EmailMessage refuses CR and LF in headers by itself."""
        message = EmailMessage()
        message["From"], message["To"] = self.settings.email_from, letter.to
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.key}@{self.settings.email_from.rpartition('@')[2]}>"
        message.set_content(letter.text)
        return message


class LogMailer:
    """For DEBUG: nothing leaves the machine."""

    async def send(self, letter: Letter) -> None:
        log.info("mail.written", extra={"facts": {"to": letter.to, "subject": letter.subject, "text": letter.text}})
