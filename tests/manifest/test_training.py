import math
from typing import Any

import pytest

from modelyard.manifest.channel import Channel
from modelyard.manifest.problems import Invalid
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

BOUNDS = "choose a number within the bounds"
NEEDED: dict[str, Any] = {
    "container": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/own:1",
    "instance": "ml.m5.large",
    "objective": Objective(metric="validation:auc", goal="maximize"),
    "channels": {"train": Channel(path="datasets/train", content_type="text/csv")},
}
ALGORITHM: dict[str, Any] = {
    **NEEDED,
    "container": "xgboost:3.2-0",
    "channels": {name: Channel(path=f"datasets/{name}", content_type="text/csv") for name in ("train", "validation")},
    "hyperparameters": {"num_round": 10, "objective": "binary:logistic"},
}
REGEX = (
    'metrics."auc" must be a regular expression of at most 500 characters whose first group is the value, got {}; '
    r"write for instance 'auc:(\S+)'"
)
RANGE = "min must be given and below max ({}), got {}; write {{ min = 1, max = 8 }}, or a list of words"
WORDS = Tuning(ranges={"booster": Range(values=("gbtree", "dart"))}, strategy="Grid")
TRIAL_NAME = (
    'name must be 1 to 24 letters, digits and inner hyphens, got "{}"; shorten it or replace the other characters'
)


SCRIPT: dict[str, Any] = {"script": "a/train.py", "metrics": {"validation:auc": r"auc:(\S+)"}}
SEARCH = Tuning(ranges={"depth": Range(min=1, max=8), "eta": Range(min=0.1, max=0.5)})


def numbered(count: int) -> dict[str, int]:
    return {f"h{number}": number for number in range(count)}


def words(count: int) -> Range:
    return Range(values=tuple(f"w{number}" for number in range(count)))


