"""No field of a manifest is laxer than the API that its value goes to, as botocore describes it."""

import dataclasses
import functools
import math
import re
import string
import tomllib
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from modelyard.manifest import Model, Stage, catalogue
from modelyard.manifest.answer import Answer
from modelyard.manifest.api import Api, Features, Review
from modelyard.manifest.automl import AutoML
from modelyard.manifest.batch import Batch
from modelyard.manifest.channel import Channel
from modelyard.manifest.data import Column, Data
from modelyard.manifest.delivery import Delivery
from modelyard.manifest.limits import ColumnLimits, Limits, Measures
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.manifest.problems import Refused
from modelyard.manifest.quality import Quality
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.rollout import Rollout
from modelyard.manifest.rules import Instance, TimeZone, rules_of
from modelyard.manifest.scaling import Scaling
from modelyard.manifest.scaling_policies import ScalingMetric, Step, StepScaling, Tracking
from modelyard.manifest.scaling_schedule import ScheduledAction
from modelyard.manifest.serving import Alarms, Capture, Serverless, Serving, Variant
from modelyard.manifest.stage import Vpc
from modelyard.manifest.structuring import structured
from modelyard.manifest.tracking import ExperimentTracking
from modelyard.manifest.training import Objective, Spot, Training, Trial
from modelyard.manifest.tuning import Range, Tuning
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.shapes import accepted, service_model

TABLE = tomllib.loads((catalogue.TABLES / "api_members.toml").read_text(encoding="utf-8"))
ARTIFACT = "whole/training/run/job/output/model.tar.gz"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/own:1"
VARIANT = Variant(name="primary", model=ARTIFACT, transformer=ARTIFACT, from_model="other", instance="ml.m5.large")
RANGE = Range(min=1.0, max=8.0)
QUALITY = Quality(
    problem_type="BinaryClassification",
    inference="0",
    probability="p",
    positive_label="1",
    threshold=0.5,
    baseline="baseline",
)
TRAINING = Training(
    container="xgboost:3.2-0",
    instance="ml.m5.large",
    objective=Objective(metric="auc", goal="maximize"),
    channels={"train": Channel(path="train", content_type="text/csv")},
    script="churn/train.py",
    metrics={"auc": "auc:(.*)"},
    hyperparameters={"depth": "3"},
    baseline_dataset="baseline",
)
# A table of each kind with a value for every field, so that one value at a time can be put in its place.
EXAMPLES: tuple[Any, ...] = (
    Model(name="whole"),
    Data(columns=(Column(name="a", kind="number"), Column(name="b", kind="number")), label="a", sample="train"),
    Column(name="a", kind="number"),
    TRAINING,
    Preprocessing(
        container="sklearn:1.9-0",
        script="churn/preprocess.py",
        instance="ml.m5.large",
        inputs={"raw": "datasets/raw"},
        parameters={"mean": "0.1307"},
    ),
    Objective(metric="auc", goal="maximize"),
    Channel(path="train", content_type="text/csv"),
    Trial(name="one", hyperparameters={"depth": "3"}),
    RANGE,
    Range(values=("a", "b")),
    Tuning(ranges={"eta": RANGE}),
    AutoML(target="churned", problem_type="Regression"),
    Spot(max_wait_minutes=60),
    Retrain(held_out="datasets/test", schedule="rate(7 days)"),
    Batch(
        instance="ml.m5.large",
        model=ARTIFACT,
        transformer=ARTIFACT,
        input_filter="$",
        output_filter="$",
        schedule="rate(1 day)",
    ),
    Serving(
        variants=(VARIANT,),
        instance="ml.m5.large",
        instance_count=2,
        container=IMAGE,
        script="churn/serve.py",
        environment={"TOKENIZER": "fast"},
    ),
    Serving(variants=(VARIANT,), instance="ml.m5.large", program="inference.py"),
    VARIANT,
    Capture(),
    Answer(prediction="2", kind="text", probabilities=("0", "1"), classes=("no", "yes")),
    Serverless(memory_mb=1024, max_concurrency=200, provisioned_concurrency=1),
    Alarms(),
    Scaling(min=1, max=2, invocations_per_instance=1),
    ScalingMetric(namespace="Mine", name="Load", statistic="Average", dimensions={"Queue": "a"}, unit="Count"),
    Tracking(name="cpu", metric=ScalingMetric(preset="cpu"), target=60.0),
    StepScaling(name="slow", metric=ScalingMetric(preset="latency"), threshold=500.0, changes=(Step(change=1),)),
    Step(change=1),
    ScheduledAction(name="day", expression="cron(0 7 ? * MON-FRI *)", timezone="Europe/Berlin", min=1, max=2),
    Rollout(strategy="canary", percent=50, bake_minutes=0, timeout_minutes=60),
    Monitoring(engine="drift", image=IMAGE, baseline="baseline", minute=10),
    QUALITY,
    Limits(),
    ColumnLimits(),
    Measures(),
    Features(names=("a",)),
    Api(features=(Features(names=("a",)),)),
    Review(below=0.8),
    Stage(name="dev", tags={"team": "a"}),
    Vpc(subnets={"subnet-0aaaaaaa": "eu-west-1a", "subnet-0bbbbbbb": "eu-west-1b"}, security_groups=("sg-0ccccccc",)),
    Delivery(provider="gitlab", repository="owner/name"),
    ExperimentTracking(),
)
LONGEST_BUCKET, LONGEST_MODEL = "b" * 63, "m" * 24


