"""Notifications say what was left out, and why."""

from contracts.catalog.datasets import BuildOutcome, DatasetBuilt
from contracts.notify import ListNotifications
from contracts.shared import Actor, Outcome
from kit.testing import Caller, eventually, example


async def message(caller: Caller, user_id: int, outcome: BuildOutcome | None) -> str:
    person = Actor(id=user_id, username="person")
    event = example(DatasetBuilt).model_copy(
        update={"user_id": user_id, "title": "Roofs", "chip_count": 30, "feature_count": 41, "outcome": outcome}
    )
    await caller.publish(event)
    listed = await eventually(lambda: _rows(caller, person))
    return listed[0]["message"]


async def _rows(caller: Caller, person: Actor) -> list[dict]:
    return (await caller.ask(ListNotifications(), person))["results"]


async def test_complete_dataset_is_ready_without_more_words(running, caller: Caller):
    whole = BuildOutcome(tiles=Outcome.of(30), labels=Outcome.of(41))
    for user_id, outcome in ((7101, None), (7102, whole)):
        assert await message(caller, user_id, outcome) == "Dataset “Roofs” is ready: 30 chips, 41 labels."


async def test_what_is_missing_is_told_with_reasons_and_examples(running, caller: Caller):
    tiles = [("There is no such tile (HTTP 404).", f"tile 19/5/{n}") for n in range(4)]
    labels = [("Its tags belong to no class of the dataset.", "way/8")]
    told = await message(
        caller,
        7103,
        BuildOutcome(tiles=Outcome.of(30, [*tiles, ("Empty.", "tile 19/6/6")]), labels=Outcome.of(41, labels)),
    )
    assert told == (
        "Dataset “Roofs” is ready: 30 of 35 chips, 41 labels; 5 tiles were left out: There is no such tile (HTTP 404) "
        "(tile 19/5/0, tile 19/5/1, …); Empty (tile 19/6/6); 1 label was left out: Its tags belong to no class of the "
        "dataset (way/8)."
    )


async def test_notes_follow_the_sentence(running, caller: Caller):
    small = BuildOutcome(tiles=Outcome.of(30), labels=Outcome.of(41), notes=["It is too small for training."])
    told = await message(caller, 7104, small)
    assert told == "Dataset “Roofs” is ready: 30 chips, 41 labels. It is too small for training."
