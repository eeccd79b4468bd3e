"""What a mapping template reads of a body and sets of a request."""

import pytest

from modelyard.rehearsal.gateway.mapping import map_body
from modelyard.rehearsal.gateway.velocity import VelocityError

CONTEXT = {"requestId": "id-1", "requestTime": "05/Nov/2026:07:15:00 +0000"}


def test_the_body_is_read_by_paths() -> None:
    template = "$input.path('$.rows[0].x') $input.json('$.rows') $!input.path('$.none')|$input.body.length()"
    assert map_body(template, body='{"rows":[{"x":1}]}', context=CONTEXT).body == '1 [{"x":1}] |18'


def test_a_body_that_is_no_json_has_nothing_at_any_path() -> None:
    assert map_body("$!input.path('$.x')", body="<Error/>", context=CONTEXT).body == ""


def test_a_body_that_is_nested_too_deeply_has_nothing_at_any_path() -> None:
    assert map_body("$!input.path('$.x')", body="[" * 100_000, context=CONTEXT).body == ""


def test_texts_are_decoded_and_encoded() -> None:
    assert map_body("$util.urlEncode('a b')$util.urlDecode('%0A')", body="", context=CONTEXT).body == "a+b\n"


def test_a_template_sets_parts_of_the_path_and_headers() -> None:
    template = (
        "#set($context.requestOverride.path.day = $context.requestTime.substring(0, 2))"
        '#set($context.requestOverride.header.Accept = "text/csv")'
    )
    made = map_body(template, body="", context=CONTEXT)
    assert (made.path, made.headers) == ({"day": "05"}, {"Accept": "text/csv"})


def test_what_a_template_sets_does_not_last() -> None:
    map_body("#set($context.requestOverride.path.day = '05')", body="", context=CONTEXT)
    assert "requestOverride" not in CONTEXT


def test_a_template_sets_the_status_of_the_answer() -> None:
    assert map_body("#set($context.responseOverride.status = 202)", body="", context=CONTEXT).status == 202
    assert map_body("", body="", context=CONTEXT).status is None


def test_a_text_of_json_is_read() -> None:
    assert map_body('$util.parseJson("[0.5]").get(0)', body="", context=CONTEXT).body == "0.5"
    with pytest.raises(VelocityError, match=r"is not rehearsed: parseJson of '\[yes\]'"):
        map_body('$util.parseJson("[yes]").get(0)', body="", context=CONTEXT)