def between(key: str, high: int, got: int) -> str:
    return f"{key} must be between 1 and {high}, got {got}; {BOUNDS}"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"instance_count": 0}, between("instance_count", 20, 0)),
        ({"instance_count": 21}, between("instance_count", 20, 21)),
        ({"volume_gb": 0}, between("volume_gb", 16384, 0)),
        ({"volume_gb": 16385}, between("volume_gb", 16384, 16385)),
        ({"max_runtime_minutes": 0}, between("max_runtime_minutes", 7200, 0)),
        ({"max_runtime_minutes": 7201}, between("max_runtime_minutes", 7200, 7201)),
        ({"max_parallel": 0}, between("max_parallel", 40, 0)),
        ({"max_parallel": 41}, between("max_parallel", 40, 41)),
        ({"channels": {}}, "channels must be a list of 1 to 20, got 0; name the data to train on"),
        (
            {"channels": {f"c{i}": Channel(path="a") for i in range(21)}},
            "channels must be a list of 1 to 20, got 21; name the data to train on",
        ),
        (
            {"baseline_dataset": "/datasets/baseline"},
            'baseline_dataset must be a path such as datasets/train, got "/datasets/baseline"; '
            "leave out s3://, the bucket and slashes at either end",
        ),
        (
            {"script": "a/train.py"},
            'objective.metric must be one of the metrics (), got "validation:auc"; '
            "add its regular expression under [training.metrics]",
        ),
        (
            {"script": "a/train.py", "metrics": {"train:auc": r"auc:(\S+)", "loss": r"loss:(\S+)"}},
            'objective.metric must be one of the metrics (train:auc, loss), got "validation:auc"; '
            "add its regular expression under [training.metrics]",
        ),
        (
            ALGORITHM | {"metrics": {"train:auc": r"auc:(\S+)"}},
            'metrics must be left out for a built-in algorithm, which names its own, got ["train:auc"]; '
            "remove [training.metrics] or name a script",
        ),
        (
            {"spot": Spot(max_wait_minutes=59)},
            "spot.max_wait_minutes must be at least max_runtime_minutes (60), got 59; "
            "the wait includes the run: raise it or lower max_runtime_minutes",
        ),
        (
            {"trials": (Trial(name="one"),), "tuning": WORDS},
            'tuning must be left out when trials are listed, got "given"; keep one of the two',
        ),
        (
            {"trials": (Trial(name="one"), Trial(name="two"), Trial(name="one"))},
            'trials.name must be different in each trial, got ["one"]; rename one of them',
        ),
        (
            {
                "hyperparameters": {f"shared{i}": i for i in range(60)},
                "trials": (Trial(name="wide", hyperparameters={f"own{i}": i for i in range(41)}),),
            },
            "trials.wide.hyperparameters must be at most 100 with those of all trials and of the search, got 101; "
            "a job takes 100, 0 of them ours: leave some to the script's defaults",
        ),
        (
            SCRIPT | {"hyperparameters": numbered(99)},
            "hyperparameters must be at most 98 with those of all trials and of the search, got 99; "
            "a job takes 100, 2 of them ours: leave some to the script's defaults",
        ),
        (
            SCRIPT | {"hyperparameters": numbered(96), "tuning": SEARCH},
            "hyperparameters must be at most 97 with those of all trials and of the search, got 98; "
            "a job takes 100, 3 of them ours: leave some to the script's defaults",
        ),
        (
            SCRIPT | {"hyperparameters": {"note": "x" * 2499}},
            'hyperparameters."note" must be at most 2500 characters as the job is given it, got 2501; '
            "shorten it, or let the script read it from a file",
        ),
        (
            {"hyperparameters": {"note": "x" * 2501}},
            'hyperparameters."note" must be at most 2500 characters, got 2501; shorten it',
        ),
        (
            {"hyperparameters": {"number": 10**2500}},
            'hyperparameters."number" must be at most 2500 characters, got 2501; shorten it',
        ),
        (
            {"hyperparameters": {"depth": 3}, "tuning": SEARCH},
            'tuning.ranges must be others than those of hyperparameters, got ["depth"]; '
            "search it or fix it: keep one of the two",
        ),
    ],
)
def test_a_training_refuses_what_sagemaker_would(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Training(**{**NEEDED, **values})

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"instance_count": 1},
        {"instance_count": 20},
        {"volume_gb": 1},
        {"volume_gb": 16384},
        {"max_runtime_minutes": 1},
        {"max_runtime_minutes": 7200},
        {"max_parallel": 1},
        {"max_parallel": 40},
        {"channels": {f"c{i}": Channel(path="a") for i in range(20)}},
        {"baseline_dataset": "datasets/baseline/data.csv"},
        {"script": "a/train.py", "metrics": {"validation:auc": r"auc:(\S+)"}},
        SCRIPT | {"hyperparameters": numbered(98)},
        SCRIPT | {"hyperparameters": numbered(95), "tuning": SEARCH},
        SCRIPT | {"hyperparameters": {"note": "x" * 2498}},
        SCRIPT | {"channels": {"train": Channel(path="datasets/train")}},
        {"hyperparameters": {"note": "x" * 2500}},
        {"trials": tuple(Trial(name=f"t{number}") for number in range(150))},
        {"spot": Spot(max_wait_minutes=60)},
        {"tuning": WORDS},
        {"trials": (Trial(name="one"), Trial(name="two"))},
        {
            "hyperparameters": {f"shared{i}": i for i in range(60)},
            "trials": (Trial(name="wide", hyperparameters={f"own{i}": i for i in range(40)}),),
        },
        {
            "hyperparameters": {f"shared{i}": i for i in range(100)},
            "trials": (Trial(name="same", hyperparameters={"shared0": 7}),),
        },
    ],
)
def test_a_training_takes_what_sagemaker_takes(values: dict[str, Any]) -> None:
    training = Training(**{**NEEDED, **values})

    assert {key: getattr(training, key) for key in values} == values


