"""What lies beside dashboards: lists, permissions, links, variables, files of the deployment."""

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from dashboard_samples import ANYBODY, CHANNEL, OPERATOR, boards, content, dto, widget

from contracts.notify import dashboard_sharing as s
from contracts.notify import dashboards as c
from contracts.shared import Actor, Page
from contracts.verdict import Refused
from kit.errors import Forbidden, NotFound
from kit.http.problems import status_of
from notify.dashboards import provisioning, upkeep
from notify.dashboards.schema_file import DashboardSchema

__all__ = ["boards"]
OWNER, FRIEND, OTHER = (Actor(id=number, username=name) for number, name in ((7, "owner"), (8, "friend"), (9, "other")))


async def allowed(boards, name: str, everyone: c.Level, *users: tuple[int, c.Level]):
    given = [s.Permission(user_id=user, level=level) for user, level in users]
    return await boards.send(s.SetPermissions(dashboard_id=name, everyone=everyone, users=given), OWNER)


async def test_who_may_do_what(boards):
    name = await boards.create(actor=OWNER)
    assert not isinstance(await boards.replace(name, actor=ANYBODY), Refused)
    assert status_of(await boards.send(s.SetPermissions(dashboard_id=name, everyone="none"), OTHER)) == 403
    await allowed(boards, name, "none", (FRIEND.id, "edit"))
    for actor in (ANYBODY, OTHER):
        with pytest.raises(NotFound):
            await boards.get(name, actor)
        refused = await boards.replace(name, content({}), actor)
        assert status_of(refused) == 422
        assert status_of(await boards.replace(name, actor=actor)) == 404
        assert status_of(await boards.send(c.DeleteDashboard(dashboard_id=name), actor)) == 404
    assert not isinstance(await boards.replace(name, actor=FRIEND), Refused)
    with pytest.raises(Forbidden):
        await boards.caller.ask(s.GetPermissions(dashboard_id=name), FRIEND)
    await allowed(boards, name, "view", (FRIEND.id, "view"))
    assert (await boards.get(name, ANYBODY))["id"] == name
    assert status_of(await boards.replace(name, actor=FRIEND)) == 403
    found = await boards.caller.ask(s.GetPermissions(dashboard_id=name), OWNER)
    assert found == {"everyone": "view", "users": [{"user_id": FRIEND.id, "level": "view"}]}
    assert (await boards.caller.ask(s.GetDetails(dashboard_id=name), FRIEND))["permission"] == "view"
    assert (await boards.caller.ask(s.GetDetails(dashboard_id=name), OPERATOR))["permission"] == "admin"


async def test_lists_show_what_is_ones_own_given_or_listed(boards):
    mine, given, listed, hidden = [await boards.create(actor=OWNER) for _ in range(4)]
    await allowed(boards, given, "none", (FRIEND.id, "view"))
    details = s.ChangeDetails(dashboard_id=listed, title="Loss of 100%", tags=["training"], listed=True)
    assert (await boards.send(details, OWNER))["tags"] == ["training"]
    await boards.send(s.ChangeDetails(dashboard_id=hidden, listed=True), OWNER)
    await allowed(boards, hidden, "none")

    async def ids(actor: Actor, **query: object) -> set[str]:
        rows = await boards.caller.ask(s.ListDashboards(**query), actor)
        assert rows["count"] == len(rows["results"])
        return {row["id"] for row in rows["results"]}

    assert await ids(OWNER) == {mine, given, listed, hidden} == await ids(OPERATOR)
    assert await ids(FRIEND) == {given, listed}
    assert await ids(OTHER) == await ids(ANYBODY) == {listed}
    assert await ids(OWNER, tag="training") == await ids(OWNER, page=Page(search="OF 100%")) == {listed}
    assert (
        await ids(OWNER, page=Page(search="_")) == await ids(OTHER, mine=True) == await ids(ANYBODY, mine=True) == set()
    )


async def test_links_show_a_dashboard_until_they_are_over(boards):
    name = await boards.create(actor=OWNER)
    await allowed(boards, name, "none")
    digest = hashlib.sha256(b"token").hexdigest()

    async def shown() -> bool:
        try:
            return (await boards.caller.ask(s.GetLinked(token_sha256=digest), ANYBODY))["id"] == name
        except NotFound:
            return False

    link = s.CreateLink(dashboard_id=name, link_id="one", token_sha256=digest, note="mail")
    assert status_of(await boards.send(link, FRIEND)) == 404
    assert (await boards.send(link, OWNER))["token"] is None
    assert await shown()
    assert not isinstance(
        await boards.send(s.ChangeLink(dashboard_id=name, link_id="one", paused=True), OWNER), Refused
    )
    assert not await shown()
    await boards.send(s.ChangeLink(dashboard_id=name, link_id="one", paused=False), OWNER)
    assert await shown()
    await boards.sql("update dashboards.link set expires_at = now() - interval '1 second'")
    assert not await shown()
    await boards.sql("update dashboards.link set expires_at = now() + interval '1 day'")
    assert [one["note"] for one in await boards.caller.ask(s.ListLinks(dashboard_id=name), OWNER)] == ["mail"]
    await boards.send(s.DeleteLink(dashboard_id=name, link_id="one"), OWNER)
    assert not await shown()
    assert status_of(await boards.send(s.DeleteLink(dashboard_id=name, link_id="one"), OWNER)) == 404


