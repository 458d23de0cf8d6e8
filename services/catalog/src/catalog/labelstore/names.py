"""Names of image sets and campaigns: they become parts of keys, ids of datasets and tokens of subjects."""

import re

MAX_NAME = 53
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def name_problem(title: str) -> str | None:
    """Returns what is wrong with a title in words, None when it is a good one."""
    if len(title) <= MAX_NAME and _NAME.fullmatch(title):
        return None
    return (
        f'"{title[:MAX_NAME]}" is no name: use at most {MAX_NAME} characters of a-z, 0-9 and "-", no "-" at either end '
        'and no "--".'
    )