def tables(kind: Any) -> set[type]:
    """Every dataclass that a manifest is made of, from its outermost."""
    if not dataclasses.is_dataclass(kind):
        return set().union(*(tables(inner) for inner in typing.get_args(kind)))
    hints = typing.get_type_hints(kind)
    return {typing.cast(type, kind)}.union(*(tables(hint) for hint in hints.values()))


def is_table(hint: Any) -> bool:
    """Whether a field holds one table more, whose own fields have rows of their own."""
    inner = [one for one in typing.get_args(hint) if one is not type(None)]
    return dataclasses.is_dataclass(hint) or (len(inner) == 1 and bool(dataclasses.is_dataclass(inner[0])))


def bounded(kind: Any) -> set[str]:
    hints = typing.get_type_hints(kind)
    collections = {name for name, hint in hints.items() if typing.get_origin(hint) in (tuple, dict)}
    return {name for name, hint in hints.items() if name in collections or not is_table(hint)}


@functools.cache
def shape(member: str) -> Any:
    """The shape of "service Shape.Member" or "service Shape"."""
    service, _, path = member.partition(" ")
    name, _, inner = path.partition(".")
    found = service_model(service).shape_for(name)
    return found.members[inner] if inner else found


def takes(member: str, value: Any) -> bool:
    """Whether the API's description takes a value."""
    try:
        accepted(value, shape=shape(member))
    except ServiceError:
        return False
    return True


def plain(value: Any) -> Any:
    """A table as TOML has it."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {key: one for key, one in fields.items() if one is not None}
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, tuple) else value


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field of a table, and what becomes of it."""

    example: Any
    name: str

    @property
    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = TABLE[type(self.example).__name__][self.name]
        return row

    @property
    def value(self) -> Any:
        return plain(self.example)[self.name]

    def is_taken(self, value: Any) -> bool:
        """Whether the manifest takes a value: nothing is said of the field when a table with it is read."""
        try:
            structured({**plain(self.example), self.name: value}, type(self.example), file="m.toml")
        except Refused as refused:
            return not any(re.match(rf"{self.name}\b", problem.key) for problem in refused.problems)
        return True

    def sent(self, value: Any, *, member: str) -> Any:
        """A value as the API is given it."""
        if isinstance(value, str) and "before" in self.row:
            place = self.row["before"].replace("BUCKET", LONGEST_BUCKET).replace("MODEL", LONGEST_MODEL)
            return f"{place}{value}"
        if shape(member).type_name == "string":
            choices = {choice.lower(): choice for choice in shape(member).enum}
            return choices.get(str(value).lower(), str(value))
        return value * self.row.get("times", 1)


FIELDS = [
    Field(example=example, name=name)
    for example in EXAMPLES
    for name in sorted(bounded(type(example)))
    if name in TABLE.get(type(example).__name__, {})
]


def of(part: str) -> list[Any]:
    """The fields whose row has a part, and whose example has a value."""
    return [
        pytest.param(field, id=f"{type(field.example).__name__}.{field.name}")
        for field in FIELDS
        if part in field.row and plain(field.example).get(field.name) not in (None, [], {})
    ]


def texts(example: str, *, member: str) -> Iterator[str]:
    """Texts inside and outside of what an API may take: any character anywhere, and any length."""
    yield from (choice for choice in shape(member).enum)
    for character in (*string.printable, "é", "\u200b", "😀"):
        yield from (character + example, example + character, example[:1] + character + example[1:], character)
    most = shape(member).metadata.get("max")
    for length in () if most is None else (most - 1, most, most + 1, 2 * most):
        missing = max(length - len(example), 0)
        yield from (example[:at] + example[at : at + 1] * missing + example[at:] for at in range(len(example)))
        yield "a" * length
        yield f"a/{'b' * max(length - 9, 1)}.tar.gz"
    yield ""