async def test_previews_and_trash_end_in_time(boards, running):
    end = datetime.now(UTC) + timedelta(seconds=0.5)
    name, kept = await boards.create(expires_at=end), await boards.create(actor=OWNER)
    assert (await boards.get(name))["id"] == name
    await boards.send(c.DeleteDashboard(dashboard_id=kept))
    await boards.sql("update dashboards.dashboard set expires_at = now() - interval '1 second' where id = :n", n=name)
    with pytest.raises(NotFound):
        await boards.get(name)
    assert not await upkeep.clean(running, running.settings)
    assert await boards.sql("select id from dashboards.dashboard") == [(kept,)]
    await boards.sql("update dashboards.dashboard set deleted_at = now() - interval '8 days'")
    await upkeep.clean(running, running.settings)
    assert await boards.sql("select id from dashboards.dashboard") == []


RUN = {**CHANNEL, "name": "${run}/${metric}"}
PLOT = {"plotTitle": "Run ${run}", "manualAxisAssignment": False, "yAxisAttributes": [], "curveAttributes": {
    "${run}/${metric} | training | f64": {"channel": RUN, "displayLabel": "${run}", "axisAssignment": "y1"},
}}  # fmt: skip


async def test_variables_are_offered_and_resolved(boards):
    body = content(dto(widget(channels=[RUN, {**CHANNEL, "name": "${run}/loss"}], plotSettings=PLOT)))
    name = await boards.create(body)
    for series in ("7/loss", "12/loss", "12/accuracy", "a/b/loss"):
        await boards.sql("insert into channels.channel_series (backend, name, type) values ('training', :n, 'f64') "
                         "on conflict do nothing", n=series)  # fmt: skip
    found = await boards.caller.ask(s.ListVariables(dashboard_id=name))
    assert [one["name"] for one in found] == ["metric", "run"]
    assert {"7", "12"} <= set(found[1]["values"])
    assert {"loss", "accuracy"} <= set(found[0]["values"])
    assert not any("/" in value for one in found for value in one["values"])
    resolved = await boards.caller.ask(s.ResolveDashboard(dashboard_id=name, values={"run": "7"}))
    assert resolved["unresolved"] == ["metric"]
    shown = orjson.loads(resolved["text"])["dashboard"]["widgets"][0]
    assert [one["name"] for one in shown["channels"]] == ["7/${metric}", "7/loss"]
    assert (shown["plotSettings"]["plotTitle"], list(shown["plotSettings"]["curveAttributes"])) == (
        "Run 7", ["7/${metric} | training | f64"],
    )  # fmt: skip
    assert (await boards.get(name))["text"] == body


async def test_files_of_the_deployment_are_shown_read_only(boards, running, tmp_path):
    schema = DashboardSchema(running.settings)

    def write(name: str, value: object) -> None:
        (tmp_path / name).write_text(json.dumps(value))

    async def look() -> None:
        await provisioning.provision(running, running.settings, schema, tmp_path)

    taken = "taken"
    await boards.sql("insert into dashboards.dashboard (id, body, size_bytes, etag) values (:n, '{}', 2, 'x')", n=taken)
    write("overview.json", {"title": "Overview", "tags": ["platform"], **dto()})
    write("wrong.json", {"dashboard": {}})
    write(f"{taken}.json", dto())
    write("notes.txt", {})
    await asyncio.gather(look(), look())
    assert await boards.ids() == [taken, "overview"]
    details = await boards.caller.ask(s.GetDetails(dashboard_id="overview"), ANYBODY)
    assert (details["title"], details["provisioned"], details["listed"], details["version"]) == (
        "Overview",
        True,
        True,
        1,
    )
    assert status_of(await boards.replace("overview", actor=OWNER)) == 403
    assert status_of(await boards.send(c.DeleteDashboard(dashboard_id="overview"), OPERATOR)) == 403
    await look()
    assert (await boards.get("overview"))["version"] == 1
    write("overview.json", {"title": "Overview", **dto(widget())})
    await look()
    assert (await boards.get("overview"))["text"] == content(dto(widget()))
    write("overview.json", {"dashboard": "broken"})
    await look()
    assert (await boards.get("overview"))["version"] == 2
    (tmp_path / "overview.json").unlink()
    await look()
    assert await boards.ids() == [taken]
