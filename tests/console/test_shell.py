"""What every page has: its policy, its login, its errors in words."""

import json

import pytest
from playwright.async_api import Response

from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
FIRST_BUNDLE = 250 * 1024


async def test_first_page_is_small_and_asks_no_third_party(visitor: Visitor, site: Site):
    responses: list[Response] = []
    visitor.page.on("response", lambda response: responses.append(response))
    page = await visitor.open()
    await page.get_by_role("heading", level=1).wait_for(state="attached")
    await page.wait_for_load_state("load")
    seen = list(responses)
    before_map = [one for one in seen if "/console/" in one.url and "maplibre" not in one.url.lower()]
    sizes = [(await one.request.sizes())["responseBodySize"] for one in before_map]
    assert 0 < sum(sizes) < FIRST_BUNDLE
    assert {one.url.split("/")[2] for one in seen} == {site.url.split("/")[2]}


async def test_policy_stops_inline_scripts_and_eval(visitor: Visitor):
    visitor.expected = ("Content Security Policy", "404")
    page = await visitor.open()
    await page.evaluate("""() => {
        const script = document.createElement('script')
        script.textContent = 'window.ran = 1'
        document.body.append(script)
    }""")
    assert await page.evaluate("() => window.ran") is None
    refused = await page.evaluate("""() => new Promise((done) => {
        const image = document.createElement('img')
        image.setAttribute('onerror', 'window.ran = 2')
        image.addEventListener('error', () => done(window.ran === undefined))
        image.src = '/console/no.png'
        document.body.append(image)
    })""")
    assert refused


async def test_token_is_nowhere_that_others_can_read(mapper: Visitor):
    stored = await mapper.page.evaluate(
        "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    assert json.loads(stored) == [{}, {}, ""]
    assert mapper.token not in await mapper.page.content()


async def test_wrong_token_is_refused_with_reason_and_next_step(visitor: Visitor):
    visitor.expected = ("401",)
    page = await visitor.open("sign-in")
    await page.get_by_label("Token of this machine").fill("wrong")
    await page.get_by_role("main").get_by_role("button", name="Sign in").click()
    alert = page.get_by_role("alert")
    await alert.wait_for()
    text = await alert.inner_text()
    assert "FAIR_DEV_TOKEN" in text
    assert "Sign in again" in text


async def test_sign_in_is_accessible(visitor: Visitor):
    page = await visitor.open("sign-in")
    await page.get_by_label("Token of this machine").wait_for()
    assert await visitor.serious_findings() == []
    await visitor.picture("sign-in")
