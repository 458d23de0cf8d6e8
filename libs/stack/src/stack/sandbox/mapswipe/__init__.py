"""Mapswipe's manager backend, and the account that Fairway has there."""

COOKIE = "MAPSWIPE-SANDBOX-CSRF"
MANAGER = "https://manager.mapswipe.example"
EMAIL, PASSWORD = "fairway@mapswipe.example", "sandbox-password"


def settings(url: str) -> dict[str, str]:
    """Returns the environment of a client of the server at `url`."""
    return {
        "ENABLE_MAPSWIPE": "true", "MAPSWIPE_BACKEND_URL": url, "MAPSWIPE_MANAGER_URL": MANAGER,
        "MAPSWIPE_WEB_URL": "https://web.mapswipe.example", "MAPSWIPE_CSRFTOKEN_KEY": COOKIE,
        "MAPSWIPE_FB_AUTH_URL": f"{url}/firebase/signIn", "MAPSWIPE_FB_USERNAME": EMAIL,
        "MAPSWIPE_FB_PASSWORD": PASSWORD,
    }  # fmt: skip
