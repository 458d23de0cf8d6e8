"""The measures that the house is kept to."""

from tests.architecture.sizes import median, p90, whole


def test_functions_and_modules_stay_small():
    sizes = whole()
    assert median(sizes.functions) < 10
    assert p90(sizes.functions) < 30
    assert median(sizes.modules) < 70
    assert {name: lines for name, lines in sizes.modules.items() if lines > 250} == {}
