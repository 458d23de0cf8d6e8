"""Rules of label users and their roles."""

IMAGE_ADMIN, LABELER, REVIEWER = "image-admin", "labeler", "reviewer"
BOUND_ROLES = frozenset({LABELER, REVIEWER})
"""Roles on one campaign."""
CAMPAIGN = "campaign"


def is_email(text: str) -> bool:
    """Whether there is something before and after exactly one `@`. Nothing else is checked: addresses of test and
    local domains are good ones."""
    before, _, after = text.partition("@")
    return bool(before) and bool(after) and "@" not in after and not any(sign.isspace() for sign in text)


def role_problem(role: str, subject_type: str | None, subject_id: int | None) -> str | None:
    """Returns why the role would give nothing, None when it gives something."""
    if (subject_type is None) != (subject_id is None):
        return "subject_type and subject_id are both given or both null."
    if role == IMAGE_ADMIN:
        return None if subject_type is None else f"{IMAGE_ADMIN} is bound to nothing: leave out its subject."
    if role not in BOUND_ROLES:
        return f'"{role}" is no role; use {IMAGE_ADMIN}, {LABELER} or {REVIEWER}.'
    return None if subject_type == CAMPAIGN else f'{role} needs the subject_type "{CAMPAIGN}" and the id of a campaign.'
