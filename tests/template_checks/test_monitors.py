from typing import Any

import pytest

from modelyard.template_checks import check_templates
from modelyard.template_checks.template import Template
from support.templates import capture, config, definition, endpoint, resource, schedule, sentences_of

CAPTURING: dict[str, Any] = {"Config": config(DataCaptureConfig=capture()), "Endpoint": endpoint()}
CRON = "NOW, cron(0 * ? * * *), cron(0 H ? * * *) or cron(0 H/N ? * * *)"
LONGEST = {"DataQuality": 3600, "ModelExplainability": 3600, "ModelQuality": 1800, "ModelBias": 1800}
CAPTURES = "an endpoint that captures its traffic"
BY_NAME = {"EndpointInput": {"EndpointName": "dev-churn"}}


@pytest.mark.parametrize(
    "expression", ["rate(1 day)", "rate(1 hour)", "cron(*/5 * * * ? *)", "cron(30 * ? * * *)", "cron(0 0 1 * ? *)", ""]
)
def test_s11_refuses_a_schedule_in_another_form_than_sagemakers(expression: str) -> None:
    said = sentences_of(Schedule=schedule(expression), Definition=definition(), **CAPTURING)

    assert said == [
        f'S11 Schedule.ScheduleExpression must be {CRON}, got "{expression}" in stack; SageMaker knows whole hours only'
    ]


@pytest.mark.parametrize(
    "expression",
    ["NOW", "cron(0 * ? * * *)", "cron(0 7 ? * * *)", "cron(0 0/6 ? * * *)", {"Ref": "Expression"}, None],
)
def test_s11_takes_a_schedule_of_whole_hours_or_one_not_known_yet(expression: Any) -> None:
    said = sentences_of(Schedule=schedule(expression), Definition=definition(), **CAPTURING)

    assert said == []


@pytest.mark.parametrize(("kind", "shown"), [("ModelQuality", '"ModelQuality"'), (None, "null")])
def test_s11_refuses_a_schedule_of_another_kind_than_its_definition(kind: str | None, shown: str) -> None:
    said = sentences_of(Schedule=schedule(MonitoringType=kind), Definition=definition(), **CAPTURING)

    assert said == [
        "S11 Schedule.MonitoringType must be that of its definition (DataQuality), "
        f"got {shown} in stack; change one of them"
    ]


@pytest.mark.parametrize(("kind", "longest"), LONGEST.items())
def test_s11_refuses_an_hourly_run_that_may_outlast_its_hour(kind: str, longest: int) -> None:
    condition = {"MaxRuntimeInSeconds": longest + 1}

    said = sentences_of(
        Schedule=schedule(MonitoringType=kind),
        Definition=definition(kind, StoppingCondition=condition),
        **CAPTURING,
    )

    assert said == [
        f"S11 Definition.StoppingCondition.MaxRuntimeInSeconds must be at most {longest} for an hourly schedule, "
        f"got {longest + 1} in stack; lower it"
    ]


@pytest.mark.parametrize(
    ("expression", "runtime"),
    [
        ("cron(0 * ? * * *)", 3600),
        ("cron(0 * ? * * *)", "3600"),
        ("cron(0 * ? * * *)", {"Ref": "Runtime"}),
        ("cron(0 0 ? * * *)", 86_400),
    ],
)
def test_s11_takes_a_run_that_ends_before_the_next(expression: str, runtime: Any) -> None:
    stopped = definition(StoppingCondition={"MaxRuntimeInSeconds": runtime})

    said = sentences_of(Schedule=schedule(expression), Definition=stopped, **CAPTURING)

    assert said == []


@pytest.mark.parametrize("kind", LONGEST)
@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "[]"),
        ({"EndpointInput": {}, "BatchTransformInput": {}}, '["BatchTransformInput", "EndpointInput"]'),
    ],
)
def test_s11_refuses_a_definition_of_no_input_or_two(kind: str, given: dict[str, Any], shown: str) -> None:
    body = definition(kind)
    body["Properties"][f"{kind}JobInput"] = given

    said = sentences_of(Definition=body)

    assert said == [
        f"S11 Definition.{kind}JobInput must be one of EndpointInput and BatchTransformInput, "
        f"got {shown} in stack; keep one"
    ]


