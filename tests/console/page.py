"""One person at the console: signing in, pictures, and what makes a page hard to use."""

from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import ConsoleMessage, Page, TimeoutError, expect

from stack.home import Home

FLAGS = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--disable-gpu-compositing",
]  # fmt: skip
"""Of a Chromium that draws maps without a graphics card, also when root starts it."""
AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
IMAGERY = ".jpg"
"""Tiles that the sandbox does not have, beside the area: browsers complain of each."""
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
IS_AT = """([lon, lat, within]) => {
  const [x, y] = document.querySelector('.map').dataset.center.split(' ').map(Number)
  return Math.hypot(x - lon, y - lat) < within
}"""
SERIOUS = {"serious", "critical"}
WIDER = "() => Math.max(...['html', 'main'].map((name) => document.querySelector(name).scrollWidth)) - innerWidth"
"""By how many pixels a page hangs over the side of its window."""
WAIT = 60_000
"""Milliseconds that a busy machine may need for an answer."""
PICTURE_WAIT = 30_000
expect.set_options(timeout=WAIT)


class Visitor:
    def __init__(self, page: Page, url: str, token: str) -> None:
        self.page, self.url, self.token = page, url, token
        self.complaints: list[str] = []
        self.expected: tuple[str, ...] = ()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.set_default_timeout(WAIT)

    def _heard(self, message: ConsoleMessage) -> None:
        url = message.location.get("url", "")
        is_quiet = any(part in message.text for part in (*QUIET, *self.expected)) or url.endswith(IMAGERY)
        if message.type in ("error", "warning") and not is_quiet:
            self.complaints.append(f"{message.text} {url}")

    async def open(self, path: str = "") -> Page:
        await self.page.goto(f"{self.url}#/{path}")
        return self.page

    async def sign_in(self, person: str | None = None) -> None:
        await self.open("sign-in")
        await self.page.get_by_label("Token of this machine").fill(self.token)
        if person:
            await self.page.get_by_label("Work as somebody else").fill(person)
        await self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("button", name="Sign out").wait_for()

    async def go(self, path: str) -> Page:
        """Within the page, so that the login stays."""
        await self.page.evaluate("path => { location.hash = `/${path}` }", path)
        return self.page

    async def without_imagery(self) -> None:
        """The sandbox paints its tiles one at a time: what is tested would wait behind the map."""
        headers = {"content-type": "image/png", "access-control-allow-origin": "*"}
        await self.page.route("**/*.jpg", lambda route: route.fulfill(body=PIXEL, headers=headers))

    async def is_at(self, place: Sequence[float], within: float = 0.001) -> None:
        """Waits until the middle of the map is at a longitude and latitude."""
        await self.page.wait_for_function(IS_AT, arg=[*place, within])

    async def picture(self, name: str) -> None:
        """Of the page with what its map shows by then; a busy sandbox paints tiles for minutes."""
        if await self.page.locator(".map").count():
            with suppress(TimeoutError):
                await self.page.locator(".map[data-idle=true]").wait_for(timeout=PICTURE_WAIT)
        await self.page.screenshot(path=Home.default().folder("shots") / f"{name}.png")

    async def serious_findings(self) -> list[str]:
        """What axe-core calls serious or critical. It must not load style sheets itself, which it puts into the page
        against the page's policy; no rule of ours needs them."""
        script = f"async () => {{ {AXE.read_text()}; return await axe.run({{ preload: false }}) }}"
        found: dict[str, Any] = await self.page.evaluate(script)
        wrong = [finding for finding in found["violations"] if finding["impact"] in SERIOUS]
        return [f"{one['id']}: {node['html'][:120]}" for one in wrong for node in one["nodes"]]


async def fits_a_phone(phone: Visitor, path: str, picture: str) -> None:
    """As staff: nothing hangs over the side, axe finds nothing serious, and there is a picture to look at."""
    await phone.sign_in()
    page = await phone.go(path)
    await page.get_by_role("heading", level=1).wait_for()
    await expect(page.locator(".busy")).to_have_count(0)
    assert await page.evaluate(WIDER) <= 0
    assert await phone.serious_findings() == []
    await phone.picture(f"phone-{picture}")


QUIET = (
    "GPU stall due to ReadPixels",  # a screenshot of a map without a graphics card
    "GL Driver Message",
    "ERR_NETWORK_CHANGED",  # containers of other tests come and go, and Chromium drops what is under way
    "AJAXError: Failed to fetch (0)",  # the map's own words for it
    "status of 403",  # a page asks once whether its user is staff
)
"""Words of complaints that say nothing about the console."""
