from modelyard.operations.planning.values import imports_of, references, settled
from modelyard.template_checks.template import Template
from support.plans import predict
from support.templates import resource

TOPIC = "AWS::SNS::Topic"


def test_a_map_s_entry_changes_what_looks_it_up() -> None:
    found = {"One": resource(TOPIC, {"DisplayName": {"Fn::FindInMap": ["Names", "here", "title"]}})}
    maps = [{"Mappings": {"Names": {"here": {"title": title}}}} for title in ("old", "new")]
    (change,) = predict(found, found, base=maps[0], head=maps[1]).changes
    assert change.properties == ("DisplayName",)


def test_another_entry_of_a_map_changes_nothing() -> None:
    found = {"One": resource(TOPIC, {"DisplayName": {"Fn::FindInMap": ["Names", "here", "title"]}})}
    maps = [{"Mappings": {"Names": {"here": {"title": "old"}, "there": {"title": title}}}} for title in ("old", "new")]
    assert predict(found, found, base=maps[0], head=maps[1]).changes == ()


def test_references_are_found_however_deep() -> None:
    value = {"a": [{"Ref": "One"}, {"Fn::Sub": ["${Two.Arn} ${own}", {"own": {"Fn::GetAtt": "Three.Arn"}}]}]}
    assert references(value) == {"One", "Two", "Three"}


def test_imports_are_those_by_a_literal_name() -> None:
    assert imports_of({"a": {"Fn::ImportValue": "one"}, "b": {"Fn::ImportValue": {"Ref": "Name"}}}) == {"one"}


def test_a_join_of_texts_is_the_text() -> None:
    assert settled({"Fn::Join": ["-", ["a", "b"]]}, template=Template(name="stack", body={})) == "a-b"
