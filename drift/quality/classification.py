"""The metrics of a classification, in AWS's names and order.

Source: AWS's developer guide, model quality metrics; the tests hold these functions against the examples there.
"""

import math

import numpy as np

from modelyard.drift.kernels.arrays import Doubles, Integers
from modelyard.drift.quality.curves import precision_recall_curve, roc_curve
from modelyard.drift.quality.pairs import ClassPairs, confusion_matrix

BETAS = (("f0_5", 0.5), ("f1", 1.0), ("f2", 2.0))
CONSTANT_CLASSIFIER = "_best_constant_classifier"


def binary_metrics(*, pairs: ClassPairs) -> dict[str, float]:
    """Return the metrics of a binary classification; auc and au_prc only with scores."""
    table = confusion_matrix(pairs=pairs)
    always = _constant(table)
    recall, fall_out = _ratio(table[1, 1], table[1].sum()), _ratio(table[0, 1], table[0].sum())
    areas = {}
    if pairs.scores is not None:
        areas = {"auc": roc_curve(pairs=pairs).area(), "au_prc": precision_recall_curve(pairs=pairs).area()}
    return {
        **_named("{}", table),
        **_named(f"{{}}{CONSTANT_CLASSIFIER}", always),
        "true_positive_rate": recall,
        "true_negative_rate": 1 - fall_out,
        "false_positive_rate": fall_out,
        "false_negative_rate": 1 - recall,
        **areas,
        **{name: _f_measure(table, beta) for name, beta in BETAS},
        **{f"{name}{CONSTANT_CLASSIFIER}": _f_measure(always, beta) for name, beta in BETAS},
    }


def _named(pattern: str, table: Integers) -> dict[str, float]:
    return {
        pattern.format("recall"): _ratio(table[1, 1], table[1].sum()),
        # as in Spark: who never says 1 has no precision at all
        pattern.format("precision"): _ratio(table[1, 1], table[:, 1].sum(), nothing=0.0),
        pattern.format("accuracy"): _ratio(np.trace(table), table.sum()),
    }


def _ratio(part: np.int64, whole: np.int64, nothing: float = math.nan) -> float:
    return float(part) / float(whole) if whole > 0 else nothing


def _constant(table: Integers) -> Integers:
    """Return what the best constant classifier makes of the labels: it always says the most frequent prediction.

    AWS's developer guide has an example that always says the last class; the real files that are known do not.
    """
    constant = np.zeros_like(table)
    constant[:, int(np.argmax(table.sum(axis=0)))] = table.sum(axis=1)
    return constant


def _f_measure(table: Integers, beta: float) -> float:
    """Return the weighted harmonic mean of precision and recall, recall weighing beta times as much."""
    recall = _ratio(table[1, 1], table[1].sum())
    precision, weight = _ratio(table[1, 1], table[:, 1].sum(), nothing=0.0), beta * beta
    whole = weight * precision + recall
    return (1 + weight) * precision * recall / whole if whole != 0 else 0.0


def multiclass_metrics(*, pairs: ClassPairs) -> dict[str, float]:
    """Return the metrics of a multiclass classification, each class weighing as much as it has labels."""
    table = confusion_matrix(pairs=pairs)
    return {**_weighted("{}", table), **_weighted(f"{{}}{CONSTANT_CLASSIFIER}", _constant(table))}


def _weighted(pattern: str, table: Integers) -> dict[str, float]:
    hits, labels, predictions = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    shares = labels / labels.sum()
    recalls, precisions = _ratios(hits, labels), _ratios(hits, predictions)
    values = {
        "accuracy": float(hits.sum() / labels.sum()),
        "weighted_recall": float(np.sum(shares * recalls)),
        "weighted_precision": float(np.sum(shares * precisions)),
    }
    for name, beta in BETAS:
        weight = beta * beta
        measures = _ratios((1 + weight) * precisions * recalls, weight * precisions + recalls)
        values[f"weighted_{name}"] = float(np.sum(shares * measures))
    return {pattern.format(name): value for name, value in values.items()}


def _ratios(parts: Integers | Doubles, wholes: Integers | Doubles) -> Doubles:
    """Return the ratios, 0 where there is nothing to divide by."""
    return np.divide(parts, wholes, out=np.zeros(len(parts)), where=wholes > 0)
