"""Who hears what, in which words."""

from dataclasses import dataclass
from typing import Literal

LONGEST = 500
About = Literal["dataset", "base_model", "local_model", "training", "prediction", "webhook"]


@dataclass(frozen=True)
class Notice:
    """A sentence for one user about one thing; `slug` tells its kinds apart, so that each reaches a person once.
    `model` is the number of the local model that the thing belongs to, where it is known."""

    user_id: int
    about: About
    about_id: str
    slug: str
    message: str
    model: int | None = None


@dataclass(frozen=True)
class Reader:
    """Who is told, and how they want to hear."""

    email: str = ""
    methods: tuple[str, ...] = ("web",)

    def wants(self, method: Literal["email", "web", "webhook"]) -> bool:
        return method in self.methods

    @property
    def wants_mail(self) -> bool:
        return self.wants("email") and bool(self.email)


def notice(
    user_id: int, about: About, about_id: object, slug: str, text: str, reason: str = "", model: int | None = None
) -> Notice:
    message = f"{text} {reason}".strip()
    shown = message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"
    return Notice(user_id, about, str(about_id), slug, shown, model)


def subject_line(text: str) -> str:
    """The first sentence, for a mail."""
    return f"fAIr : {text.split('.', 1)[0].splitlines()[0]}"[:120]
