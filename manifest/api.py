"""The `[api]` table: a REST API in front of the endpoint, and the features that a row of it has."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Annotated, Literal

from modelyard.manifest.answer import CSV, JSON, PLAIN, Answer
from modelyard.manifest.data import MOST_COLUMNS, Column, Data, Kind
from modelyard.manifest.problems import NOTHING, Problem, Reason, problem_if
from modelyard.manifest.rules import Between, Count, Declared, Each, Matches

Shape = Literal["number", "numbers", "text"]

# Limits of API Gateway in an account that has not asked for more (developer guide, "Quotas").
MOST_CALLS_A_SECOND = 10_000
LARGEST_BURST = 5_000
# A mapping template's loop ends after so many iterations (developer guide, "Quotas"), and says nothing of the rest.
MOST_ROWS = 1_000
# What a model computes with: beyond it a number would not arrive as it was sent.
LARGEST_NUMBER = 3.4e38
MOST_VALUES = 500
LONGEST_TEXT = 256
# A cell of CSV that needs no quotes, and a text of JSON that needs no escapes.
NUMBERS = {"integer": re.compile(r"-?[0-9]{1,15}"), "number": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")}
CELL = re.compile(r'[^"\\,\x00-\x1f]*')

NAME = Matches(
    re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII),
    form="names of letters, digits, _, - and .",
    hint="name them as callers are to write them",
)
TEXT = Matches(CELL, form="texts without quotes, commas, backslashes and line ends", hint="choose other words")
# Velocity reads $ and #, and a default stands in the mapping template itself.
DEFAULT = Matches(
    re.compile(r'[^"\\,\x00-\x1f$#]*'),
    form="a text without $, #, quotes, commas, backslashes and line ends",
    hint="choose other words",
)
SCOPE = Matches(re.compile(r'[^\s"\\]+'), form="scopes such as churn/predict", hint="write them as the user pool does")


@dataclass(frozen=True, kw_only=True, slots=True)
class Features(Declared):
    """Features of the same type, which are next to each other in a row.

    `values` are the allowed texts. `default` is the value, written as text, of a feature that a row leaves out: empty
    for a missing value. Without it the feature is required.
    """

    names: Annotated[tuple[str, ...], Count(1, MOST_VALUES, hint="begin another group"), Each(NAME)]
    type: Kind = "number"
    minimum: Annotated[float | None, Between(-LARGEST_NUMBER, LARGEST_NUMBER)] = None
    maximum: Annotated[float | None, Between(-LARGEST_NUMBER, LARGEST_NUMBER)] = None
    values: Annotated[tuple[str, ...], Count(0, MOST_VALUES, hint="leave them out"), Each(TEXT)] = ()
    default: Annotated[str | None, DEFAULT] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        low, high = self.minimum, self.maximum
        return (
            problem_if(
                self.type == "text" and (low is not None or high is not None),
                key="minimum" if low is not None else "maximum",
                allowed="left out for texts",
                got=low if low is not None else high,
                hint='list the texts under values, or choose type = "number"',
            ),
            problem_if(
                low is not None and high is not None and low > high,
                key="maximum",
                allowed=f"at least minimum ({low})",
                got=high,
                hint="raise it",
            ),
            problem_if(
                bool(self.values) and self.type != "text",
                key="values",
                allowed="left out for numbers",
                got=list(self.values),
                hint='give minimum and maximum, or choose type = "text"',
            ),
            problem_if(
                bool(self.default) and not self._takes(str(self.default)),
                key="default",
                allowed="empty, or a value that the feature may have, in quotes",
                got=self.default,
                hint="it is the cell of a row that leaves the feature out",
            ),
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The features as columns of the data."""
        return tuple(Column(name=name, kind=self.type, missing=self.default == "") for name in self.names)

    def _takes(self, cell: str) -> bool:
        if self.type == "text":
            return not self.values or cell in self.values
        if NUMBERS[self.type].fullmatch(cell) is None:
            return False
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        return math.isfinite(float(cell)) and low <= float(cell) <= high


