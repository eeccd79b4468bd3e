"""The forms of names and of free texts, by which the APIs take them."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.problems import Invalid, shown
from modelyard.manifest.quality import Quality
from modelyard.manifest.stage import Stage, Vpc
from modelyard.manifest.training import Objective, Training, Trial
from modelyard.manifest.tuning import Range, Tuning

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"


def training(**given: Any) -> Training:
    needed: dict[str, Any] = {
        "container": "xgboost:3.2-0",
        "instance": "ml.m5.large",
        "objective": Objective(metric="train:auc", goal="maximize"),
        "hyperparameters": {"num_round": 10},
        "channels": {"train": Channel(path="datasets/train", content_type="text/csv")},
    }
    return Training(**{**needed, **given})


def batch(**given: Any) -> Batch:
    return Batch(instance="ml.m5.large", **given)


def network(zone: str) -> Vpc:
    subnets = {"subnet-0aaaaaaa": zone, "subnet-0bbbbbbb": "eu-west-1b"}
    return Vpc(subnets=subnets, security_groups=("sg-0ccccccc",))


MAKERS: dict[str, Callable[[str], object]] = {
    "content type": lambda text: Channel(path="a", content_type=text),
    "type to score": lambda text: batch(content_type=text),
    "accepted type": lambda text: batch(accept=text),
    "time zone": lambda text: batch(timezone=text),
    "channel": lambda text: training(
        container="123456789012.dkr.ecr.eu-central-1.amazonaws.com/own:1", channels={text: Channel(path="a")}
    ),
    "hyperparameter": lambda text: training(container=IMAGE, hyperparameters={text: 1}),
    "hyperparameter of a trial": lambda text: Trial(name="a", hyperparameters={text: 1}),
    "value": lambda text: training(container=IMAGE, hyperparameters={"a": text}),
    "range": lambda text: Tuning(ranges={text: Range(min=1, max=20)}),
    "word": lambda text: Range(values=(text, "other")),
    "metric": lambda text: training(
        metrics={text: "(x)"}, script="a/b.py", objective=Objective(metric="a", goal="maximize")
    ),
    "objective": lambda text: Objective(metric=text, goal="maximize"),
    "label": lambda text: Quality(problem_type="BinaryClassification", inference="0", positive_label=text),
    "zone": network,
    "tag": lambda text: Stage(name="dev", tags={text: "a"}),
    "value of a tag": lambda text: Stage(name="dev", tags={"a": text}),
}


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("content type", "csv", "content_type must be a media type such as text/csv or text/csv; label_size=0, got "),
        ("type to score", "text/csv;", "content_type must be a media type such as text/csv"),
        ("accepted type", "text/" + "a" * 252, "accept must be a media type such as text/csv"),
        (
            "time zone",
            "Europe/Berln",
            'timezone must be a time zone such as UTC or Europe/Berlin, got "Europe/Berln"; the nearest name is ',
        ),
        ("channel", "my train", "channels must be names of at most 64 letters, digits, dots, _ and -, got "),
        ("channel", "a" * 65, "channels must be names of at most 64 letters"),
        ("hyperparameter", "a b", "hyperparameters must be names of at most 256 letters"),
        ("hyperparameter of a trial", "", "hyperparameters must be names of at most 256 letters"),
        ("value", "a" * 2501, 'hyperparameters."a" must be at most 2500 characters, got 2501; shorten it'),
        ("range", "a'b", "ranges must be names of at most 256 letters"),
        ("word", "a" * 257, "values must be at most 256 characters, got 257; shorten it"),
        ("metric", "it's", "metrics must be a name of at most 255 letters, digits, spaces and "),
        ("objective", "a') or ('", "metric must be a name of at most 255 letters, digits, spaces and "),
        ("label", "a" * 257, "positive_label must be at most 256 characters, got 257; shorten it"),
        ("zone", "eu west", 'subnets."subnet-0aaaaaaa" must be an availability zone such as eu-west-1a'),
        ("tag", "AWS:owner", "tags must be keys of at most 128 letters, digits, spaces "),
        ("tag", "a" * 129, "tags must be keys of at most 128 letters"),
        ("value of a tag", "a;b", 'tags."a" must be at most 256 letters, digits, spaces'),
    ],
)
def test_a_text_of_another_form_is_refused_in_a_sentence(kind: str, text: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=f"^{re.escape(sentence)}"):
        MAKERS[kind](text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("content type", "application/x-recordio-protobuf"),
        ("content type", "text/csv; label_size=0; charset=utf-8"),
        ("type to score", 'text/csv; header="present or not"'),
        ("accepted type", "application/vnd.api+json"),
        ("time zone", "America/Argentina/Buenos_Aires"),
        ("time zone", "Etc/GMT+12"),
        ("channel", "a" * 64),
        ("hyperparameter", "a" * 256),
        ("hyperparameter", "tree.depth:max/left@1+2-3"),
        ("value", "a" * 2500),
        ("value", 'it\'s "so"; $HOME 100% {"a": 1}'),
        ("range", "learning_rate"),
        ("word", "a" * 256),
        ("objective", "Test Accuracy (%)"),
        ("objective", "a" * 255),
        ("label", "a" * 256),
        ("zone", "us-west-2-lax-1a"),
        ("tag", "kosten stelle/Ü:1"),
        ("value of a tag", ""),
        ("value of a tag", "a" * 256),
    ],
)
def test_a_text_of_the_form_is_taken(kind: str, text: str) -> None:
    assert MAKERS[kind](text) is not None


@pytest.mark.parametrize("value", ["a\x1b[31mb", "a\u202eb", "a\x7fb", {"a\u2066": "\u200b"}])
def test_a_value_is_shown_in_characters_that_can_be_seen(value: Any) -> None:
    assert shown(value).isprintable()
    assert "\\u" in shown(value)
