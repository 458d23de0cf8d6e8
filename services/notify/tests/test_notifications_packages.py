"""The end of a job of packages reaches who submitted it, and their programs."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from webhook_listener import Listener, people

from contracts.catalog.package_jobs import PackageJobCompleted
from contracts.notify import ListNotifications
from contracts.shared import Actor
from kit.testing import Caller, eventually
from notify.notifications.package_texts import outcome_text, slug_of

URI = "https://fair.example.org/packages/gambia/"


def ended(user_id: int, *outcomes: str, **more: Any) -> PackageJobCompleted:
    named: Any = {f"set{number}.version_1": outcome for number, outcome in enumerate(outcomes)}
    given = {"job_id": uuid4(), "user_id": user_id, "boundary_name": "gambia", "outcomes": named, "package_uri": URI}
    return PackageJobCompleted(**{**given, **more})


TEXTS = [
    (ended(1, "SUCCESS", "SUCCESS"), "completed", "Package “gambia” is ready: 2 made."),
    (ended(1, "SUCCESS", "FAILURE"), "completed", "Package “gambia” is ready: 1 made, 1 failed (set1.version_1)."),
    (ended(1, "SKIPPED", title="The Gambia"), "completed", "Package “The Gambia” is ready: 1 not made again."),
    (ended(1, *["FAILURE"] * 5), "failed", "Package “gambia” could not be made: 5 failed (set0.version_1, "
     "set1.version_1, set2.version_1, 2 more)."),
    (ended(1, "SUCCESS", "REVOKED", cancelled=True), "cancelled", "Package “gambia” was cancelled: 1 made, 1 not begun "
     "or cancelled."),
]  # fmt: skip


@pytest.mark.parametrize(("event", "slug", "text"), TEXTS, ids=[slug for _, slug, _ in TEXTS])
def test_what_people_read(event: PackageJobCompleted, slug: str, text: str):
    assert (slug_of(event), outcome_text(event)) == (slug, text)


async def _rows(caller: Caller, person: Actor) -> list[dict[str, Any]]:
    return (await caller.ask(ListNotifications(), person))["results"]


async def test_the_end_of_a_job_is_a_notification_if_it_was_asked_for(running, caller: Caller):
    person, wanted = Actor(id=next(people), username="person"), UUID(int=5)
    await caller.publish(ended(person.id, "SUCCESS", notify=False))
    await caller.publish(ended(person.id, "SUCCESS", job_id=wanted))

    async def told() -> list[dict[str, Any]]:
        return await _rows(caller, person)

    row = (await eventually(told))[0]
    assert row["message"] == f"Package “gambia” is ready: 1 made. {URI}"
    assert row["related_obj"] == {"id": str(wanted), "type": "package_job", "model": None}
    assert len(await _rows(caller, person)) == 1


async def test_programs_hear_it_in_any_case(somebody: Listener, caller: Caller):
    await somebody.listen("email")
    event = ended(somebody.person.id, "SUCCESS", "FAILURE", notify=False)
    await caller.publish(event)
    await somebody.logged("delivered")
    said = json.loads(base64.b64decode(somebody.got()[0]["body"]))
    assert (said["type"], said["data"]["job_id"]) == ("package_job.completed", str(event.job_id))
    assert said["data"]["outcomes"] == {"set0.version_1": "SUCCESS", "set1.version_1": "FAILURE"}


async def test_nobody_is_told_of_a_job_without_a_login(running, caller: Caller):
    await caller.publish(ended(0, "SUCCESS"))
    person = Actor(id=next(people), username="person")
    await caller.publish(ended(person.id, "SUCCESS"))
    assert await eventually(lambda: _rows(caller, person))
    assert await _rows(caller, Actor(id=0, username="nobody")) == []
