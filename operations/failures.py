"""What an operator is told when something cannot be done: one sentence, with what to do about it."""

from botocore import exceptions as botocore

SIGN_IN = "sign in again (aws sso login, or new keys) and repeat the command"

# By the error codes that AWS services share (IAM user guide, "Troubleshooting"; API references, "Common Errors").
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
UNKNOWN = frozenset(
    {
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
        "AuthFailure",
        "InvalidSignatureException",
    }
)
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"})
ABSENT = frozenset(
    {
        "404",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchKey",
        "NotFound",
        "NotFoundException",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
    }
)
# SageMaker and CloudFormation have no code of their own for it: it is a ValidationException or a ValidationError, as
# much else is (API references, "DescribeEndpoint", "DescribeStacks").
INVALID = frozenset({"ValidationError", "ValidationException"})
ABSENT_WORDS = ("Could not find", "does not exist")
THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "RequestThrottled",
    }
)


class Failure(Exception):
    """The command ends here; its text is the sentence that the operator reads.

    `code` is what the process ends with.
    """

    def __init__(self, sentence: str, *, code: int = 1) -> None:
        super().__init__(sentence)
        self.code = code


def sentence_of(error: Exception) -> str:
    """Return what AWS or the way to it says, as one sentence that ends with what to do and the request's id."""
    if isinstance(error, botocore.ClientError):
        return _refused(error)
    for kind, sentence in ON_THE_WAY.items():
        if isinstance(error, kind):
            return sentence.format(error=_one_line(str(error)))
    return f"The call of AWS failed: {_one_line(str(error))}"


def code_of(error: botocore.ClientError) -> str:
    """Return the name of the error, such as `ValidationException`."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


def says_absent(error: botocore.ClientError) -> bool:
    """Whether AWS says that what it was asked for is not there."""
    code = code_of(error)
    return code in ABSENT or (code in INVALID and any(words in message_of(error) for words in ABSENT_WORDS))


def message_of(error: botocore.ClientError) -> str:
    """AWS's own words."""
    return str(error.response.get("Error", {}).get("Message", error))


def _refused(error: botocore.ClientError) -> str:
    request = error.response.get("ResponseMetadata", {}).get("RequestId")
    operation, code, reference = error.operation_name, code_of(error), f" [request {request}]" if request else ""
    if code in EXPIRED:
        return f"The credentials have expired at {operation}; {SIGN_IN}, what was begun goes on in AWS{reference}"
    if code in UNKNOWN:
        return f"AWS does not know these credentials ({code} at {operation}); check AWS_PROFILE or the keys{reference}"
    words = _one_line(message_of(error)).rstrip(".")
    if code in DENIED:
        return f"{operation} is not allowed: {words}; ask for that permission{reference}"
    if code in THROTTLED:
        return f"AWS still says {code} at {operation} after several tries; wait a minute and repeat{reference}"
    return f"{operation} was refused: {words} ({code}){reference}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


# The most special first: some of these are kinds of others.
ON_THE_WAY: dict[type[Exception], str] = {
    botocore.NoCredentialsError: "There are no AWS credentials; set AWS_PROFILE, or run aws configure",
    botocore.PartialCredentialsError: "The AWS credentials are not complete ({error}); run aws configure",
    botocore.ProfileNotFound: "{error}; set AWS_PROFILE to one of your profiles (aws configure list-profiles)",
    botocore.UnauthorizedSSOTokenError: f"The sign-in has expired ({{error}}); {SIGN_IN}",
    botocore.SSOTokenLoadError: f"There is no sign-in ({{error}}); {SIGN_IN}",
    botocore.TokenRetrievalError: f"The sign-in could not be renewed ({{error}}); {SIGN_IN}",
    botocore.CredentialRetrievalError: f"The credentials could not be had ({{error}}); {SIGN_IN}",
    botocore.NoRegionError: "No AWS region is chosen; give --region, or set AWS_REGION",
    botocore.InvalidRegionError: "{error}; give --region one such as eu-west-1",
    botocore.EndpointConnectionError: "{error}; check the region and the network",
    botocore.ConnectTimeoutError: "{error}; check the region and the network",
    botocore.ReadTimeoutError: "{error}; repeat the command",
    botocore.SSLError: "{error}; check AWS_CA_BUNDLE and the network",
    botocore.ParamValidationError: "AWS would not take the request: {error}",
}