@dataclass(frozen=True, kw_only=True, slots=True)
class Review(Declared):
    """Which answers a person is to look at before a caller has them: those that are less certain than `below`.

    The certainty of an answer is its greatest probability: of one of two classes at least 0.5.
    """

    below: Annotated[float, Between(0, 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Api(Declared):
    """Who may call the model over HTTPS, how often, and what a row is.

    `features` are the model's columns, in the order of the training data; without them they are the columns of `[data]`
    but for the label, and a row may leave out those that may be missing. `answer` is what the model returns for a row:
    one number, several, or a text; by default what `[serving.answer]` says, else a number. `label` is the type of label
    that `/feedback` takes: by default that of `[data]`, else a whole number. `rate` is calls a second, `burst` how many
    at once. With `auth = "jwt"` callers need a token of the stage's `user_pool`, with one of `scopes` if there are any;
    `calls_a_day` is for API keys. `waf` adds AWS's
    managed firewall rules, `tracing` X-Ray's traces of calls, at most some USD 45 a month at 50 calls a second.
    `review` holds uncertain answers back.
    """

    features: Annotated[tuple[Features, ...], Count(0, MOST_COLUMNS, hint="put features of a kind into one group")] = ()
    auth: Literal["iam", "api-key", "jwt"] = "iam"
    scopes: Annotated[tuple[str, ...], Each(SCOPE)] = ()
    answer: Shape | None = None
    label: Kind | None = None
    batch_rows: Annotated[int, Between(1, MOST_ROWS)] = 100
    rate: Annotated[float, Between(1, MOST_CALLS_A_SECOND)] = 50
    burst: Annotated[int, Between(1, LARGEST_BURST)] = 100
    calls_a_day: Annotated[int | None, Between(1, 1_000_000_000)] = None
    waf: bool = False
    tracing: bool = False
    review: Review | None = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        names = [name for group in self.features for name in group.names]
        twice = sorted({name for name in names if names.count(name) > 1})
        return (
            problem_if(
                bool(twice), key="features.names", allowed="different", got=twice, hint="name each column of a row once"
            ),
            problem_if(
                bool(self.scopes) and self.auth != "jwt",
                key="scopes",
                allowed='left out without auth = "jwt"',
                got=list(self.scopes),
                hint="only tokens have scopes",
            ),
            problem_if(
                self.calls_a_day is not None and self.auth != "api-key",
                key="calls_a_day",
                allowed='left out without auth = "api-key"',
                got=self.calls_a_day,
                hint="calls are counted by key; rate and burst hold for all",
            ),
        )

    @property
    def shape(self) -> Shape:
        """What the model returns for a row."""
        return "number" if self.answer is None else self.answer

    def following(self, answer: Answer | None) -> "Api":
        """Return the table with what the model answers where it does not say so itself."""
        return self if answer is None or self.answer is not None else replace(self, answer=_shape(answer))

    def answer_problems(self, answer: Answer | None) -> tuple[Problem | None, ...]:
        """Return what of the model's answer the API cannot hand on, or says otherwise."""
        uncertain = problem_if(
            self.review is not None and (answer is None or not answer.certainty_places),
            key="api.review",
            allowed="left out where no [serving.answer] says where the answer's probability is",
            got="given",
            hint="write probability, or probabilities and classes, under [serving.answer]",
        )
        if answer is None:
            return (uncertain,)
        classes = len(answer.class_places) if answer.probabilities else 2
        fit = all("[*]" in place and "'" not in place for place in answer.places)
        return (
            uncertain,
            problem_if(
                self.review is not None and bool(answer.certainty_places) and self.review.below <= 1 / classes,
                key="api.review.below",
                allowed=f"more than {1 / classes:.4g}, which the most probable of {classes} classes has",
                got=self.review.below if self.review is not None else NOTHING,
                hint="raise it, or leave review out",
            ),
            problem_if(
                self.answer != _shape(answer),
                key="api.answer",
                allowed=f"left out, or what [serving.answer] says ({_shape(answer)})",
                got=self.answer,
                hint="correct one of the two",
            ),
            problem_if(
                answer.content_type not in (CSV, JSON, PLAIN),
                key="api",
                allowed=f"left out where the model answers in {answer.content_type}, which no mapping template reads",
                got="given",
                hint="let the script answer in text/csv or application/json",
            ),
            problem_if(
                answer.content_type == JSON and not fit,
                key="serving.answer",
                allowed="JSONPaths with [*] and without quotes behind an API, which asks for several rows at once",
                got=list(answer.places),
                hint='write for instance "$.predictions[*].score"',
            ),
        )

    def data_problems(self, data: Data | None) -> Iterable[Problem | None]:
        """Return what of the data the API cannot ask for, or says otherwise."""
        if data is None:
            yield problem_if(
                not self.features,
                key="api.features",
                allowed="given where no [data] says what the columns are",
                got=NOTHING,
                hint="write [data] from a file, yard data describe FILE, or list the features of a row",
            )
            return
        yield problem_if(
            data.format == "jsonl",
            key="api",
            allowed="left out where the data are JSON lines, for the API asks the endpoint in CSV",
            got=Reason(f"format {data.format}"),
            hint="call the endpoint itself: yard invoke",
        )
        kind = data.label_kind
        yield problem_if(
            kind is not None and self.label not in (None, kind),
            key="api.label",
            allowed=f"left out, or the kind of the label of [data] ({kind})",
            got=self.label,
            hint="correct one of the two",
        )
        if not self.features:
            yield from (NAME.problem(key=f'data.columns."{one.name}".name', value=one.name) for one in data.features)
            return
        declared = [(column.name, column.kind) for column in data.features]
        asked = [(column.name, column.kind) for group in self.features for column in group.columns]
        pairs = enumerate(zip_longest(asked, declared, fillvalue=("no column", "")), start=1)
        unlike = [(at, " ".join(one).strip(), " ".join(other).strip()) for at, (one, other) in pairs if one != other]
        if unlike:
            at, found, expected = unlike[0]
            yield Problem(
                key="api.features",
                allowed=f"the columns of [data] without the label, of which column {at} is {expected}",
                got=Reason(found),
                hint="correct one of the two, or leave features out",
            )

    @property
    def label_kind(self) -> Kind:
        """The type of label that `/feedback` takes."""
        return "integer" if self.label is None else self.label

    def described_by(self, data: Data | None) -> "Api":
        """Return the table with what it leaves out and the data say: the columns but for the label, and its kind."""
        if data is None:
            return self
        features = (
            Features(names=(column.name,), type=column.kind, default="" if column.missing else None)
            for column in data.features
        )
        return replace(
            self,
            features=self.features if self.features else tuple(features),
            label=data.label_kind if self.label is None else self.label,
        )


def _shape(answer: Answer) -> Shape:
    if answer.prediction is None and answer.probabilities:
        return "numbers"
    return "text" if answer.inference_kind == "text" else "number"
