"""States of an image set."""

TRANSITIONS = frozenset({("created", "finished")})


def transition_problem(before: str, after: str) -> str | None:
    """Returns why a set cannot go from one state to the other, None when it can."""
    if (before, after) in TRANSITIONS:
        return None
    return f'An image set that is "{before}" cannot become "{after}".'
