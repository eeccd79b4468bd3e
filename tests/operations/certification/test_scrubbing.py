"""What may stand in a record: AWS's own words and settings, and of everything else only which values agree."""

import json
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelyard.operations.certification.scrubbing import Scrubber, words

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
# Each begins so that it is no word of AWS's by chance, and is long enough to be looked for.
NAMES = st.text(LETTERS + DIGITS, min_size=3, max_size=12).map(lambda text: f"zq{text}")
ACCOUNTS = st.text(DIGITS, min_size=12, max_size=12)
SECRETS = st.one_of(
    ACCOUNTS,
    NAMES,
    NAMES.map(str.capitalize),
    st.builds("arn:aws:sagemaker:us-east-1:{}:endpoint/{}".format, ACCOUNTS, NAMES),
    st.builds("arn:aws:s3:::{}/{}".format, NAMES, NAMES),
    st.builds("s3://{}-data/{}/part.csv".format, NAMES, NAMES),
    st.builds("{}.{}@example.com".format, NAMES, NAMES),
    st.builds("https://{}.execute-api.eu-west-1.amazonaws.com/v1?token={}".format, NAMES, NAMES),
    st.builds("{}.internal.example.com".format, NAMES),
    st.builds("10.{}.{}.7".format, st.integers(20, 255), st.integers(100, 255)),
    st.builds("/srv/{}/.aws/credentials".format, NAMES),
    st.builds("C:\\Users\\{}\\model".format, NAMES),
    st.text(LETTERS.upper() + DIGITS, min_size=16, max_size=16).map(lambda text: f"AKIA{text}"),
    st.text(LETTERS + LETTERS.upper() + DIGITS + "+/", min_size=40, max_size=40).map(lambda text: f"zq{text}"),
    st.uuids().map(str),
    st.builds("{},{},12.5".format, NAMES, NAMES),
    st.builds('{{"patient": "{}"}}'.format, NAMES),
    st.builds("2026-11-27T{}".format, NAMES),
)
OPERATIONS = (
    ("sagemaker", "DescribeTrainingJob"),
    ("sagemaker", "DescribeEndpoint"),
    ("sagemaker", "DescribeModel"),
    ("cloudformation", "DescribeStacks"),
    ("cloudformation", "DescribeStackEvents"),
    ("stepfunctions", "DescribeExecution"),
    ("iam", "GetRole"),
    ("s3", "ListObjectsV2"),
    ("s3", "HeadObject"),
    ("logs", "DescribeLogGroups"),
    ("sts", "GetCallerIdentity"),
)


def shape_of(service: str, operation: str) -> Any:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).output_shape


def filled(shape: Any, *, secret: str, depth: int = 5) -> Any:
    """A value of a shape with the secret wherever a text, a body or a key can be, and in the middle of sentences."""
    if shape.type_name == "structure":
        return {name: filled(one, secret=secret, depth=depth - 1) for name, one in shape.members.items() if depth}
    if shape.type_name == "list":
        return [filled(shape.member, secret=secret, depth=depth - 1)] if depth else []
    if shape.type_name == "map":
        return {secret: filled(shape.value, secret=secret, depth=depth - 1)} if depth else {}
    if shape.type_name == "string":
        return secret
    if shape.type_name == "timestamp":
        return datetime(2026, 11, 27, tzinfo=UTC)
    return {"boolean": True, "blob": secret.encode()}.get(shape.type_name, 111122223333)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@settings(deadline=None, max_examples=30)
@given(secret=SECRETS)
def test_no_secret_comes_through_any_member_of_an_answer(service: str, operation: str, secret: str) -> None:
    shape = shape_of(service, operation)
    written = json.dumps(Scrubber().value(filled(shape, secret=secret), shape=shape))
    assert secret not in written
    assert json.dumps(secret)[1:-1] not in written
    assert "111122223333" not in written


@settings(deadline=None)
@given(
    secret=SECRETS, before=st.sampled_from(["", "'", '"', "(", "["]), after=st.sampled_from(["", "'", '".', "),", "]:"])
)
def test_no_secret_comes_through_a_sentence(secret: str, before: str, after: str) -> None:
    said = Scrubber().text(f"Could not find the endpoint {before}{secret}{after} of the account")
    assert secret not in said
    assert all(part not in said for part in secret.split() if len(part) > 3)
    assert said.startswith("Could not find the endpoint ")
    assert said.endswith(" of the account")


@settings(deadline=None)
@given(secret=SECRETS)
def test_no_secret_comes_through_the_code_of_an_error(secret: str) -> None:
    assert secret not in Scrubber().code(secret)


@pytest.mark.parametrize("code", ["ThrottlingException", "NoSuchBucket", "404", "Client.RequestLimitExceeded"])
def test_the_code_of_an_error_is_kept(code: str) -> None:
    assert Scrubber().code(code) == code


def test_the_same_value_has_the_same_placeholder_and_another_one_another() -> None:
    scrubber = Scrubber()
    first, second = scrubber.text("Role zqone failed"), scrubber.text("zqtwo and zqone")
    assert first == "Role <name-1> failed"
    assert second == "<name-2> and <name-1>"


def test_a_name_of_the_account_stays_hidden_where_a_text_repeats_it_though_it_is_a_word_of_aws() -> None:
    scrubber, shape = Scrubber(), shape_of("iam", "GetRole")
    assert "training" in words()
    scrubber.value({"Role": {"RoleName": "training"}}, shape=shape)
    assert scrubber.text("The role training was not found") == "The role <name-1> was not found"


def test_settings_states_and_types_that_aws_lists_are_kept() -> None:
    answer = {
        "EndpointStatus": "InService",
        "ProductionVariants": [{"VariantName": "zq", "CurrentWeight": 1.0, "CurrentInstanceCount": 2}],
        "DataCaptureConfig": {"EnableCapture": True, "CaptureStatus": "Started"},
    }
    kept = Scrubber().value(answer, shape=shape_of("sagemaker", "DescribeEndpoint"))
    assert kept == {
        "ProductionVariants": [{"VariantName": "<name-1>", "CurrentWeight": 1.0, "CurrentInstanceCount": 2}],
        "DataCaptureConfig": {"EnableCapture": True, "CaptureStatus": "Started"},
        "EndpointStatus": "InService",
    }


def test_a_state_that_the_sdk_does_not_know_yet_is_kept() -> None:
    kept = Scrubber().value({"EndpointStatus": "SystemWaiting"}, shape=shape_of("sagemaker", "DescribeEndpoint"))
    assert kept == {"EndpointStatus": "SystemWaiting"}


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("MaxRuntimeInSeconds", 3600, 3600),
        ("BillableTimeInSeconds", 61, "<measured>"),
        ("Value", 0.93, "<measured>"),
        ("Value", 1_700_000_000, "<measured>"),
        ("Value", None, None),
        ("Value", b"row", "<bytes>"),
    ],
)
def test_a_number_is_kept_if_somebody_has_set_it(name: str, value: Any, kept: Any) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    assert Scrubber().value(value, shape=model.shape_for("Integer"), name=name) == kept


def test_a_long_text_is_cut() -> None:
    assert len(Scrubber().text("training " * 200)) < 500