@pytest.mark.parametrize(
    ("regex", "shown"),
    [
        (r"auc:\S+", r'"auc:\\S+"'),
        (r"auc:(?:\S+)", r'"auc:(?:\\S+)"'),
        ("auc:(", '"auc:("'),
        ("auc:(a{99999999999})", '"auc:(a{99999999999})"'),
        ("(" + "x" * 499 + ")", '"(' + "x" * 57 + "…"),
    ],
)
def test_a_metric_is_refused_without_an_expression_that_finds_its_value(regex: str, shown: str) -> None:
    with pytest.raises(Invalid) as refused:
        Training(**NEEDED, script="a/train.py", metrics={"validation:auc": "(x)", "auc": regex})

    assert str(refused.value) == REGEX.format(shown)


def test_a_metric_takes_an_expression_of_five_hundred_characters() -> None:
    regex = "(" + "x" * 498 + ")"

    training = Training(**NEEDED, script="a/train.py", metrics={"validation:auc": regex})

    assert training.metrics == {"validation:auc": regex}


def test_forty_metrics_are_taken() -> None:
    metrics = {"validation:auc": "(x)"} | {f"m{i}": "(x)" for i in range(39)}

    training = Training(**NEEDED, script="a/train.py", metrics=metrics)

    assert training.metrics == metrics


def test_forty_one_metrics_are_refused() -> None:
    metrics = {"validation:auc": "(x)"} | {f"m{i}": "(x)" for i in range(40)}

    with pytest.raises(Invalid) as refused:
        Training(**NEEDED, script="a/train.py", metrics=metrics)

    assert str(refused.value) == "metrics must be a list of 0 to 40, got 41; scrape fewer"


