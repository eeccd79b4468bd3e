from typing import Any

import pytest
from botocore import exceptions as botocore

from modelyard.operations.failures import says_absent, sentence_of


def refused(code: str, message: str = "Why not.", *, request: str | None = "1234") -> botocore.ClientError:
    metadata: Any = {} if request is None else {"RequestId": request}
    return botocore.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "DescribeX"
    )


def test_a_refusal_is_the_operation_the_words_the_code_and_the_request() -> None:
    assert sentence_of(refused("ValidationException")) == (
        "DescribeX was refused: Why not (ValidationException) [request 1234]"
    )


def test_words_of_several_lines_become_one() -> None:
    assert "\n" not in sentence_of(refused("ValidationException", "1 error:\n  two"))


def test_an_answer_without_a_request_id_is_told_without_it() -> None:
    assert sentence_of(refused("ValidationException", request=None)).endswith("(ValidationException)")


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_say_to_sign_in_and_that_nothing_is_lost(code: str) -> None:
    assert sentence_of(refused(code)) == (
        "The credentials have expired at DescribeX; sign in again (aws sso login, or new keys) and repeat the command, "
        "what was begun goes on in AWS [request 1234]"
    )


@pytest.mark.parametrize("code", ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"])
def test_unknown_credentials_say_to_check_them(code: str) -> None:
    assert sentence_of(refused(code)).startswith(f"AWS does not know these credentials ({code} at DescribeX); check")


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_missing_permission_is_told_in_aws_s_words(code: str) -> None:
    assert sentence_of(refused(code, "User: x is not authorized.")) == (
        "DescribeX is not allowed: User: x is not authorized; ask for that permission [request 1234]"
    )


@pytest.mark.parametrize("code", ["Throttling", "ThrottlingException", "TooManyRequestsException", "SlowDown"])
def test_throttling_that_goes_on_says_to_wait(code: str) -> None:
    assert sentence_of(refused(code)).startswith(f"AWS still says {code} at DescribeX after several tries; wait a min")


@pytest.mark.parametrize(
    ("error", "start"),
    [
        (botocore.NoCredentialsError(), "There are no AWS credentials; set AWS_PROFILE"),
        (botocore.PartialCredentialsError(provider="env", cred_var="secret"), "The AWS credentials are not complete"),
        (botocore.ProfileNotFound(profile="x"), "The config profile (x) could not be found; set AWS_PROFILE"),
        (botocore.UnauthorizedSSOTokenError(), "The sign-in has expired"),
        (botocore.SSOTokenLoadError(error_msg="none"), "There is no sign-in"),
        (botocore.TokenRetrievalError(provider="sso", error_msg="no"), "The sign-in could not be renewed"),
        (botocore.CredentialRetrievalError(provider="x", error_msg="no"), "The credentials could not be had"),
        (botocore.NoRegionError(), "No AWS region is chosen; give --region"),
        (botocore.InvalidRegionError(region_name="x y"), "Provided region_name 'x y' doesn't match"),
        (
            botocore.EndpointConnectionError(endpoint_url="https://x"),
            'Could not connect to the endpoint URL: "https://x"; ',
        ),
        (botocore.ConnectTimeoutError(endpoint_url="https://x"), 'Connect timeout on endpoint URL: "https://x"; check'),
        (botocore.ReadTimeoutError(endpoint_url="https://x"), 'Read timeout on endpoint URL: "https://x"; repeat'),
        (botocore.SSLError(endpoint_url="https://x", error="bad"), "SSL validation failed for https://x bad; check"),
        (
            botocore.ParamValidationError(report="bad"),
            "AWS would not take the request: Parameter validation failed: bad",
        ),
        (botocore.DataNotFoundError(data_path="x"), "The call of AWS failed: Unable to load data for: x"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_fails_on_the_way_says_what_to_do(error: Exception, start: str) -> None:
    assert sentence_of(error).startswith(start)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("404", "Not Found"),
        ("NoSuchEntity", "The role with name x cannot be found."),
        ("ResourceNotFound", "Experiment x"),
        ("ValidationException", 'Could not find endpoint "x".'),
        ("ValidationException", "ModelPackageGroup x does not exist."),
        ("ValidationError", "Stack with id x does not exist"),
    ],
)
def test_what_is_not_there_is_absent(code: str, message: str) -> None:
    assert says_absent(refused(code, message))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "1 validation error detected: Value 'x' failed to satisfy constraint."),
        ("AccessDenied", "The role x does not exist or may not do this."),
        ("ThrottlingException", "Rate exceeded"),
    ],
)
def test_what_could_not_be_asked_is_not_absent(code: str, message: str) -> None:
    assert not says_absent(refused(code, message))
