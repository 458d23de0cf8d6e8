from contracts.shared import MAX_EXAMPLES, Outcome


def test_everything_wanted_is_done_or_left_out_with_a_reason() -> None:
    outcome = Outcome.of(3, [("No geometry.", "feature 2"), ("Too large.", "feature 4"), ("Too large.", "feature 5")])
    assert (outcome.wanted, outcome.done) == (6, 3)
    assert [(one.reason, one.count, one.examples) for one in outcome.left_out] == [
        ("Too large.", 2, ["feature 4", "feature 5"]),
        ("No geometry.", 1, ["feature 2"]),
    ]


def test_what_was_altered_is_among_what_is_done() -> None:
    outcome = Outcome.of(3, altered=[("The ring was closed.", "feature 1")])
    assert (outcome.wanted, outcome.done, outcome.altered[0].count) == (3, 3, 1)


def test_a_reason_names_a_few_examples_only() -> None:
    outcome = Outcome.of(0, [("Empty.", f"feature {number}") for number in range(1, 101)])
    assert (outcome.left_out[0].count, len(outcome.left_out[0].examples)) == (100, MAX_EXAMPLES)
