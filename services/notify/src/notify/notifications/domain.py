"""The texts of notifications, and how users want to get them."""

from dataclasses import dataclass
from typing import Literal

from kit.mail_address import is_mail_address

MAX_MESSAGE_LENGTH = 500
About = Literal[
    "dataset", "base_model", "local_model", "training", "prediction", "webhook", "package_job", "label_dataset",
    "label_export", "label_import",
]  # fmt: skip


@dataclass(frozen=True)
class NotificationDraft:
    """A sentence for one user about one thing; `slug` tells its kinds apart, so that each reaches a person once.
    `model` is the number of the local model that the thing belongs to, where it is known."""

    user_id: int
    about: About
    about_id: str
    slug: str
    message: str
    model: int | None = None


@dataclass(frozen=True)
class Recipient:
    """The person a notification is for, and how they want to get it."""

    email: str = ""
    email_verified: bool = False
    methods: tuple[str, ...] = ("web",)

    def wants(self, method: Literal["email", "web", "webhook"]) -> bool:
        return method in self.methods

    @property
    def may_be_mailed(self) -> bool:
        """Only at an address that its owner has proven: anybody can name any."""
        return self.email_verified and is_mail_address(self.email)


def draft_notification(
    user_id: int, about: About, about_id: object, slug: str, text: str, reason: str = "", model: int | None = None
) -> NotificationDraft:
    message = f"{text} {reason}".strip()
    shown = message if len(message) <= MAX_MESSAGE_LENGTH else f"{message[: MAX_MESSAGE_LENGTH - 1]}…"
    return NotificationDraft(user_id, about, str(about_id), slug, shown, model)


def subject_line(draft: NotificationDraft) -> str:
    """For a mail: in our words alone, without titles and names that users give."""
    return f"fAIr : {draft.about.replace('_', ' ').capitalize()} {draft.about_id} {draft.slug.replace('-', ' ')}"
