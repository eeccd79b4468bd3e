"""What an endpoint answered, held to what the manifest declares of it."""

import math
from collections.abc import Iterator

from modelyard.drift.errors import DriftError
from modelyard.drift.reading.attributes import Text, parse_attribute
from modelyard.drift.reading.records import Payload
from modelyard.manifest.answer import CSV, PLAIN, Answer
from modelyard.operations.scoring.request import Answer as Answered

SHOWN = 40


def found_in(answered: Answered, *, answer: Answer) -> dict[str, list[Text]]:
    """Return the values of each declared place, under the key that declares it.

    Raises:
        DriftError: a place is not there; the message says which.
    """
    if answer.content_type == PLAIN:
        return {"prediction": [answered.body.decode(errors="replace").strip()]}
    encoding = "CSV" if _media(answered) == CSV else "JSON"
    text = answered.body.decode(errors="replace")
    payload = Payload(data=text, encoding=encoding, content_type="", mode="")
    single = {"prediction": answer.prediction, "probability": answer.probability}
    places = {key: place for key, place in single.items() if place is not None}
    places |= {f"probability of {name}": place for name, place in zip(answer.classes, answer.class_places, strict=True)}
    return {key: parse_attribute(text=place).values(payload=payload) for key, place in places.items()}


def faults_of(answered: Answered, *, answer: Answer, rows: int) -> Iterator[str]:
    """Yield what of an answer to so many records is not as it is declared."""
    shown = " ".join(answered.body.decode(errors="replace").split())[:SHOWN]
    if _media(answered) != answer.content_type:
        yield f"answered in {_media(answered) or 'no content type'}, declared is {answer.content_type}"
        return
    try:
        values = found_in(answered, answer=answer)
    except DriftError as error:
        yield f"{error}: the answer is {shown}"
        return
    for key, column in values.items():
        if len(column) != rows and answer.content_type != PLAIN:
            yield f"{key} has {len(column)} values for {rows} records: the answer is {shown}"
        kind = answer.inference_kind if key == "prediction" else "probability"
        wrong = next((text for text in column if not _is(kind, text)), "")
        if wrong != "":
            yield f"{key} must be {'an' if kind == 'integer' else 'a'} {kind}, got {wrong}"


def _media(answered: Answered) -> str:
    return answered.content_type.partition(";")[0].strip()


def _is(kind: str, text: Text) -> bool:
    if text is None or kind == "text":
        return text is not None
    try:
        number = float(text)
    except ValueError:
        return False
    if kind == "probability":
        return 0 <= number <= 1
    return number.is_integer() and "." not in text if kind == "integer" else math.isfinite(number)
