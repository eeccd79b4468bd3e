from collections.abc import Callable
from typing import Any

import pytest

from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template
from support.attempts import Attempts
from support.templates import resource, sentences_of

REFERENCE = "{{resolve:secretsmanager:prod/db:SecretString:password}}"
RESOLVED = "must be a text that CloudFormation does not resolve, where no secret belongs, got "
SUBSTITUTED = "must be a text without ${, which means something to Fn::Sub alone, got "
COMPUTED = "must be data and no expression of a state machine, got "
INVISIBLE = "must be a text of visible characters, got "


def machine(state: Any, **properties: Any) -> dict[str, Any]:
    definition = {"QueryLanguage": "JSONata", "StartAt": "Train", "States": {"Train": state}}
    return resource("AWS::StepFunctions::StateMachine", {"Definition": definition, **properties})


def topic(**properties: Any) -> dict[str, Any]:
    return resource("AWS::SNS::Topic", properties)


HOSTILE: dict[str, list[Any]] = {
    RESOLVED: [
        REFERENCE,
        "{{resolve:ssm:/prod/key}}",
        "{{resolve:ssm-secure:/prod/key:1}}",
        f"before {REFERENCE} after",
        {"Fn::Join": ["", ["{{res", "olve:ssm:", {"Ref": "Name"}, "}}"]]},
        {"Fn::Join": [":", ["{{resolve", "ssm", "/prod/key}}"]]},
        {"Fn::Sub": "{{resolve:ssm:${Name}}}"},
        {"Fn::Sub": ["${value}", {"value": REFERENCE}]},
    ],
    SUBSTITUTED: [
        "${AWS::AccountId}",
        "${Token[AWS.Region.4]}",
        "a${",
        {"Fn::Join": ["", ["$", "{Name}"]]},
    ],
    INVISIBLE: ["a\u202eb", "a\x1b[31m", "a\u200bb", "a\x00"],
}
PLACES: dict[str, Callable[[Any], Any]] = {
    "a value": lambda text: {"R": topic(DisplayName=text)},
    "a list": lambda text: {"R": topic(Names=[{"Value": text}])},
    "a state": lambda text: {"R": machine({"Type": "Pass", "Output": {"a": text}})},
    "a tag": lambda text: {"R": topic(Tags=[{"Key": "a", "Value": text}])},
}


@pytest.mark.parametrize("said", HOSTILE)
@pytest.mark.parametrize("place", PLACES)
def test_s23_refuses_a_text_that_is_evaluated_or_unseen_wherever_it_stands(
    said: str, place: str, attempts: Attempts
) -> None:
    for text in HOSTILE[said]:
        attempts.add()
        sentences = sentences_of(rule="S23", **PLACES[place](text))
        assert len(sentences) == 1, text
        assert sentences[0].startswith("S23 R.Properties.")
        assert said in sentences[0]


@pytest.mark.parametrize("section", ["Outputs", "Parameters", "Metadata", "Conditions"])
def test_s23_looks_into_every_section(section: str) -> None:
    body = {section: {"One": {"Value": REFERENCE}}}
    (problem,) = check_templates([Template(name="stack", body=body)])
    assert problem.sentence.startswith(f"S23 {section}.One.Value {RESOLVED}")


def test_s23_looks_at_keys_too() -> None:
    (sentence,) = sentences_of(rule="S23", R=topic(Tags={REFERENCE: "a"}))
    assert RESOLVED in sentence


@pytest.mark.parametrize(
    "place",
    [
        {"MasterUserPassword": REFERENCE},
        {"AuthToken": {"Fn::Join": ["", ["{{resolve:ssm-secure:", {"Ref": "Name"}, "}}"]]}},
        {"ProviderDetails": {"ClientSecret": REFERENCE}},
        {"Name": {"Fn::Sub": "${AWS::StackName}-a ${!Literal}"}},
        {"Name": {"Fn::Join": ["", [{"Fn::Sub": "${AWS::Region}"}, "-a"]]}},
        {"PolicyDocument": {"Statement": [{"Resource": "arn:aws:s3:::data/${aws:username}/*"}]}},
        {"Integration": {"RequestTemplates": {"application/json": "#set($a = 1)${a}"}}},
        {"Code": {"ZipFile": "const a = `${b}`;\n\treturn a;"}},
    ],
)
def test_s23_takes_what_stands_there_for_a_reason(place: dict[str, Any]) -> None:
    assert sentences_of(rule="S23", R=topic(**place)) == []


def test_s23_takes_the_substitutions_of_a_definition_and_no_others() -> None:
    state = {"Type": "Task", "Resource": "${Known}", "Comment": "${Unknown}"}
    said = sentences_of(rule="S23", R=machine(state, DefinitionSubstitutions={"Known": "a"}))
    assert [sentence.partition(" must")[0] for sentence in said] == ["S23 R.Properties.Definition.States.Train.Comment"]


DATA = {
    "HyperParameters": {"eta": "?"},
    "StaticHyperParameters": {"eta": "?"},
    "hyperparameters": {"eta": "?"},
    "MetricDefinitions": [{"Name": "auc", "Regex": "?"}],
    "ParameterRanges": {"CategoricalParameterRanges": [{"Values": ["?"]}]},
    "ContentType": "?",
    "Accept": "?",
    "ChannelName": "?",
}


def filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: filled(inner, text) for key, inner in value.items()}
    return [filled(inner, text) for inner in value] if isinstance(value, list) else text if value == "?" else value


@pytest.mark.parametrize("member", DATA)
@pytest.mark.parametrize(
    "text", ["{% $states.context.Execution.Id %}", "{%$eval('1')%}", " {% 'a' & $run %}", "{% 'a' & 'b' %}"]
)
def test_s23_refuses_an_expression_where_a_request_takes_data(member: str, text: str, attempts: Attempts) -> None:
    attempts.add()
    (sentence,) = sentences_of(rule="S23", R=machine({"Arguments": {member: filled(DATA[member], text)}}))
    assert COMPUTED in sentence


@pytest.mark.parametrize("member", DATA)
@pytest.mark.parametrize("text", ["plain", "{% 'quoted' %}", '{% "a \\" b" %}'])
def test_s23_takes_data_and_texts_in_quotes(member: str, text: str) -> None:
    assert sentences_of(rule="S23", R=machine({"Arguments": {member: filled(DATA[member], text)}})) == []


def test_s23_takes_a_whole_table_that_a_state_computes() -> None:
    arguments = {"HyperParameters": "{% $states.input.hyperparameters %}", "Environment": {"run": "{% $run %}"}}
    assert sentences_of(rule="S23", R=machine({"Arguments": arguments})) == []
