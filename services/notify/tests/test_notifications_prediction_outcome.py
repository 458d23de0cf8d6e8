"""What a mapper reads when a prediction is ready."""

import pytest

from contracts.notify import ListNotifications
from contracts.prediction import PredictionOutcome, PredictionReady
from contracts.shared import Actor, Outcome
from kit.testing import Caller, eventually, example

OUTSIDE = "The feature belongs to the surroundings."


@pytest.mark.parametrize(("user_id", "outcome", "words"), [
    (7201, None, "is ready: 5 features from 9 tiles."),
    (7202, PredictionOutcome(tiles=Outcome.of(9), features=Outcome.of(5)), "is ready: 5 features from 9 tiles."),
    (7203, PredictionOutcome(
        tiles=Outcome.of(8, [("No such tile.", "tile 19/1/2")]), features=Outcome.of(5, [(OUTSIDE, "feature 3")])),
     "is ready: 5 features from 8 of 9 tiles; 1 tile was left out: No such tile (tile 19/1/2); 1 feature was left out: "
     "The feature belongs to the surroundings (feature 3)."),
])  # fmt: skip
async def test_ready_prediction_says_what_was_left_out(running, caller: Caller, user_id, outcome, words):
    person, changes = Actor(id=user_id, username="person"), {"feature_count": 5, "tile_count": 9, "outcome": outcome}
    await caller.publish(example(PredictionReady).model_copy(update={"user_id": user_id, **changes}))

    async def rows() -> list[dict]:
        return (await caller.ask(ListNotifications(), person))["results"]

    assert (await eventually(rows))[0]["message"].endswith(words)
