"""What a text of a manifest may not hold: what a reader further on would evaluate, and what nobody can see.

A text goes as it stands into a template, from there into a request, a state machine, a mapping template. Sources:
CloudFormation user guide, "Get values stored in other services using dynamic references" and "Fn::Sub"; Step Functions
developer guide, "Transforming data with JSONata" and "Intrinsic functions".
"""

import re

MARKS = {
    "{{": "CloudFormation resolves it",
    "${": "CloudFormation substitutes it",
    "{%": "a state machine evaluates it",
    "%}": "a state machine evaluates it",
}
INTRINSIC = re.compile(r"States\.\w+\(")
# A field of a state whose name ends so is evaluated, whatever it holds.
EVALUATED_KEY = ".$"
INVISIBLE = "a character that cannot be seen"


def evaluated(text: str) -> tuple[str, str] | None:
    """Return the first part of a text that is evaluated somewhere, and by whom; None of a text that is only itself."""
    marks = [(text.find(mark), mark, why) for mark, why in MARKS.items() if mark in text]
    call = INTRINSIC.search(text)
    if call is not None:
        marks.append((call.start(), call[0], "a state machine evaluates it"))
    return min(marks)[1:] if marks else None


def invisible(text: str) -> str | None:
    """Return the first character that no reader of a review sees as it is, by its number.

    Those are controls, ends of lines, marks of direction and of no width, and what Unicode has not assigned.
    """
    return next((f"U+{ord(one):04X}" for one in text if not one.isprintable()), None)
