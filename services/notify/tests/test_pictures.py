"""Pictures of channels and dashboards: what is on them, and what is refused."""

import re
import struct
import sys
from xml.etree import ElementTree

import httpx
import orjson
import pytest
from channel_door import as_user, http, post
from dashboard_samples import CHANNEL, boards, dto, widget

from notify.pictures import rendering
from notify.pictures.panel_boxes import boxes_of

__all__ = ["boards", "http"]
BEGIN = 1_700_000_000_000
SPAN = {"begin_time": BEGIN, "end_time": BEGIN + 600_000}


async def recorded(http: httpx.AsyncClient, name: str, count: int = 600, **more) -> None:
    """A sample a second, with one spike."""
    values = [(str((BEGIN + 1000 * number) * 10**6), 50.0 if number == 300 else 1.0) for number in range(count)]
    await post(http, name, values, **more)


async def picture(http: httpx.AsyncClient, path: str, **more) -> httpx.Response:
    answer = await http.get(path, params=SPAN | more)
    assert answer.status_code == 200, answer.text
    return answer


def texts(answer: httpx.Response) -> str:
    """All texts of an SVG, which is well-formed."""
    assert answer.headers["content-type"] == "image/svg+xml"
    return "\n".join(one for one in ElementTree.fromstring(answer.content).itertext() if one.strip())


async def test_a_picture_of_channels_has_title_legend_unit_band_and_annotations(http):
    await recorded(http, "drawn/loss", unit="bits")
    mark = {"begin": BEGIN + 60_000, "end": BEGIN + 120_000, "text": "New imagery", "tags": []}
    note = await http.post("/annotations", json=mark, headers=as_user(9))
    options = {"channel_name": ["drawn/loss", "drawn/none"], "title": "Costs $x^2$ <b>\u0001", "width": 400}
    drawn = await picture(http, "/channels/picture", format="svg", **options)
    shown = texts(drawn)
    wanted = ("Costs $x^2$ <b>", "drawn/loss", "bits", "New imagery", "There is no channel 'drawn/none'.", "UTC")
    assert [text for text in wanted if text not in shown] == []
    assert b"FillBetween" in drawn.content, "the spike is in a band"
    without = await picture(http, "/channels/picture", format="svg", annotations=False, **options)
    assert "New imagery" not in texts(without)
    await http.delete(f"/annotations/{note.json()['id']}", headers=as_user(9))
    recent = (await http.get("/channels/recent")).json()["channels"]
    assert "matplotlib" not in sys.modules
    assert recent


async def test_a_png_has_the_size_that_was_asked_for_and_a_tag(http):
    await recorded(http, "drawn/png")
    options = {"channel_name": "drawn/png", "width": 640, "height": 300}
    drawn = await picture(http, "/channels/picture", **options)
    assert drawn.content.startswith(b"\x89PNG")
    assert struct.unpack(">II", drawn.content[16:24]) == (640, 300)
    again = {"if-none-match": drawn.headers["etag"]}
    known = await http.get("/channels/picture", params=SPAN | options, headers=again)
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", drawn.headers["etag"])
    await post(http, "drawn/png", [(str((BEGIN + 1) * 10**6), 9.0)])
    changed = await http.get("/channels/picture", params=SPAN | options, headers=again)
    assert changed.status_code == 200
    assert changed.headers["etag"] != drawn.headers["etag"]
    assert "sandbox" in drawn.headers["content-security-policy"]


