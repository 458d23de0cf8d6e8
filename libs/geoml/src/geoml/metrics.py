"""Metrics of a prediction, by pixels and by buildings."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Geometry, STRtree


def confusion(truth: NDArray, predicted: NDArray) -> NDArray[np.int64]:
    """Returns the confusion matrix [truth, predicted] of ground and building, of two boolean arrays of one shape.

    Matrices of several chips may be added.
    """
    return np.bincount(2 * truth.ravel().astype(int) + predicted.ravel(), minlength=4).reshape(2, 2)


def pixel_metrics(counts: NDArray) -> dict[str, float]:
    """Returns `building_iou`, `mean_iou` over ground and building, and `accuracy` of a confusion matrix.

    IoU is TP / (TP + FP + FN); a class that neither labels nor prediction contain has an IoU of 1.
    """
    hits = np.diag(counts)
    either = counts.sum(axis=0) + counts.sum(axis=1) - hits
    iou = np.where(either > 0, hits / np.maximum(either, 1), 1.0)
    accuracy = hits.sum() / max(counts.sum(), 1)
    return {"building_iou": float(iou[1]), "mean_iou": float(iou.mean()), "accuracy": float(accuracy)}


def object_metrics(truth: int, predicted: int, hits: int) -> dict[str, float]:
    """Returns `object_precision`, `object_recall` and `object_f1` of the numbers of labels, outlines and matches."""
    precision, recall = hits / max(predicted, 1), hits / max(truth, 1)
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"object_precision": precision, "object_recall": recall, "object_f1": f1}


def match(truth: Sequence[Geometry], predicted: Sequence[Geometry], min_iou: float = 0.5) -> list[tuple[int, int]]:
    """Returns the matching pairs (label, outline) of two lists of polygons in one CRS.

    A pair matches from an IoU of `min_iou`; each polygon matches at most one, pairs of highest IoU first.
    """
    if not len(truth) or not len(predicted):
        return []
    a, b = np.asarray(truth, object), np.asarray(predicted, object)
    i, j = STRtree(b).query(a, predicate="intersects")
    shared = shapely.area(shapely.intersection(a[i], b[j]))
    iou = shared / (shapely.area(a[i]) + shapely.area(b[j]) - shared)
    seen_a, seen_b, pairs = set(), set(), []
    for pair in np.argsort(-iou, kind="stable"):
        if iou[pair] >= min_iou and i[pair] not in seen_a and j[pair] not in seen_b:
            seen_a.add(i[pair])
            seen_b.add(j[pair])
            pairs.append((int(i[pair]), int(j[pair])))
    return pairs


def average_precision(confidence: Sequence[float], right: Sequence[bool], labels: int) -> float:
    """Returns the area under precision over recall, as COCO has it: of two precisions at one recall the higher counts.

    Of each answer its confidence and whether it matches one of the `labels`, of which each is matched at most once.
    """
    hits = np.cumsum(np.asarray(right, int)[np.argsort(-np.asarray(confidence, float), kind="stable")])
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float((np.diff(hits, prepend=0) * precision).sum() / max(labels, 1))
