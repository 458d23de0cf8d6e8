"""Every message has a sender and a reader, or says here why not."""

import pytest

from contracts.base import Command, CommandLookup, Message
from contracts.registry import all_messages
from tests.contracts.rooms import is_streamed, readers
from tests.contracts.senders import senders

RELEASED = "released, so that its class stays"
NO_SENDER = {
    "cmd.training.v1.report_run": f"{RELEASED}; workers write what they know of a run into the row themselves",
    "cmd.training.v1.report_epoch": f"{RELEASED}; workers write samples into the row themselves",
}
LABEL_STORE = "an interface of the label store for other systems, which subscribe to it"
NO_READER = {
    "evt.catalog.v1.stac_item_written": "without a durable: every process of the catalog forgets its copy of the item",
    "evt.catalog.v1.stac_item_deleted": "without a durable: every process of the catalog forgets its copy of the item",
    "evt.catalog.v1.package_dataset_created": "for subscribers of the event stream and other systems on the bus",
    "evt.catalog.v1.package_dataset_expired": "for subscribers of the event stream and other systems on the bus",
    "evt.catalog.v1.boundaries_changed": "for subscribers of the event stream and other systems on the bus",
    "evt.catalog.v1.label_user_changed": "without a durable: every process of the gateway forgets the user's key",
    "evt.catalog.v1.image_set_created": LABEL_STORE,
    "evt.catalog.v1.image_set_finish_requested": LABEL_STORE,
    "evt.catalog.v1.image_set_ingested": LABEL_STORE,
    "evt.catalog.v1.image_set_ingest_failed": LABEL_STORE,
    "evt.catalog.v1.images_registered": LABEL_STORE,
    "evt.catalog.v1.images_reviewed": LABEL_STORE,
    "evt.catalog.v1.label_predictions_stored": LABEL_STORE,
    "evt.catalog.v1.objects_submitted": LABEL_STORE,
    "evt.gateway.v1.dead_letter_recorded": f"{RELEASED}; alarms of a deployment may subscribe to it",
}
"""Message → why nobody in the services does."""


def is_sent(message: type[Message]) -> bool:
    """Every owner answers the look-up of a command, for which the gateway finds the class by the name of the owner."""
    return bool(senders(message)) or issubclass(message, CommandLookup)


def is_read(message: type[Message]) -> bool:
    """By a handler, or by pages."""
    return is_streamed(message) or bool(readers().get(message.ce_type()))


@pytest.mark.parametrize(("holds", "excused"), [(is_sent, NO_SENDER), (is_read, NO_READER)])
def test_every_message_has_a_sender_and_a_reader_or_says_why_not(holds, excused: dict[str, str]):
    assert {name for name, message in all_messages().items() if not holds(message)} == set(excused)


def test_senders_are_found_in_the_sources():
    found = {name: senders(message) for name, message in all_messages().items()}
    assert found["cmd.catalog.v1.create_aoi"] == ["gateway"]
    assert found["evt.training.v1.training_completed"] == ["training"]
    assert found["job.prediction.v1.drive_run"] == ["prediction"]
    assert found["qry.training.v1.get_run_logs"] == ["gateway"]
    assert {"prediction", "training"} <= set(found["qry.catalog.v1.get_model_facts"])


def test_commands_that_nobody_sends_are_still_taken():
    """They may lie in the stream of an older deployment."""
    assert all(issubclass(all_messages()[name], Command) and readers()[name] for name in NO_SENDER)
