import json
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.drift.documents.jackson import document_text

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
@settings(deadline=None)
def test_a_printed_document_is_json_of_the_same_value(value: object) -> None:
    assert json.loads(document_text(value)) == value  # type: ignore[arg-type]


def test_documents_are_laid_out_as_jackson_lays_them_out() -> None:
    text = document_text({"a": 1, "b": [{"c": 1.5}, {"d": []}], "e": {}, "f": [1.0, [2.0]]})
    lines = [
        "{",
        '  "a" : 1,',
        '  "b" : [ {',
        '    "c" : 1.5',
        "  }, {",
        '    "d" : [ ]',
        "  } ],",
        '  "e" : { },',
    ]
    assert text == "\n".join([*lines, '  "f" : [ 1.0, [ 2.0 ] ]', "}"])


def test_what_json_has_no_number_for_is_quoted_as_jackson_does() -> None:
    assert document_text([math.nan, math.inf]) == '[ "NaN", "Infinity" ]'


def test_control_characters_are_escaped_as_jackson_does() -> None:
    assert document_text('a\n"\x01é') == '"a\\n\\"\\u0001é"'
