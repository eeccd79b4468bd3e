"""Mapping templates: what the part of Velocity that is rehearsed makes of them, and what of it is not."""

from typing import Any

import pytest

from modelyard.rehearsal.gateway.java import written
from modelyard.rehearsal.gateway.mapping import mapped
from modelyard.rehearsal.gateway.velocity import Template, VelocityError

CONTEXT = {"requestId": "id-1", "requestTime": "05/Nov/2026:07:15:00 +0000"}


def rendered(template: str, **variables: Any) -> str:
    return Template(text=template).render(dict(variables))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain # text, $5 and 50%", "plain # text, $5 and 50%"),
        ("$name!", "ann!"),
        ("${name}s", "anns"),
        ("$nobody $!nobody.", "$nobody ."),
        ("$person.city.name", "Rome"),
        ("$person.get('city').get(\"name\")", "Rome"),
        ("$items[1]", "b"),
        ("$name.trim().substring(0, 2)", "an"),
        ("#set($x = 'it is $name')$x", "it is $name"),
        ('#set($x = "it is $name")$x', "it is ann"),
        ("#set($x = $nobody)$!x", ""),
        ('#set($m = {"a": 1, "b": [2, 3]})$m.get("b")', "[2,3]"),
        ("#set($made.new.part = 5)$made.new.part", "5"),
        ("#if($name == 'ann')yes#{else}no#end", "yes"),
        ("#if($name != 'ann')yes#elseif($items)some#{else}no#end", "some"),
        ("#if(!$nobody && ($name || false))yes#end", "yes"),
        ("#if('')an empty text is something#end", "an empty text is something"),
        ("#foreach($item in $items)$foreach.count$item#if($foreach.hasNext),#end#end", "1a,2b"),
        ("#foreach($item in $nobody)$item#end", ""),
        ("#set($x = 1)\nnext", "next"),
        ("#if(true)\nline\n#end\nlast", "line\nlast"),
        ("#set($x = -1.5)$x", "-1.5"),
    ],
)
def test_a_template_is_rendered_as_velocity_does(template: str, text: str) -> None:
    city = {"name": "Rome"}
    assert rendered(template, name="ann", person={"city": city}, items=["a", "b"]) == text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("#macro(x)", "#macro is not rehearsed, at 0"),
        ("#if(true)yes", "an #end is missing before 12"),
        ("#end", "#end stands at 4 without its beginning"),
        ("#if true", "( must stand at 4"),
        ("#set(x = 1)", "a reference must stand at 5"),
        ("#set($x = 'open)", "a text that begins at 10 has no end"),
        ("#set($x = maybe)", "maybe is no value, at 10"),
        ("#set($x = ,)", "a name must stand at 10"),
        ("${name", "} must stand at 6"),
    ],
)
def test_a_template_that_cannot_be_read_is_refused_with_the_place(template: str, said: str) -> None:
    with pytest.raises(VelocityError) as refused:
        Template(text=template)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("$name.intern()", "$name.intern() is not rehearsed: str has no method intern here"),
        ("$name.substring(9)", "$name.substring(9) is not rehearsed: begin 9, end 3, length 3"),
    ],
)
def test_a_method_that_is_not_rehearsed_is_refused_by_its_name(template: str, said: str) -> None:
    with pytest.raises(VelocityError) as refused:
        rendered(template, name="ann")
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (2.5, "2.5"),
        (100.0, "100.0"),
        (1e-7, "1.0E-7"),
        (12345678.9, "1.23456789E7"),
        (1e7, "1.0E7"),
        (0.001, "0.001"),
        (-1e22, "-1.0E22"),
        (0.0, "0.0"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (float("nan"), "NaN"),
        (True, "true"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
def test_values_are_written_as_java_does(number: Any, text: str) -> None:
    assert written(number) == text


@pytest.mark.parametrize("number", [1e-7, 12345678.9, 5e-324, 1.7976931348623157e308, 123456789.123456789])
def test_a_number_in_javas_writing_is_the_same_number(number: float) -> None:
    assert float(written(number)) == number


def test_the_body_is_read_by_paths() -> None:
    template = "$input.path('$.rows[0].x') $input.json('$.rows') $!input.path('$.none')|$input.body.length()"
    assert mapped(template, body='{"rows":[{"x":1}]}', context=CONTEXT).body == '1 [{"x":1}] |18'


def test_a_body_that_is_no_json_has_nothing_at_any_path() -> None:
    assert mapped("$!input.path('$.x')", body="<Error/>", context=CONTEXT).body == ""


def test_texts_are_decoded_and_encoded() -> None:
    assert mapped("$util.urlEncode('a b')$util.urlDecode('%0A')", body="", context=CONTEXT).body == "a+b\n"


def test_a_template_sets_parts_of_the_path_and_headers() -> None:
    template = (
        "#set($context.requestOverride.path.day = $context.requestTime.substring(0, 2))"
        '#set($context.requestOverride.header.Accept = "text/csv")'
    )
    made = mapped(template, body="", context=CONTEXT)
    assert (made.path, made.headers) == ({"day": "05"}, {"Accept": "text/csv"})


def test_what_a_template_sets_does_not_last() -> None:
    mapped("#set($context.requestOverride.path.day = '05')", body="", context=CONTEXT)
    assert "requestOverride" not in CONTEXT