@pytest.mark.parametrize("name", ["", "deep_tree", "-deep", "deep-", "x" * 25])
def test_a_trial_refuses_a_name_that_a_job_cannot_carry(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        Trial(name=name)

    assert str(refused.value) == TRIAL_NAME.format(name)


@pytest.mark.parametrize("name", ["x", "hidden-10", "x" * 24])
def test_a_trial_takes_a_name_that_a_job_can_carry(name: str) -> None:
    trial = Trial(name=name)

    assert trial.name == name


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, RANGE.format("nothing", "nothing")),
        ({"min": 1}, RANGE.format("nothing", "1")),
        ({"max": 8}, RANGE.format("8", "nothing")),
        ({"min": 8, "max": 8}, RANGE.format("8", "8")),
        ({"min": 9, "max": 8}, RANGE.format("8", "9")),
        ({"min": math.nan, "max": 8}, RANGE.format("8", "NaN")),
        ({"min": 1, "max": math.nan}, RANGE.format("nan", "1")),
        ({"min": 1, "max": math.inf}, RANGE.format("inf", "1")),
        ({"min": -math.inf, "max": 8}, RANGE.format("8", "-Infinity")),
        (
            {"min": 0, "max": 1, "scaling": "Logarithmic"},
            'scaling must be Auto or Linear when min is not above 0 (0), got "Logarithmic"; '
            "raise min above 0 or change the scaling",
        ),
        (
            {"min": 0.5, "max": 1.0, "scaling": "ReverseLogarithmic"},
            "scaling must be Auto or Linear unless all lies from 0 to below 1 (0.5 to 1.0), "
            'got "ReverseLogarithmic"; change the scaling or the bounds',
        ),
        (
            {"min": -0.1, "max": 0.9, "scaling": "ReverseLogarithmic"},
            "scaling must be Auto or Linear unless all lies from 0 to below 1 (-0.1 to 0.9), "
            'got "ReverseLogarithmic"; change the scaling or the bounds',
        ),
        (
            {"values": ("a", "b"), "min": 1, "max": 2},
            'values must be left out beside min and max, got ["a", "b"]; keep the words or the bounds',
        ),
        (
            {"values": ("gbtree",)},
            'values must be two words or more, got ["gbtree"]; '
            "a search varies what it is given: write a single value under hyperparameters",
        ),
        (
            {"values": ("gbtree", "dart", "gbtree")},
            'values must be different words, got ["gbtree"]; list each word once',
        ),
        (
            {"values": tuple(f"w{number}" for number in range(31))},
            "values must be a list of 0 to 30, got 31; list fewer",
        ),
    ],
)
def test_a_range_refuses_bounds_between_which_nothing_lies(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        Range(**values)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"min": 1, "max": 8}, "Integer"),
        ({"min": -1, "max": 0}, "Integer"),
        ({"min": 1.0, "max": 8}, "Continuous"),
        ({"min": 1, "max": 8.0}, "Continuous"),
        ({"min": 0.001, "max": 0.1, "scaling": "Logarithmic"}, "Continuous"),
        ({"min": 0.0, "max": 0.1, "scaling": "Linear"}, "Continuous"),
        ({"min": 0.0, "max": 0.999, "scaling": "ReverseLogarithmic"}, "Continuous"),
        ({"values": ("gbtree", "dart")}, "Categorical"),
    ],
)
def test_a_range_is_varied_by_what_its_bounds_are(values: dict[str, Any], kind: str) -> None:
    searched = Range(**values)

    assert searched.kind == kind


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"ranges": {}}, "ranges must be a list of 1 to 30, got 0; name the hyperparameters to vary"),
        (
            {"ranges": {f"r{i}": Range(min=0, max=1) for i in range(31)}},
            "ranges must be a list of 1 to 30, got 31; name the hyperparameters to vary",
        ),
        (
            {"max_jobs": 0, "max_parallel": 1},
            f"max_jobs must be between 1 and 750, got 0; {BOUNDS}\n"
            "max_parallel must be at most max_jobs (0), got 1; lower it or raise max_jobs",
        ),
        ({"max_jobs": 751}, between("max_jobs", 750, 751)),
        ({"max_parallel": 0}, between("max_parallel", 100, 0)),
        ({"max_jobs": 750, "max_parallel": 101}, between("max_parallel", 100, 101)),
        ({"max_parallel": 11}, "max_parallel must be at most max_jobs (10), got 11; lower it or raise max_jobs"),
        (
            {"strategy": "Grid"},
            'strategy must be Bayesian, Random or Hyperband while eta is a range of numbers, got "Grid"; '
            "list the values as words, or choose another strategy",
        ),
        (
            {"ranges": {"depth": Range(min=2, max=4), "booster": words(3)}},
            "max_jobs must be at most the 9 combinations of the ranges, got 10; lower it or widen a range",
        ),
        (
            {"strategy": "Hyperband", "early_stopping": True},
            "early_stopping must be false with Hyperband, which stops jobs by itself, got true; leave it out",
        ),
        (
            {"strategy": "Grid", "ranges": {"a": words(26), "b": words(30)}},
            "ranges must be of at most 750 combinations, got 780; list fewer words, or choose another strategy",
        ),
    ],
)
def test_a_search_refuses_what_a_tuning_job_would(values: dict[str, Any], sentence: str) -> None:
    given = {"ranges": {"eta": Range(min=0.1, max=0.5)}, **values}

    with pytest.raises(Invalid) as refused:
        Tuning(**given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {"ranges": {f"r{i}": Range(min=0, max=1) for i in range(30)}},
        {"max_jobs": 1, "max_parallel": 1},
        {"max_jobs": 750, "max_parallel": 100},
        {"max_parallel": 10},
        {"strategy": "Hyperband"},
        {"strategy": "Bayesian", "early_stopping": True},
        {"strategy": "Grid", "ranges": {"a": words(25), "b": words(30)}},
        {"ranges": {"depth": Range(min=1, max=5), "booster": words(2)}, "max_jobs": 10},
        {"ranges": {"depth": Range(min=1, max=2), "eta": Range(min=0.1, max=0.5)}, "max_jobs": 750},
    ],
)
def test_a_search_takes_what_a_tuning_job_takes(values: dict[str, Any]) -> None:
    given = {"ranges": {"eta": Range(min=0.1, max=0.5)}, **values}

    tuning = Tuning(**given)

    assert {key: getattr(tuning, key) for key in given} == given


