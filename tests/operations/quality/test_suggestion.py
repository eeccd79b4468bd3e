"""Suggested limits of quality: kept by a model that is as good as it was, broken by one that is worse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from modelyard.drift.quality.pairs import ClassPairs, NumberPairs, Pairs
from modelyard.drift.quality.statistics import quality_statistics
from modelyard.drift.quality.task import ProblemType
from modelyard.manifest.quality import Quality
from modelyard.operations.quality.suggestion import RECORDS_OF_A_CHECK, suggested_limits

CHECKS = 1000
BINARY = Quality(problem_type="BinaryClassification", probability="0", positive_label="1")
REGRESSION = Quality(problem_type="Regression", inference="0")
Doubles = np.ndarray[Any, np.dtype[np.float64]]
Drawn = Callable[[np.random.Generator, int, float], tuple[Doubles, Doubles]]


def classes(chance: np.random.Generator, rows: int, noise: float) -> tuple[Doubles, Doubles]:
    """Labels, three of ten positive, and probabilities; more noise hides the class."""
    labels = (chance.random(rows) < 0.3).astype(float)
    return labels, 1 / (1 + np.exp(-(labels * 3 - 1.5 + chance.normal(scale=noise, size=rows))))


def numbers(chance: np.random.Generator, rows: int, noise: float) -> tuple[Doubles, Doubles]:
    labels = chance.normal(size=rows) * 10
    return labels, labels + chance.normal(scale=noise, size=rows)


def table(labels: Doubles, answers: Doubles, *, column: str) -> str:
    lines = [f"{label:g},{answer}" for label, answer in zip(labels, answers, strict=True)]
    return "\n".join([f"label,{column}", *lines, ""])


def suggested(drawn: Drawn, *, rows: int = 1000) -> dict[str, float]:
    quality, column = (BINARY, "probability") if drawn is classes else (REGRESSION, "prediction")
    return suggested_limits(table(*drawn(np.random.default_rng(0), rows, 1.0), column=column), quality=quality)


def broken(limits: dict[str, float], drawn: Drawn, *, noise: float, seed: int) -> bool:
    labels, answers = drawn(np.random.default_rng(seed), RECORDS_OF_A_CHECK, noise)
    order = np.argsort(-answers)
    pairs: Pairs = (
        ClassPairs(
            names=("0", "1"),
            labels=labels.astype(np.int64)[order],
            predictions=(answers > 0.5).astype(np.int64)[order],
            scores=answers[order],
        )
        if drawn is classes
        else NumberPairs(labels=labels, predictions=answers)
    )
    problem = ProblemType.BINARY if drawn is classes else ProblemType.REGRESSION
    found = {name: one.value for name, one in quality_statistics(problem=problem, pairs=pairs).metrics.items()}
    return any(found[name] > limit if drawn is numbers else found[name] < limit for name, limit in limits.items())


@pytest.mark.parametrize("drawn", [classes, numbers])
def test_a_model_as_good_as_in_the_baseline_keeps_them_and_one_that_is_worse_does_not(drawn: Drawn) -> None:
    limits = suggested(drawn)
    quiet, worse = (
        sum(broken(limits, drawn, noise=noise, seed=seed) for seed in range(1, CHECKS + 1)) for noise in (1.0, 4.0)
    )
    assert len(limits) >= 2
    assert quiet <= 1
    assert worse > 0.9 * CHECKS


def test_too_few_records_suggest_no_limit() -> None:
    assert suggested(classes, rows=99) == {}


def test_a_metric_that_the_records_do_not_define_has_no_limit() -> None:
    positive = np.ones(200)
    found = suggested_limits(table(positive, positive * 0.9, column="probability"), quality=BINARY)
    assert "auc" not in found


def test_a_limit_has_two_digits_and_is_a_value_that_the_metric_can_have() -> None:
    assert all(0 <= limit <= 1 and round(limit, 3) == limit for limit in suggested(classes).values())
    assert all(float(f"{limit:.2g}") == limit > 0 for limit in suggested(numbers).values())