async def test_a_picture_of_a_dashboard_says_what_a_panel_lacks(http, boards):
    await recorded(http, "5/loss", backend="training", unit="nats")
    placeholder = {**CHANNEL, "name": "${run}/loss"}
    curve = {"channel": placeholder, "displayLabel": "Loss of ${run}", "axisAssignment": "y2", "color": "nonsense"}
    axes = [{"label": "y2", "min": 0, "max": None, "displayLabel": "", "manualDisplayLabel": False, "scaling": "log"}]
    settings = {"plotTitle": "All of ${run}", "manualAxisAssignment": True, "curveAttributes": {"any": curve},
                "yAxisAttributes": axes}  # fmt: skip
    layout = {"i": "b", "x": 1, "y": 0, "w": 1, "h": 1}
    empty = {"channels": [], "layout": layout}
    missing = widget(channels=[{**CHANNEL, "name": "nobody/loss"}], layout={**layout, "y": 1})
    many = widget(channels=[{**CHANNEL, "name": f"x/{number}"} for number in range(14)], layout={**layout, "x": 2})
    content = dto(widget(channels=[placeholder], plotSettings=settings), empty, missing, many)
    name = await boards.create(orjson.dumps(content).decode())
    shown = texts(await picture(http, f"/dashboard/{name}/picture", format="svg", width=1600, **{"var-run": "5"}))
    wanted = ("All of 5", "Loss of 5", "nats", "This panel has no channels.", "There is no channel 'nobody/loss'.",
              "2 more curves are not drawn")  # fmt: skip
    assert [text for text in wanted if text not in shown] == []
    shown = texts(await picture(http, f"/dashboard/{name}/picture", format="svg"))
    assert "run has no value" in shown
    assert "There is no channel '${run}/loss'." in shown


async def test_a_dashboard_without_panels_and_one_with_too_many(http, boards):
    name = await boards.create()
    shown = texts(await picture(http, f"/dashboard/{name}/picture", format="svg"))
    assert "This dashboard has no panels." in shown
    name = await boards.create(orjson.dumps(dto(*[widget(channels=[]) for _ in range(61)])).decode())
    shown = texts(await picture(http, f"/dashboard/{name}/picture", format="svg"))
    assert "1 more panels are not drawn" in shown
    assert shown.count("no channels") == 60


BAD = [
    ({"width": 2401}, 422), ({"width": "x"}, 422), ({"height": 119}, 422), ({"format": "gif"}, 422),
    ({"channel_name": [f"c{number}" for number in range(13)]}, 422), ({"channel_name": []}, 422),
    ({"title": "x" * 201}, 422), ({"begin_time": BEGIN + 700_000}, 400), ({"begin_time": 0}, 400),
    ({"end_time": 253_402_300_800_000}, 400),
]  # fmt: skip


@pytest.mark.parametrize(("options", "status"), BAD)
async def test_bad_options(http, options, status):
    answer = await http.get("/channels/picture", params={"channel_name": "x", **SPAN, **options})
    assert answer.status_code == status
    assert answer.json()["detail"]


async def test_an_unknown_dashboard_has_no_picture(http):
    assert (await http.get("/dashboard/none/picture", params=SPAN)).status_code == 404


async def test_without_times_the_last_day_is_drawn(http):
    answer = await http.get("/channels/picture", params={"channel_name": "drawn/none", "format": "svg"})
    first, last = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", texts(answer))
    assert first[0] != last[0]
    assert first[1] == last[1]


async def test_a_crowd_is_told_to_come_again(http, monkeypatch):
    monkeypatch.setattr(rendering.turns, "_places", 0)
    answer = await http.get("/channels/picture", params={"channel_name": "drawn/none"})
    assert answer.status_code == 503
    assert "try again" in answer.json()["detail"]


GRID = [{"x": 0, "y": 0, "w": 2, "h": 1}, {"x": 0, "y": 50_000, "w": 1, "h": 2}]


@pytest.mark.parametrize(
    ("layouts", "wanted"),
    [
        (GRID, [(0, 0, 2, 1), (0, 1, 1, 2)]),
        ([GRID[0], GRID[0]], [(0, 0, 1, 4), (0, 4, 1, 4)]),
        ([{**GRID[0], "w": 1.5}], [(0, 0, 1, 4)]),
        ([{**GRID[0], "h": 1e300}, None], [(0, 0, 1, 4), (0, 4, 1, 4)]),
        ([], []),
    ],
)
def test_places(layouts, wanted):
    assert boxes_of(layouts) == wanted