def test_a_grid_makes_a_job_for_each_combination() -> None:
    ranges = {"booster": Range(values=("gbtree", "dart")), "depth": Range(values=("3", "5", "7"))}

    tuning = Tuning(ranges=ranges, strategy="Grid")

    assert tuning.jobs == 6


def test_another_search_makes_as_many_jobs_as_it_may() -> None:
    tuning = Tuning(ranges={"eta": Range(min=0.1, max=0.5)}, max_jobs=7)

    assert tuning.jobs == 7


@pytest.mark.parametrize("minutes", [0, 7201])
def test_spot_refuses_a_wait_that_sagemaker_does_not_know(minutes: int) -> None:
    with pytest.raises(Invalid) as refused:
        Spot(max_wait_minutes=minutes)

    assert str(refused.value) == between("max_wait_minutes", 7200, minutes)


def many(count: int) -> tuple[Trial, ...]:
    return tuple(Trial(name=f"t{number:03}", hyperparameters={"seed": number}) for number in range(count))


def test_trials_whose_results_no_state_can_hold_are_refused() -> None:
    with pytest.raises(Invalid, match="trials must be few and short enough for a state of Step Functions"):
        Training(**NEEDED, trials=many(400))


def test_a_hundred_trials_fit() -> None:
    assert len(Training(**NEEDED, trials=many(100)).all_trials) == 100


def test_a_training_without_trials_has_one_named_single() -> None:
    training = Training(**NEEDED)

    assert training.all_trials == (Trial(name="single"),)


def test_a_training_that_searches_has_no_trials() -> None:
    training = Training(**NEEDED, tuning=WORDS)

    assert training.all_trials == ()


def test_an_image_of_the_users_own_may_name_metrics_without_a_script() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"

    training = Training(**{**NEEDED, "container": image}, metrics={"validation:auc": "(x)"})

    assert training.family == ""


SCRIPTED: dict[str, Any] = {
    **NEEDED,
    "container": "pytorch:2.6",
    "script": "digits/train.py",
    "metrics": {"validation:auc": r"auc:(\S+)"},
    "hyperparameters": {},
}


def refused(values: dict[str, Any]) -> str:
    with pytest.raises(Invalid) as raised:
        Training(**values)
    return str(raised.value)


@pytest.mark.parametrize("word", ["a b", "$HOME", "a;b", "*", "it's", ""])
@pytest.mark.parametrize("container", ["pytorch:2.6", "tensorflow:2.19"])
def test_a_text_that_a_shell_would_change_is_refused_for_containers_that_ask_one(container: str, word: str) -> None:
    told = refused(SCRIPTED | {"container": container, "hyperparameters": {"word": word}})

    assert "hyperparameters.word must be letters, digits and _ @ % + = : , . / -" in told


def test_a_word_of_a_search_that_a_shell_would_change_is_refused() -> None:
    tuning = Tuning(ranges={"layers": Range(values=("1", "2 3"))}, strategy="Grid")

    assert "tuning.ranges.layers must be letters, digits" in refused(SCRIPTED | {"tuning": tuning})


@pytest.mark.parametrize("container", ["xgboost:3.2-0", "sklearn:1.9-0"])
def test_a_text_with_blanks_is_taken_for_containers_without_a_shell(container: str) -> None:
    given = SCRIPTED | {"container": container, "hyperparameters": {"word": "a b"}}

    assert Training(**given).hyperparameters == {"word": "a b"}


@pytest.mark.parametrize("value", ["s3://bucket/models", "/opt/ml/model"])
def test_tensorflow_is_told_its_model_dir_by_nobody_else(value: str) -> None:
    told = refused(SCRIPTED | {"container": "tensorflow:2.19", "hyperparameters": {"model_dir": value}})

    assert "hyperparameters.model_dir must be left out for tensorflow" in told


