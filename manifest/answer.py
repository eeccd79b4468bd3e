"""The `[serving.answer]` table: what the model answers, and where in its answer things are."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from modelyard.manifest.data import Kind
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import AtMost, Declared, Each, Matches

ContentType = Literal["text/csv", "application/json", "application/jsonlines", "text/plain"]

CSV: ContentType = "text/csv"
JSON: ContentType = "application/json"
PLAIN: ContentType = "text/plain"
# A place is the value of a variable of the analyzer's job (API reference, ProcessingEnvironmentValue).
LONGEST_PLACE = 256
COLUMN = r"[0-9]+"
# The steps of JSONPath that AWS's examples of an inference attribute have, which the analyzer follows.
JSON_PLACE = r"[A-Za-z_][\w.]*|\$(\.[A-Za-z_][\w-]*|\[([0-9]+|\*)\]|\['[^'\]]+'\])+"
PLACE = Matches(
    re.compile(rf"(?=.{{1,{LONGEST_PLACE}}}$)({COLUMN}|{JSON_PLACE})", re.ASCII),
    form='the number of a column of the answer from "0", or a key or JSONPath of it',
    hint='write "0" for an answer of one column, "score" or "$.predictions[*].score" for JSON',
)


# Of a prediction, also the object of classes and places, or the list of one place and classes, of `Answer.inference`.
INFERENCE = Matches(
    re.compile(rf"{PLACE.pattern.pattern}|(?=.{{1,{LONGEST_PLACE}}}$)(\{{.+\}}|\[.+\])", re.ASCII),
    form=PLACE.form,
    hint=PLACE.hint,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer(Declared):
    """What the model answers for a record, and where in the answer things are.

    `prediction` is where the predicted number or class is, `kind` what it is; `probability` is where the probability of
    the positive class is. `probabilities` has a place for each of `classes`, in their order, or one JSONPath of the
    list of them all: without `prediction` the most probable class is the prediction. A place is the number of a column
    of CSV, from "0", or a key or JSONPath of JSON. An answer of `text/plain` is the prediction itself. Monitoring,
    quality and the API follow this table.
    """

    content_type: ContentType = CSV
    prediction: Annotated[str | None, PLACE] = None
    kind: Kind | None = None
    probability: Annotated[str | None, PLACE] = None
    probabilities: Annotated[tuple[str, ...], Each(PLACE)] = ()
    classes: Annotated[tuple[str, ...], Each(AtMost(LONGEST_PLACE))] = ()

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        twice = sorted({place for place in self.places if self.places.count(place) > 1})
        return (
            *self._place_problems(),
            problem_if(
                bool(twice),
                key="probabilities",
                allowed="other places than each other's",
                got=twice,
                hint="name each once",
            ),
            problem_if(
                self.kind is not None and self.prediction is None and self.content_type != PLAIN,
                key="kind",
                allowed="left out without prediction",
                got=self.kind,
                hint="it is what the prediction is",
            ),
            problem_if(
                self.probability is not None and bool(self.probabilities),
                key="probability",
                allowed="left out beside probabilities",
                got=self.probability,
                hint="the positive class is one of classes",
            ),
            *self._class_problems(),
        )

    def _place_problems(self) -> tuple[Problem | None, ...]:
        form = COLUMN if self.content_type == CSV else JSON_PLACE
        allowed = 'the number of a column, from "0",' if self.content_type == CSV else "a key or a JSONPath"
        keyed = (("prediction", self.prediction), ("probability", self.probability))
        given = [(key, place) for key, place in keyed if place is not None]
        given += [("probabilities", place) for place in self.probabilities]
        if self.content_type == PLAIN:
            return tuple(
                Problem(key=key, allowed=f"left out with {PLAIN}", got=place, hint="the whole answer is the prediction")
                for key, place in given
            )
        return (
            problem_if(
                not given,
                key="prediction",
                allowed=f"given, or probability or probabilities, with {self.content_type}",
                got=NOTHING,
                hint="say where in the answer it is",
            ),
            *(
                problem_if(
                    re.fullmatch(form, place, re.ASCII) is None,
                    key=key,
                    allowed=f"{allowed} with {self.content_type}",
                    got=place,
                    hint="correct it, or content_type",
                )
                for key, place in given
            ),
        )

    def _class_problems(self) -> tuple[Problem | None, ...]:
        count, distinct = len(self.classes), len(set(self.classes))
        length = 0 if self.inference is None else len(self.inference)
        return (
            problem_if(
                distinct != len(self.class_places) or count != distinct or distinct == 1,
                key="classes",
                allowed="different, at least two, one for each of probabilities",
                got=list(self.classes),
                hint="name the classes in the order of probabilities",
            ),
            problem_if(
                self.prediction is None and length > LONGEST_PLACE,
                key="classes",
                allowed=f"with probabilities at most {LONGEST_PLACE} characters of JSON",
                got=length,
                hint="name one JSONPath of them all, or let the script answer the most probable class as prediction",
            ),
        )

    def monitoring_problems(self, *, engine: str) -> tuple[Problem | None, ...]:
        """Return what a check of the traffic could not read, or would take for something else.

        AWS's analyzer appends every column of an answer to those of the request and compares their number with the
        baseline's (developer guide, "Schema for Violations"), and reads no answer that is encoded otherwise than its
        request ("Encoding mismatch").
        """
        plain = self.content_type == PLAIN
        return (
            problem_if(
                plain,
                key="serving.answer.content_type",
                allowed="CSV or JSON when traffic is monitored",
                got=PLAIN,
                hint="captures of other answers are no text: let the script answer in text/csv",
            ),
            problem_if(
                engine == "model-monitor" and not plain and (self.content_type, self.places) != (CSV, ("0",)),
                key="serving.answer",
                allowed='one value of text/csv, at "0", with the engine model-monitor',
                got=[self.content_type, *self.places],
                hint='AWS\'s analyzer compares every column of an answer; use engine = "drift", or answer one value',
            ),
        )

    @property
    def places(self) -> tuple[str, ...]:
        """Every place, each of which has one value for a record."""
        single = (self.prediction, self.probability)
        return (*(place for place in single if place is not None), *self.class_places)

    @property
    def class_places(self) -> tuple[str, ...]:
        """The place of each class's probability, in the order of the classes."""
        if not self._is_one_list:
            return self.probabilities
        return tuple(f"{self.probabilities[0]}[{number}]" for number in range(len(self.classes)))

    @property
    def certainty_places(self) -> tuple[str, ...]:
        """Where the probabilities are by which an answer is certain: of each class, or of one of two."""
        if self.probabilities:
            return self.class_places
        return () if self.probability is None else (self.probability,)

    @property
    def inference(self) -> str | None:
        """Where the prediction is, as our analyzer takes it.

        A place; an object of classes and their places; or, of one list of all probabilities, its place and the classes.
        """
        if self.prediction is not None or not self.probabilities:
            return self.prediction
        if self._is_one_list:
            found: Any = [*self.probabilities, *self.classes]
        else:
            found = dict(zip(self.classes, self.probabilities, strict=False))
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    @property
    def _is_one_list(self) -> bool:
        return len(self.probabilities) == 1 and len(self.classes) > 1 and self.probabilities[0].startswith("$")

    @property
    def inference_kind(self) -> Kind:
        """What the prediction is."""
        if self.kind is not None:
            return self.kind
        if self.prediction is None and self.classes:
            return "integer" if all(re.fullmatch("-?[0-9]+", one) for one in self.classes) else "text"
        return "text" if self.content_type == PLAIN else "number"

    def probability_of(self, positive: str | None) -> str | None:
        """Return where the probability of the positive class is; None where the answer has none."""
        if positive in self.classes:
            return self.class_places[self.classes.index(positive)]
        return self.probability
