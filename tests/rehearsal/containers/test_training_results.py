from datetime import UTC, datetime

import pytest

from modelyard.rehearsal.containers.training_results import (
    MetricDefinition,
    advised,
    captured_error,
    container_failure,
    scrape,
    script_message,
)
from modelyard.rehearsal.regexes import Regexes
from modelyard.shared.container_families import PYTORCH, SKLEARN, TENSORFLOW, XGBOOST, ContainerFamily

LOSS = MetricDefinition(name="loss", regex=r"loss=(\S+);")


@pytest.mark.parametrize("text", ["loss=nan;", "loss=inf;", "loss=low;", "loss=;"])
def test_what_is_no_finite_number_is_no_metric(text: str, regexes: Regexes) -> None:
    assert scrape(line=text, definitions=[LOSS], timestamp=datetime.now(UTC), regexes=regexes) == []


@pytest.mark.parametrize(("group", "values"), [(r"(\S+)", []), (r"([\d.]+)", [0.8])])
def test_an_escaped_tab_does_not_end_what_a_group_finds(group: str, values: list[float], regexes: Regexes) -> None:
    auc = MetricDefinition(name="validation:auc", regex=f"#011validation-auc:{group}")
    line = "[0]#011train-auc:0.9#011validation-auc:0.8#011validation-error:0.2"

    found = scrape(line=line, definitions=[auc], timestamp=datetime.now(UTC), regexes=regexes)

    assert [metric.value for metric in found] == values


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
    reason = container_failure("x" * 5000)

    assert (len(reason), reason[-14:]) == (1024, ", exit code: 1")


PRINTED = [
    "epoch 1",
    "Traceback (most recent call last):",
    '  File "train.py", line 3, in <module>',
    '    raise ValueError("label column missing")',
    "ValueError: label column missing",
    "ValueError: label column missing",
]


def test_a_toolkit_keeps_what_was_printed_from_the_first_error_on() -> None:
    assert captured_error(PRINTED) == ('raise ValueError("label column missing")\n ValueError: label column missing')


@pytest.mark.parametrize("printed", [[], ["the data is stale"]])
def test_a_toolkit_keeps_nothing_of_what_names_no_error(printed: list[str]) -> None:
    assert captured_error(printed) == ""


@pytest.mark.parametrize(
    ("family", "sentence"),
    [
        (PYTORCH, 'ExecuteUserScriptError:\nExitCode 3\nErrorMessage "KeyError: x"\nCommand "python train.py"'),
        (TENSORFLOW, 'ExecuteUserScriptError:\nExitCode 3\nErrorMessage "KeyError: x"\nCommand "python train.py"'),
        (SKLEARN, 'ExecuteUserScriptError:\nExitCode 3\nErrorMessage ""\nCommand "python train.py"'),
        (XGBOOST, 'ExecuteUserScriptError:\nCommand "python train.py"'),
    ],
    ids=["pytorch", "tensorflow", "sklearn", "xgboost"],
)
def test_each_family_words_a_failed_script_in_its_way(family: ContainerFamily, sentence: str) -> None:
    told = script_message(family=family, exit_code=3, captured="KeyError: x", command=["python", "train.py"])

    assert told == sentence


def test_a_killed_script_is_said_to_be_out_of_memory() -> None:
    told = script_message(family=PYTORCH, exit_code=137, captured="", command=["python", "train.py"])

    assert 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"' in told


def test_advice_stands_behind_a_reason() -> None:
    assert advised("AlgorithmError: , exit code: 1", "do this") == "AlgorithmError: , exit code: 1. do this"


def test_a_reason_that_is_too_long_keeps_its_advice() -> None:
    told = advised("x" * 1024, "do this")

    assert (len(told), told[-9:]) == (1024, ". do this")


def test_without_advice_a_reason_is_what_it_is() -> None:
    assert advised("AlgorithmError", None) == "AlgorithmError"