def numbers(*, member: str, times: int) -> Iterator[float]:
    """Numbers around each bound."""
    yield from (-1, 0, 1, 10**400)
    for bound in (shape(member).metadata.get("min"), shape(member).metadata.get("max")):
        if bound is not None:
            yield from (bound // times - 1, bound // times, -(-bound // times), bound // times + 1)


def probes(field: Field, *, member: str, example: Any) -> Iterator[Any]:
    """Values to try in a field: those of the tables that it is held to, or what lies around its bounds."""
    kind: Any = type(field.example)
    rules = rules_of(kind).get(field.name, ())
    kinds = [rule.kind for rule in rules if isinstance(rule, Instance)]
    if kinds:
        yield from sorted(catalogue.instance_types(kind=kinds[0]))
    elif any(isinstance(rule, TimeZone) for rule in rules):
        yield from catalogue.time_zones()
    elif isinstance(example, str):
        yield from texts(example, member=member)
    else:
        yield from numbers(member=member, times=field.row.get("times", 1))


def test_every_field_of_every_table_says_what_becomes_of_it() -> None:
    kinds = tables(Model) | tables(Stage)

    assert {kind.__name__: bounded(kind) for kind in kinds if bounded(kind)} == {
        name: set(fields) for name, fields in TABLE.items()
    }


def test_every_table_has_an_example() -> None:
    assert {type(example) for example in EXAMPLES} == tables(Model) | tables(Stage)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=f"{kind}.{name}") for kind, fields in TABLE.items() for name, row in fields.items()]
)
def test_a_row_names_shapes_that_the_api_has_or_why_none(row: dict[str, Any]) -> None:
    members = [*row.get("members", ()), *(row[part] for part in ("count", "keys", "values") if part in row)]

    assert bool(members) != ("none" in row)
    assert all(shape(member) is not None for member in members)


@pytest.mark.parametrize("field", of("members"))
def test_a_value_that_the_manifest_takes_is_within_the_bounds_of_its_api(field: Field) -> None:
    for member in field.row["members"]:
        assert takes(member, field.sent(field.value, member=member)), "the example itself must be taken"
        for value in probes(field, member=member, example=field.value):
            if field.is_taken(value):
                assert takes(member, field.sent(value, member=member)), (member, value)


@pytest.mark.parametrize("field", of("count"))
def test_a_list_that_the_manifest_takes_has_as_many_elements_as_its_api_takes(field: Field) -> None:
    bounds = {"min": 0} | shape(field.row["count"]).metadata
    for count in (0, bounds["min"], bounds["max"], bounds["max"] + 1, 10 * bounds["max"]):
        least, most = bounds["min"], bounds["max"] if bounds["max"] is not None else math.inf
        if field.is_taken(grown(field.value, count=count)):
            assert least <= count <= most or (count == 0 and is_left_out(field)), count


def is_left_out(field: Field) -> bool:
    """Whether a list or table without elements is as good as none."""
    (declared,) = (one for one in dataclasses.fields(field.example) if one.name == field.name)
    return declared.default == () or declared.default_factory is dict


def grown(value: Any, *, count: int) -> Any:
    """A list or table with so many elements like its first, each with a name of its own where it has one."""
    if isinstance(value, dict):
        (first, *_), (key, *_) = value.values(), value
        names = [f"subnet-{number:08x}" if key.startswith("subnet-") else f"n{number}" for number in range(count)]
        return dict.fromkeys(names, first)
    first = value[0]
    if isinstance(first, dict):
        return [{**first, "name": f"n{number}"} for number in range(count)]
    return [first] * count if "/" in first or first.startswith("sg-") else [f"n{n}" for n in range(count)]


@pytest.mark.parametrize("field", of("keys"))
def test_a_key_that_the_manifest_takes_is_within_the_bounds_of_its_api(field: Field) -> None:
    (key, *others), (value, *_) = field.value, field.value.values()
    for text in texts(key, member=field.row["keys"]):
        if field.is_taken({text: value} | {other: field.value[other] for other in others}):
            assert takes(field.row["keys"], text), text


@pytest.mark.parametrize("field", of("values"))
def test_an_element_that_the_manifest_takes_is_within_the_bounds_of_its_api(field: Field) -> None:
    mapping = isinstance(field.value, dict)
    first, *others = field.value.values() if mapping else field.value
    for text in texts(first, member=field.row["values"]):
        table = {**field.value, next(iter(field.value)): text} if mapping else [text, *others]
        if field.is_taken(table):
            assert takes(field.row["values"], field.sent(text, member=field.row["values"])), text
