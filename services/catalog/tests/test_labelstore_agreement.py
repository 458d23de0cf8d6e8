"""Rules of several opinions of one image."""

import pytest

from catalog.labelstore.objects.agreement import Said, Score, agree, compare, iou
from catalog.labelstore.taxonomies.domain import problem_of, spellings
from contracts.catalog.label_taxonomies import TaxonomyLabel as Label


def said(xmin: int, label: str = "roof", width: int = 10) -> Said:
    return Said(label, (xmin, 0, xmin + width, 10))


SQUARE = {"type": "polygon", "coordinates": [[[[0, 0], [10, 0], [10, 10], [0, 10]]]]}
TRIANGLE = {"type": "polygon", "coordinates": [[[[0, 0], [10, 0], [0, 10]]]]}


def test_outlines_are_compared_where_both_have_one():
    square, triangle = Said("a", (0, 0, 10, 10), SQUARE), Said("a", (0, 0, 10, 10), TRIANGLE)
    assert iou(square, triangle) == pytest.approx(0.5)
    assert iou(square, Said("a", (0, 0, 10, 10))) == 1
    assert iou(said(0), said(5)) == pytest.approx(1 / 3)


def test_each_object_matches_once_and_the_best_pair_first():
    truth, drawn = [said(0), said(30), said(60)], [said(2), said(0), said(30, "tree")]
    assert compare(truth, drawn, 0.5) == Score(1, 2, 2)
    assert compare([], [], 0.5).f1 == 1
    assert compare(truth, [], 0.5).f1 == 0


def test_most_opinions_decide():
    opinions = [[said(0), said(30)], [said(1), said(60)], [said(0), said(31, "hut")]]
    found = agree(opinions, 0.5)
    assert [(one.label, one.box[0]) for one in found.objects] == [("roof", 0), ("roof", 30)]
    assert found.disputed == 1
    assert found.agreement == pytest.approx((0.5 + 0.5 + 0.5) / 3)
    assert agree([[], [], []], 0.5).agreement == 1
    assert agree([[said(0)], [said(50)]], 0.5).objects == []


@pytest.mark.parametrize(
    ("labels", "problem"),
    [
        ([Label(name="a"), Label(name="A")], "twice"),
        ([Label(name="a", synonyms=["b"]), Label(name="b")], "twice"),
        ([Label(name="a", parent="x")], "no label"),
        ([Label(name="a", parent="b"), Label(name="b", parent="a")], "ancestor"),
        ([Label(name="a", parent="a")], "ancestor"),
    ],
)
def test_taxonomies_are_trees_of_different_names(labels: list[Label], problem: str):
    assert problem in (problem_of(labels) or "")


def test_synonyms_stand_for_their_label():
    labels = [Label(name="Bottle", synonyms=["flask"], parent="litter"), Label(name="litter")]
    assert problem_of(labels) is None
    assert spellings(labels) == {"bottle": "Bottle", "flask": "Bottle", "litter": "litter"}