def test_s11_takes_a_definition_that_reads_a_transforms_capture() -> None:
    said = sentences_of(Definition=definition(DataQualityJobInput={"BatchTransformInput": {"LocalPath": "/opt/ml"}}))

    assert said == []


def test_s12_refuses_a_monitor_of_an_endpoint_that_captures_nothing() -> None:
    said = sentences_of(Config=config(), Endpoint=endpoint(), Definition=definition())

    assert said == [
        f'S12 Definition.EndpointInput.EndpointName must be {CAPTURES}, got "Endpoint" in stack; '
        "give its configuration a DataCaptureConfig"
    ]


@pytest.mark.parametrize("off", [False, "false"])
def test_s12_refuses_a_monitor_of_an_endpoint_whose_capture_is_switched_off(*, off: bool | str) -> None:
    silent = config(DataCaptureConfig=capture(EnableCapture=off))

    said = sentences_of(Config=silent, Endpoint=endpoint(), Definition=definition())

    assert len(said) == 1


def test_s12_refuses_a_monitor_of_an_endpoint_of_another_stack_that_captures_nothing() -> None:
    serving = Template(name="serving", body={"Resources": {"Config": config(), "Endpoint": endpoint()}})
    watched = {"Definition": definition(DataQualityJobInput=BY_NAME)}

    problems = check_templates([serving, Template(name="monitoring", body={"Resources": watched})])

    assert [problem.sentence for problem in problems] == [
        f'S12 Definition.EndpointInput.EndpointName must be {CAPTURES}, got "dev-churn" in monitoring; '
        "give its configuration a DataCaptureConfig"
    ]


def test_s12_takes_a_monitor_of_an_endpoint_of_another_stack_that_captures() -> None:
    watched = {"Definition": definition(DataQualityJobInput=BY_NAME)}

    problems = check_templates(
        [
            Template(name="monitoring", body={"Resources": watched}),
            Template(name="serving", body={"Resources": CAPTURING}),
        ]
    )

    assert problems == []


def test_s12_does_not_mix_up_the_endpoints_of_two_stacks_that_are_called_the_same() -> None:
    capturing = Template(name="a", body={"Resources": {**CAPTURING, "Definition": definition()}})
    silent = {"Config": config(), "Endpoint": endpoint(EndpointName="dev-other")}

    problems = check_templates([capturing, Template(name="b", body={"Resources": silent})])

    assert problems == []


@pytest.mark.parametrize(
    "resources",
    [
        CAPTURING,
        {"Config": config(DataCaptureConfig={"Fn::If": ["IsProd", {}, {}]}), "Endpoint": endpoint()},
        {**CAPTURING, "Endpoint": endpoint(EndpointName={"Ref": "Name"})},
        {"Endpoint": endpoint(EndpointConfigName={"Fn::ImportValue": "config"})},
        {"Endpoint": endpoint(EndpointConfigName="of-another-template")},
        {},
    ],
)
def test_s12_takes_a_monitor_of_an_endpoint_that_captures_or_is_not_known(resources: dict[str, Any]) -> None:
    said = sentences_of(Definition=definition(), **resources)

    assert said == []


@pytest.mark.parametrize("given", [None, [], "DataQuality", {"Fn::If": ["IsProd", {}, {}]}, {"Ref": "Config"}])
def test_a_schedule_that_only_the_deploy_knows_ends_in_no_traceback(given: Any) -> None:
    body = resource("MonitoringSchedule", {"MonitoringScheduleConfig": given})

    said = sentences_of(Schedule=body)

    assert said == []


@pytest.mark.parametrize("given", [{"Fn::If": ["IsProd", {}, {}]}, {"Ref": "Input"}])
def test_an_input_that_only_the_deploy_knows_is_not_checked(given: Any) -> None:
    said = sentences_of(Definition=definition(DataQualityJobInput=given))

    assert said == []
