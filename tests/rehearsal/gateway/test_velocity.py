"""Templates: what the part of Velocity that is rehearsed makes of them, and what of it is not."""

from typing import Any

import pytest

from modelyard.rehearsal.gateway.velocity import Template, VelocityError


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
        ("#set($x = 0.8)#if($x >= 0.8 && $x <= 0.8 && !($x < 0.8) && !($x > 0.8))yes#end", "yes"),
        ("#if(1 < 2 && 2 > 1.5)yes#end", "yes"),
        ("#if(0 != false && 1 != true && 1 == 1.0)yes#end", "yes"),
        ("#if($name < 2 || $nobody < 2 || true > 0)yes#{else}no#end", "no"),
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


@pytest.mark.parametrize("begin", ["#if(" + "(" * 5000, "#set($x = " + "[" * 5000, "#if(true)" * 5000])
def test_a_template_that_is_nested_too_deeply_is_refused(begin: str) -> None:
    with pytest.raises(VelocityError, match="is nested too deeply"):
        Template(text=begin)


def test_a_loop_ends_after_a_thousand_iterations() -> None:
    assert Template(text="#foreach($item in $items)$item#end").render({"items": ["x"] * 1001}) == "x" * 1000
