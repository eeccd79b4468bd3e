"""The mapping templates of the API, in Velocity: JSON to the CSV that the model takes, and its answer to JSON.

The endpoint is asked in CSV and answers in CSV, for Model Monitor refuses captures whose input and output are of
different encodings, or in what `[serving.answer]` says. What comes here has passed the schemas of
`manifest.api_schema`: no text of it needs quotes in CSV or escapes in JSON.

An inference is known by the extended id of its request, which API Gateway alone gives: a caller may choose the other
one (developer guide, "Variables for data transformations"), and so another's inference.

Source: API Gateway developer guide, "Mapping template transformations for REST APIs".
"""

from collections.abc import Sequence

from modelyard.manifest.answer import JSON, Answer
from modelyard.manifest.api import Api, Features

LINES = "$input.body.trim()"
# What JSON has no word for. Velocity reads no escapes in its texts: they are Java's regular expressions as they stand.
WITHOUT_NUMBER = ".replaceAll('(?i)[+-]?(nan|inf(inity)?)', 'null')"
# After the point of a threshold, so that one less 0.8 is 0.2.
DIGITS = 12
ID_PARAMETER = "inferenceId"
# What an id has beside letters and digits, which a path would have to escape.
NOT_IN_NAMES = "[^A-Za-z0-9]"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# `$context.requestTime` in the common log format: 22/Nov/2026:10:15:00 +0000, always in UTC.
TIME_PARTS = {
    "year": "$context.requestTime.substring(7, 11)",
    "month": "$months.get($context.requestTime.substring(3, 6))",
    "day": "$context.requestTime.substring(0, 2)",
    "hour": "$context.requestTime.substring(12, 14)",
}


def row_template(api: Api) -> str:
    """Return one row as a line of CSV."""
    return f"#set($row = $input.path('$.features')){_cells(api)}"


def rows_template(api: Api) -> str:
    """Rows as lines of CSV."""
    # A line end that is written as one would be taken for the directive's before it.
    newline = "#set($newline = $util.urlDecode('%0A'))"
    return f"{newline}#foreach($row in $input.path('$.rows')){_cells(api)}${{newline}}#end"


def prediction_template(api: Api, *, answer: Answer | None = None) -> str:
    """Return the model's prediction for the one row as JSON, beside the id under which the request was captured.

    With `[api].review` an answer that is not certain enough is not in it, and the status is 202.
    """
    if answer is not None and answer.places:
        whole = _answer("prediction", value=_described(api, answer=answer))
        return whole if api.review is None else _unless_held(whole, answer=answer, below=api.review.below)
    return _answer("prediction", value=_enclosed(api, lines=LINES))


def predictions_template(api: Api, *, answer: Answer | None = None) -> str:
    """Return the model's predictions as a list of JSON, with null for those that `[api].review` holds back."""
    if answer is not None and answer.places:
        return _answer("predictions", value=f"[{_described(api, answer=answer)}]")
    between = {"number": ",", "numbers": "],[", "text": '","'}[api.shape]
    lines = f"{LINES}.replaceAll('[\\r\\n]+', '{between}')"
    return _answer("predictions", value=f"[{_enclosed(api, lines=lines)}]")


def refusal_template() -> str:
    """Return what went wrong behind the API, without the model's or AWS's message: that is in the endpoint's log."""
    return (
        "#if($input.body.contains('OriginalStatusCode'))"
        '{"message": "The model failed to answer", "modelStatus": "$!input.path(\'$.OriginalStatusCode\')", '
        '"requestId": "$context.requestId"}'
        '#{else}{"message": "The endpoint could not be asked", "requestId": "$context.requestId"}#end'
    )


def message_template(message: str) -> str:
    """Return a sentence, and the id by which the logs know the request."""
    return f'{{"message": "{message}", "requestId": "$context.requestId"}}'


def ground_truth_template() -> str:
    """Return a record of ground truth, and where it goes: the folder of the hour in which it arrived.

    Source of the record: developer guide of SageMaker AI, "Ingest ground truth labels and merge them with predictions".
    """
    months = ", ".join(f'"{name}": "{number:02}"' for number, name in enumerate(MONTHS, start=1))
    places = "".join(f"#set($context.requestOverride.path.{part} = {value})" for part, value in TIME_PARTS.items())
    record = (
        '{"groundTruthData": {"data": "$input.path(\'$.label\')", "encoding": "CSV"}, '
        '"eventMetadata": {"eventId": "$input.path(\'$.inferenceId\')"}, "eventVersion": "0"}'
    )
    # The id has signs that a path would have to escape.
    own = f"$context.extendedRequestId.replaceAll('{NOT_IN_NAMES}', '')"
    name = f'#set($name = {own})#set($context.requestOverride.path.name = "${{name}}.jsonl")'
    return f"#set($months = {{{months}}}){places}{name}{record}\n"


