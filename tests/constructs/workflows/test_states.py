"""Texts that a workflow is given come out of it as they went in, whatever they look like."""

import json

import pytest

from modelyard.constructs.workflows.states import end_with, expression, machine, quoted
from support.attempts import Attempts
from support.state_machines import Interpreter

LOOKING_LIKE_CODE = (
    "{% $states.context.Execution.Id %}",
    " {% 1 + 1 %} ",
    "{%1%}",
    "{% 'a' %} b {% \"c\" %}",
    "it's",
    "') & $run & ('",
    'say "hi"',
    "back\\slash \\u0027 \\n",
    "a\nb\tc",
    "snow ☃ and 😀",
    "plain",
    "",
)


@pytest.mark.parametrize("value", LOOKING_LIKE_CODE)
def test_data_are_not_evaluated(value: str, interpreter: Interpreter, attempts: Attempts) -> None:
    attempts.add()
    output = {"given": value, "said": expression(f"'<' & {quoted(value)} & '>'"), "listed": [{"deep": value}]}
    definition = machine(comment="", start="End", states={"End": end_with(output)}, seconds=60)
    execution = interpreter.run(json.loads(json.dumps(definition)), answers={})
    assert execution.output == {"given": value, "said": f"<{value}>", "listed": [{"deep": value}]}