@pytest.mark.parametrize("container", ["sklearn:1.9-0", "pytorch:2.6", "tensorflow:2.19"])
def test_an_image_of_a_framework_needs_a_script(container: str) -> None:
    told = refused({name: value for name, value in SCRIPTED.items() if name != "script"} | {"container": container})

    assert "script must be named for an image of a framework, which has no algorithm of its own, got nothing" in told


def test_a_channel_of_the_algorithm_must_say_what_it_holds() -> None:
    told = refused(ALGORITHM | {"channels": {"train": Channel(path="datasets/train")}})

    assert "channels.train.content_type must be one of text/csv, csv, text/libsvm" in told


def test_a_content_type_with_a_parameter_is_refused_for_the_algorithm() -> None:
    channel = Channel(path="datasets/train", content_type="text/csv;label_size=1")

    assert "channels.train.content_type must be one of" in refused(ALGORITHM | {"channels": {"train": channel}})


def test_a_channel_of_another_name_is_refused_for_the_algorithm() -> None:
    channels = ALGORITHM["channels"] | {"test": Channel(path="datasets/test", content_type="text/csv")}

    assert "channels.test must be one of train, validation, code" in refused(ALGORITHM | {"channels": channels})


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"hyperparameters": {"objective": "binary:logistic"}},
            "hyperparameters.num_round must be a whole number of at least 1 for XGBoost's own algorithm, got nothing; "
            "its container refuses the job: Missing required hyperparameter: num_round",
        ),
        (
            {"hyperparameters": ALGORITHM["hyperparameters"] | {"eta": 2}},
            "hyperparameters.eta must be a number of at least 0 and of at most 1 for XGBoost's own algorithm, got 2; ",
        ),
        (
            {"trials": (Trial(name="deep", hyperparameters={"max_depth": 6.5}),)},
            "trials.deep.hyperparameters.max_depth must be a whole number of at least 0",
        ),
        (
            {"tuning": Tuning(ranges={"subsample": Range(min=0.0, max=1.0)})},
            "tuning.ranges.subsample must be a number above 0 and of at most 1",
        ),
        (
            {"tuning": Tuning(ranges={"booster": Range(values=("gbtree", "gbforest"))}, strategy="Grid")},
            "tuning.ranges.booster must be one of gbtree, gblinear, dart",
        ),
        (
            {"objective": Objective(metric="auc", goal="maximize")},
            "objective.metric must be train or validation, a colon, and one of accuracy, auc",
        ),
        (
            {
                "objective": Objective(metric="train:auc", goal="maximize"),
                "tuning": Tuning(ranges={"eta": Range(min=0.1, max=0.5)}),
            },
            "objective.metric must be validation, a colon, and one of accuracy, auc",
        ),
        (
            {"channels": NEEDED["channels"]},
            'objective.metric must be measured on one of the channels (train), got "validation:auc"; '
            "add the channel validation",
        ),
    ],
)
def test_what_the_algorithms_container_refuses_is_refused_where_it_is_written(
    values: dict[str, Any], sentence: str
) -> None:
    told = refused(ALGORITHM | values)

    assert (sentence in told, len(told.splitlines())) == (True, 1)


def test_a_problem_of_all_trials_is_named_once() -> None:
    trials = (Trial(name="one"), Trial(name="two"))

    told = refused(ALGORITHM | {"hyperparameters": {"num_round": 0}, "trials": trials})

    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"trials": (Trial(name="own", hyperparameters={"eval_metric": "f1,auc", "learning_rate": 0.3}),)},
        {"tuning": Tuning(ranges={"eta": Range(min=0.0, max=1.0), "max_depth": Range(min=1, max=8)})},
    ],
)
def test_what_the_algorithm_takes_is_taken(values: dict[str, Any]) -> None:
    assert Training(**ALGORITHM | values).script is None
