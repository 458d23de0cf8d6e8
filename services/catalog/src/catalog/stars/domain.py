"""Who gave a star."""


def voter(user_id: int | None, identity: str | None) -> str | None:
    """People by their id, browsers by their identity; None when there is neither."""
    if user_id is not None:
        return f"user:{user_id}"
    return f"browser:{identity}" if identity else None
