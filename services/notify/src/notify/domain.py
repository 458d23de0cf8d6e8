"""Who hears what, in which words."""

from dataclasses import dataclass

LONGEST = 500


@dataclass(frozen=True)
class Notice:
    """A sentence for one user about one thing; `slug` tells its kinds apart, so that each reaches a person once."""

    user_id: int
    about: str
    about_id: str
    slug: str
    message: str


def notice(user_id: int, about: str, about_id: object, slug: str, text: str, reason: str = "") -> Notice:
    message = f"{text} {reason}".strip()
    shown = message if len(message) <= LONGEST else f"{message[: LONGEST - 1]}…"
    return Notice(user_id, about, str(about_id), slug, shown)


def subject_line(text: str) -> str:
    """The first sentence, for a mail."""
    return f"fAIr : {text.split('.', 1)[0].splitlines()[0]}"[:120]


def wants_mail(methods: list[str], email: str) -> bool:
    return "email" in methods and bool(email)


def deletion_text(username: str, osm_id: int) -> tuple[str, str]:
    """Subject and text for those who delete accounts."""
    text = f"{username} (OSM id {osm_id}) asks for the deletion of their account and of what belongs to it."
    return "fAIr : Account deletion requested", text


def verification_text(username: str, url: str) -> tuple[str, str]:
    """Subject and text for whoever has the mailbox; the address stands on a line of its own."""
    text = (
        f"Hello {username},\n\nplease open this address to confirm that this mailbox is yours:\n\n{url}\n\n"
        "It works for three days. If you did not ask for it, do nothing."
    )
    return "fAIr : Verify your email", text
