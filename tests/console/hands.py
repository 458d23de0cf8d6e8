"""Two ways to work at a page: with the mouse, and with nothing but the keyboard."""

from collections.abc import Sequence
from typing import Protocol

import pytest
from playwright.async_api import Locator, Page, expect

LONG = 400_000
"""Milliseconds for a stage of a job on a busy machine."""
MAX_TABS = 150
Box = Sequence[float]
"""West, south, east, north."""


class Hands(Protocol):
    page: Page
    suffix: str
    """Of names of pictures."""

    async def press(self, name: str) -> None: ...

    async def fill(self, label: str, text: str) -> None: ...

    async def add_area(self, box: Box) -> None: ...


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("main").get_by_role("button", name=name, exact=True)


class Keyboard:
    """Reaches everything by Tab, and gives areas as numbers."""

    suffix = ""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, name: str) -> None:
        await expect(button(self.page, name)).to_be_enabled(timeout=LONG)
        await self.reach(button(self.page, name))
        await self.page.keyboard.press("Enter")

    async def fill(self, label: str, text: str) -> None:
        await self.reach(self.page.get_by_label(label).first)
        await self.page.keyboard.press("ControlOrMeta+a")
        await self.page.keyboard.type(text)

    async def add_area(self, box: Box) -> None:
        await self.fill("Or as numbers", ", ".join(f"{number:.7f}" for number in box))
        await self.page.keyboard.press("Enter")

    async def reach(self, target: Locator) -> None:
        for _ in range(MAX_TABS):
            if await target.evaluate("element => element === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        pytest.fail(f"{MAX_TABS} presses of Tab do not reach {target}")


class Mouse:
    """Clicks, and draws areas on the map, which shows the imagery already."""

    suffix = "-mouse"

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, name: str) -> None:
        await button(self.page, name).click(timeout=LONG)

    async def fill(self, label: str, text: str) -> None:
        field = self.page.get_by_label(label).first
        await field.fill(text)
        await field.blur()

    async def add_area(self, box: Box) -> None:
        """A rectangle that covers the middle of the map, where the imagery is."""
        await self.press("▭ Rectangle")
        view = await self.page.locator(".map").bounding_box()
        assert view
        x, y, reach = view["x"] + view["width"] / 2, view["y"] + view["height"] / 2, view["height"] * 0.38
        await self.page.mouse.click(x - reach / 2, y - reach)
        await self.page.mouse.move(x + reach / 2, y + reach, steps=4)
        await self.page.mouse.click(x + reach / 2, y + reach)
