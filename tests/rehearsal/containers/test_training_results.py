from datetime import UTC, datetime

import pytest

from modelyard.rehearsal.containers.processes import last_words
from modelyard.rehearsal.containers.training_results import (
    MetricDefinition,
    container_failure,
    scrape,
    script_message,
)
from modelyard.rehearsal.regexes import Regexes

LOSS = MetricDefinition(name="loss", regex=r"loss=(\S+);")


@pytest.mark.parametrize("text", ["loss=nan;", "loss=inf;", "loss=low;", "loss=;"])
def test_what_is_no_finite_number_is_no_metric(text: str, regexes: Regexes) -> None:
    assert scrape(line=text, definitions=[LOSS], timestamp=datetime.now(UTC), regexes=regexes) == []


def test_a_value_ends_at_an_escaped_tab(regexes: Regexes) -> None:
    auc = MetricDefinition(name="validation:auc", regex=r"#011validation-auc:(\S+)")
    line = "[0]#011train-auc:0.9#011validation-auc:0.8#011validation-error:0.2"

    (metric,) = scrape(line=line, definitions=[auc], timestamp=datetime.now(UTC), regexes=regexes)

    assert metric.value == 0.8


def test_a_metric_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="a metric's name must not be empty"):
        MetricDefinition(name="", regex="(.+)")


def test_a_metric_whose_expression_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"metric auc: '\(' is no regular expression"):
        MetricDefinition(name="auc", regex="(")


def test_a_metric_whose_expression_has_no_group_is_refused() -> None:
    with pytest.raises(ValueError, match="metric auc: 'auc' must have a group"):
        MetricDefinition(name="auc", regex="auc")


def test_a_failure_reason_has_at_most_1024_characters_and_keeps_the_exit_code() -> None:
    reason = container_failure(kind="AlgorithmError", message="x" * 5000, exit_code=1)

    assert (len(reason), reason[-14:]) == (1024, ", exit code: 1")


def test_a_script_that_said_nothing_has_no_last_words() -> None:
    assert 'ErrorMessage ""' in script_message(exit_code=1, error_message=last_words([]), command=["train"])
