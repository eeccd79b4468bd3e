"""What an integration makes of a request, and what of it is not rehearsed."""

import pytest

from modelyard.rehearsal.gateway.integration import ServiceCall, parameter_value


def test_what_services_there_are_behind_an_api_is_said() -> None:
    with pytest.raises(ValueError, match=r"with sqs is not rehearsed, only with runtime\.sagemaker, s3"):
        ServiceCall(subdomain="sqs", method="POST", path="/", headers={}, body=b"")


@pytest.mark.parametrize(("source", "value"), [("'text/csv'", "text/csv"), ("context.stage", "v1")])
def test_a_parameter_is_a_text_in_quotes_or_a_variable_of_the_context(source: str, value: str) -> None:
    assert parameter_value(source, context={"stage": "v1"}) == value


def test_a_template_stands_above_the_parameters_of_its_integration() -> None:
    integration = {
        "httpMethod": "PUT",
        "requestParameters": {
            "integration.request.path.day": "'01'",
            "integration.request.path.key": "'a'",
            "integration.request.header.Accept": "'text/csv'",
        },
    }
    template = "#set($context.requestOverride.path.day = '05')$input.body"
    call = ServiceCall.of(
        integration, subdomain="s3", path="bucket/{day}/{key}", template=template, body="text", context={}
    )
    assert (call.path, call.headers, call.body) == ("/bucket/05/a", {"Accept": "text/csv"}, b"text")


def test_another_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the parameter stageVariables\.name is not rehearsed"):
        parameter_value("stageVariables.name", context={})
