"""Curves in the terminal."""

from small_gateway import Answer
from test_cli import run

CHANNEL = {"backend": "training", "name": "42/loss", "seriesId": "7", "source": "training", "type": "f64", "shape": [],
           "unit": "", "description": ""}  # fmt: skip
START = 1_767_225_600_000_000_000


def test_channels_are_searched(at_home):
    at_home.on("GET /channels/search", Answer(body={"channels": [CHANNEL]}))
    shown = run("channels", "search", "loss$", "--backend", "training")
    assert "42/loss" in shown
    assert "Channels (1)" in shown
    assert at_home.asked[-1].query == {"search_text": "loss$", "backend": "training"}


def test_a_curve_is_drawn(at_home):
    """Its name, its least and greatest values, and times below it; a value that is no number leaves a gap."""
    points = {str(START + number * 10**9): number if number != 3 else None for number in range(10)}
    bands = {key: {time: value + more for time, value in points.items() if value is not None}
             for key, more in (("42/loss_min", -40), ("42/loss_max", 60))}  # fmt: skip
    curve = {"42/loss": points, **bands, "42/loss_meta": {"raw": False}}
    at_home.on("GET /channels/curve", Answer(body={"curve": curve}), Answer(body={"curve": {"nothing": {}}}))
    shown = run("channels", "plot", "42/loss", "nothing", "--last", "2", "--width", "90")
    assert "42/loss" in shown
    assert "nothing has no samples there" in shown
    assert "00:00:00" in shown
    assert "69.0" in shown
    assert "-40.0" in shown
    query = at_home.asked[0].query
    assert (query["num_bins"], query["x"], query["channel_name"]) == ("90", "time", "42/loss")
    assert int(query["end_time"]) - int(query["begin_time"]) == 2 * 3_600_000


def test_curves_are_drawn_into_files(at_home, tmp_path):
    at_home.on("GET /channels/picture", Answer(body=b"\x89PNG"), Answer(body=b"<svg"))
    png, svg = tmp_path / "a.png", tmp_path / "a.svg"
    shown = run("channels", "plot", "42/loss", "--png", str(png), "--svg", str(svg), "--last", "2", "--title", "Loss")
    assert (png.read_bytes(), svg.read_bytes()) == (b"\x89PNG", b"<svg")
    assert "a.png" in shown.replace("\n", "")
    query = at_home.asked[0].query
    assert (query["format"], query["channel_name"], query["title"]) == ("png", "42/loss", "Loss")
    assert int(query["end_time"]) - int(query["begin_time"]) == 2 * 3_600_000
    assert at_home.asked[1].query["format"] == "svg"
    run("channels", "plot", "42/loss", "--png", str(png), "--x", "step", code=2)


def test_a_dashboard_is_drawn_into_a_file(at_home, tmp_path):
    at_home.on("GET /dashboard/d1/picture", Answer(body=b"<svg"))
    target = tmp_path / "d.svg"
    run("dashboards", "draw", "d1", str(target), "--value", "run=7")
    assert target.read_bytes() == b"<svg"
    query = at_home.asked[0].query
    assert (query["format"], query["var-run"]) == ("svg", "7")
    run("dashboards", "draw", "d1", str(tmp_path / "d.gif"), code=2)