def review_place_template() -> str:
    """Return where the review of the inference lies that the path names; the request that is made has no body."""
    name = f"#set($name = $input.params('{ID_PARAMETER}').replaceAll('{NOT_IN_NAMES}', ''))"
    return f'{name}#set($context.requestOverride.path.name = "${{name}}.json")'


def _answer(name: str, *, value: str) -> str:
    return f'{{"inferenceId": "$context.extendedRequestId", "{name}": {value}}}'


def _enclosed(api: Api, *, lines: str) -> str:
    """An answer's cells as JSON has them."""
    return {"number": f"{lines}{WITHOUT_NUMBER}", "numbers": f"[{lines}{WITHOUT_NUMBER}]", "text": f'"{lines}"'}[
        api.shape
    ]


def _described(api: Api, *, answer: Answer) -> str:
    """What stands in the described places, for each row: the prediction, else the probabilities."""
    first = answer.prediction if answer.prediction is not None else answer.probability
    places = answer.class_places if first is None else (first,)
    if answer.content_type == JSON:
        head = _found(places, name="place") + (
            "" if api.review is None else _found(answer.certainty_places, name="chance")
        )
        head += "#foreach($row in $place0)"
        cells = [f"$place{i}.get($foreach.index)" for i in range(len(places))]
        chances = [f"$chance{i}.get($foreach.index)" for i in range(len(answer.certainty_places))]
    else:
        head = f"#foreach($line in {LINES}.split('[\\r\\n]+'))#set($cells = $line.split(','))"
        unquoted = ".replaceAll('^\"|\"$', '')" if api.shape == "text" else WITHOUT_NUMBER
        cells = [f"$cells.get({place}).trim(){unquoted}" for place in places]
        chances = [_as_number(f"$cells.get({place})") for place in answer.certainty_places]
    value = {"number": cells[0], "text": f'"{cells[0]}"', "numbers": f"[{','.join(cells)}]"}[api.shape]
    if api.review is not None:
        value = f"{_if_certain(chances, below=api.review.below)}{value}#{{else}}null#end"
    return f"{head}{value}#if($foreach.hasNext),#end#end"


def _unless_held(whole: str, *, answer: Answer, below: float) -> str:
    """An answer of one row where it is certain enough, and otherwise that a person will look at it."""
    if answer.content_type == JSON:
        head = _found(answer.certainty_places, name="chance")
        chances = [f"$chance{i}.get(0)" for i in range(len(answer.certainty_places))]
    else:
        head = f"#set($cells = {LINES}.split(','))"
        chances = [_as_number(f"$cells.get({place})") for place in answer.certainty_places]
    held = '{"inferenceId": "$context.extendedRequestId", "held": true}'
    override = "#set($context.responseOverride.status = 202)"
    return f"{head}{_if_certain(chances, below=below)}{whole}#{{else}}{override}{held}#end"


def _if_certain(chances: Sequence[str], *, below: float) -> str:
    """The beginning of what is only for an answer whose greatest probability is large enough; none is nan or null.

    The probability of one of two classes is large, too, where the other's is small.
    """
    sets = "".join(f"#set($sure{i} = false)#set($sure{i} = {chance})" for i, chance in enumerate(chances))
    conditions = [f"$sure{i} >= {_literal(below)}" for i in range(len(chances))]
    if len(chances) == 1:
        conditions.append(f"$sure0 <= {_literal(1 - below)}")
    known = " && ".join(f"$sure{i} != false" for i in range(len(chances)))
    return f"{sets}#if({known} && ({' || '.join(conditions)}))"


def _literal(number: float) -> str:
    """A number as templates have it, without an exponent."""
    return f"{number:.{DIGITS}f}".rstrip("0") + "0"


def _found(places: Sequence[str], *, name: str) -> str:
    return "".join(f"#set(${name}{i} = $input.path('{place}'))" for i, place in enumerate(places))


def _as_number(cell: str) -> str:
    """A cell of CSV as a number, which Velocity compares: a text it would not."""
    return f'$util.parseJson("[{cell}.trim(){WITHOUT_NUMBER}]").get(0)'


def _cells(api: Api) -> str:
    return ",".join(_cell(name, group=group) for group in api.features for name in group.names)


def _cell(name: str, *, group: Features) -> str:
    value = f"$row.get('{name}')"
    # A number as the training data have it: JavaScript sends 180.0 as 180, which a monitor takes for another type.
    written = (
        f"#set($cell = \"{value}\")#if($cell.matches('-?[0-9]+'))${{cell}}.0#{{else}}$cell#end"
        if group.type == "number"
        else value
    )
    if group.default is None:
        return written
    whole = group.type == "number" and group.default.lstrip("-").isdigit()
    default = f"{group.default}.0" if whole else group.default
    return f"#if($row.containsKey('{name}')){written}#{{else}}{default}#end"
