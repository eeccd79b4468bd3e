"""Who may call an API, how often, and what it may do itself."""

import json
from typing import Any

import botocore.exceptions
import pytest

from support.called_apis import GOOD, Answer, Api, CalledApis, credentials_of
from support.local_aws import allow

POOL = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/"
NOT_SIGNED = "There is no such operation, or the request is not signed"


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["message"]


@pytest.fixture
def unsigned(api: Api) -> Api:
    return Api(host=api.host, stack=api.stack, outputs=api.outputs, endpoint=api.endpoint)


@pytest.fixture(scope="module")
def keyed(apis: CalledApis) -> Api:
    """An API whose callers show a key: the one that its stack makes."""
    made = apis.deploy('auth = "api-key"\nburst = 20\ncalls_a_day = 1000')
    key = apis.host.aws.client("apigateway").get_api_key(apiKey=made.outputs["ApiKeyId"], includeValue=True)
    made.headers["X-Api-Key"] = key["value"]
    return made


class Users:
    """A user pool with one user, whose tokens an API takes."""

    def __init__(self, *, cognito: Any) -> None:
        self._cognito = cognito
        self.pool = cognito.create_user_pool(PoolName="callers")["UserPool"]["Id"]
        flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        made = cognito.create_user_pool_client(UserPoolId=self.pool, ClientName="app", ExplicitAuthFlows=flows)
        self.client = made["UserPoolClient"]["ClientId"]
        cognito.admin_create_user(UserPoolId=self.pool, Username="ann", MessageAction="SUPPRESS")
        cognito.admin_set_user_password(UserPoolId=self.pool, Username="ann", Password="Correct-horse1", Permanent=True)

    def token(self) -> str:
        answer = self._cognito.admin_initiate_auth(
            UserPoolId=self.pool,
            ClientId=self.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse1"},
        )
        return str(answer["AuthenticationResult"]["IdToken"])


@pytest.fixture(scope="module")
def users(apis: CalledApis) -> Users:
    return Users(cognito=apis.host.aws.client("cognito-idp"))


@pytest.fixture(scope="module")
def tokened(apis: CalledApis, users: Users) -> Api:
    """An API whose callers show a token of a user pool."""
    return apis.deploy('auth = "jwt"', stages=f'[dev]\nuser_pool = "{POOL}{users.pool}"\n')


def test_a_caller_who_does_not_sign_is_refused(unsigned: Api) -> None:
    assert said(unsigned.post("predict", GOOD)) == (403, NOT_SIGNED)


def test_a_caller_who_signs_and_may_not_call_is_refused(unsigned: Api) -> None:
    unsigned.signed_by = credentials_of(unsigned.host.aws.assumed("sts", allow("s3:*")))
    assert unsigned.post("predict", GOOD).status == 403


def test_a_caller_who_may_call_one_operation_calls_that(unsigned: Api) -> None:
    arn = f"arn:aws:execute-api:us-east-1:111122223333:{unsigned.outputs['ApiId']}/v1/POST/predict"
    unsigned.signed_by = credentials_of(unsigned.host.aws.assumed("sts", allow("execute-api:Invoke", on=arn)))
    assert unsigned.post("predict", GOOD).status == 200
    assert unsigned.post("feedback", {}).status == 403


def test_a_forged_signature_is_refused(unsigned: Api, api: Api) -> None:
    real = api.signed_by
    unsigned.signed_by = type(real)(real.access_key, "not the secret", real.token)
    assert unsigned.post("predict", GOOD).status == 403


def test_a_caller_with_the_key_is_answered(keyed: Api) -> None:
    assert keyed.post("predict", GOOD).body["prediction"] == 7.5


@pytest.mark.parametrize("key", ["", "guessed"])
def test_a_caller_without_the_key_is_refused(keyed: Api, key: str) -> None:
    assert said(keyed.post("predict", GOOD, **{"X-Api-Key": key})) == (403, "Forbidden")


def test_a_key_that_is_switched_off_is_refused_until_it_is_switched_on(keyed: Api) -> None:
    client, key_id = keyed.host.aws.client("apigateway"), keyed.outputs["ApiKeyId"]

    def switched(value: str) -> tuple[bool, int]:
        switch = [{"op": "replace", "path": "/enabled", "value": value}]
        enabled = client.update_api_key(apiKey=key_id, patchOperations=switch)["enabled"]
        return enabled, keyed.post("predict", GOOD).status

    assert switched("false") == (False, 403)
    assert switched("true") == (True, 200)


def test_the_number_of_a_plan_stays_one_when_a_patch_changes_it(keyed: Api) -> None:
    client = keyed.host.aws.client("apigateway")
    plan = client.create_usage_plan(name="plan", throttle={"burstLimit": 20, "rateLimit": 1.5})
    patch = [{"op": "replace", "path": f"/throttle/{name}", "value": "30"} for name in ("burstLimit", "rateLimit")]
    changed = client.update_usage_plan(usagePlanId=plan["id"], patchOperations=patch)
    client.delete_usage_plan(usagePlanId=plan["id"])

    assert changed["throttle"] == {"burstLimit": 30, "rateLimit": 30.0}


@pytest.mark.parametrize(
    ("path", "value", "wanted"),
    [
        ("/throttle/burstLimit", "many", "an integer"),
        ("/throttle/burstLimit", "1.5", "an integer"),
        ("/throttle/rateLimit", "many", "a number"),
        ("/throttle/rateLimit", "nan", "a number"),
        ("/throttle/rateLimit", "9" * 400, "a number"),
    ],
)
def test_a_patch_of_a_number_with_something_else_is_refused_and_changes_nothing(
    keyed: Api, path: str, value: str, wanted: str
) -> None:
    client = keyed.host.aws.client("apigateway")
    plan = client.create_usage_plan(name="plan", throttle={"burstLimit": 20, "rateLimit": 1.5})["id"]
    patch = [{"op": "replace", "path": "/name", "value": "other"}, {"op": "replace", "path": path, "value": value}]
    try:
        with pytest.raises(botocore.exceptions.ClientError, match=f"it must be {wanted}") as refused:
            client.update_usage_plan(usagePlanId=plan, patchOperations=patch)
        assert client.get_usage_plan(usagePlanId=plan)["name"] == "plan"
    finally:
        client.delete_usage_plan(usagePlanId=plan)

    assert refused.value.response["Error"]["Code"] == "BadRequestException"


def test_a_patch_takes_an_integer_of_any_size(keyed: Api) -> None:
    client = keyed.host.aws.client("apigateway")
    plan = client.create_usage_plan(name="plan", throttle={"burstLimit": 20, "rateLimit": 1.5})["id"]
    patch = [{"op": "replace", "path": "/throttle/burstLimit", "value": "9" * 400}]
    changed = client.update_usage_plan(usagePlanId=plan, patchOperations=patch)
    client.delete_usage_plan(usagePlanId=plan)

    assert changed["throttle"]["burstLimit"] == int("9" * 400)


def test_a_patch_of_a_switch_with_something_else_is_refused(keyed: Api) -> None:
    patch = [{"op": "replace", "path": "/enabled", "value": "perhaps"}]

    with pytest.raises(botocore.exceptions.ClientError, match="it must be true or false"):
        keyed.host.aws.client("apigateway").update_api_key(apiKey=keyed.outputs["ApiKeyId"], patchOperations=patch)


def test_a_key_of_another_plan_is_refused(keyed: Api) -> None:
    other = keyed.host.aws.client("apigateway").create_api_key(name="other", enabled=True)
    assert said(keyed.post("predict", GOOD, **{"X-Api-Key": other["value"]})) == (403, "Forbidden")


def test_a_caller_with_a_token_is_answered(tokened: Api, users: Users) -> None:
    assert tokened.post("predict", GOOD, Authorization=users.token()).body["prediction"] == 7.5


@pytest.mark.parametrize("token", ["", "no.token.atall"])
def test_a_caller_without_a_token_is_refused(tokened: Api, token: str) -> None:
    assert said(tokened.post("predict", GOOD, Authorization=token)) == (401, "Unauthorized")


def test_a_token_that_was_changed_is_refused(tokened: Api, users: Users) -> None:
    head, claims, signature = users.token().split(".")
    assert tokened.post("predict", GOOD, Authorization=f"{head}.{claims}.{signature[::-1]}").status == 401


def test_more_calls_than_the_burst_are_throttled(apis: CalledApis, api: Api) -> None:
    narrow = apis.deploy("rate = 1\nburst = 1")
    narrow.signed_by = api.signed_by
    answers = [said_or_served(narrow.post("predict", GOOD)) for _ in range(4)]
    assert (429, "Too many requests: send fewer a second") in answers
    assert answers[0] == (200, "")


def test_more_calls_than_a_day_has_are_refused(apis: CalledApis) -> None:
    narrow = apis.deploy('auth = "api-key"\ncalls_a_day = 1')
    client = apis.host.aws.client("apigateway")
    narrow.headers["X-Api-Key"] = client.get_api_key(apiKey=narrow.outputs["ApiKeyId"], includeValue=True)["value"]
    assert narrow.post("predict", GOOD).status == 200
    assert said(narrow.post("predict", GOOD)) == (429, "The calls of this key are used up for today")


def test_a_model_that_takes_too_long_is_given_up(apis: CalledApis, api: Api) -> None:
    hurried = apis.deploy(timeout_millis=500)
    hurried.signed_by = api.signed_by
    answer = hurried.post("predict", {"features": {"mins": 29, "calls": 1}})
    assert said(answer) == (504, "The model did not answer in time")


@pytest.mark.parametrize(
    ("action", "path", "document", "message"),
    [
        ("sagemaker:InvokeEndpoint", "predict", GOOD, "The endpoint could not be asked"),
        (
            "s3:PutObject",
            "feedback",
            {"inferenceId": "0b5a2d0e-7a5d-4d53-9a3e-2f6d5b1c9e10", "label": 1},
            "The label could not be noted",
        ),
    ],
)
def test_an_api_whose_role_may_not_ask_says_so(
    apis: CalledApis, api: Api, action: str, path: str, document: Any, message: str
) -> None:
    resources = apis.resources()
    for resource in resources.values():
        if resource["Type"] == "AWS::IAM::Role":
            policy = resource["Properties"]["Policies"][0]["PolicyDocument"]
            policy["Statement"] = [one for one in policy["Statement"] if one["Action"] != [action]]
    forbidden = apis.deployed(resources)
    forbidden.signed_by = api.signed_by
    assert said(forbidden.post(path, document)) == (502, message)


def test_an_integration_with_a_role_that_api_gateway_may_not_assume_is_an_error_of_the_api(
    apis: CalledApis, api: Api
) -> None:
    text = json.dumps(apis.resources()).replace("apigateway.amazonaws.com", "lambda.amazonaws.com")
    forbidden = apis.deployed(json.loads(text))
    forbidden.signed_by = api.signed_by
    assert said(forbidden.post("predict", GOOD)) == (500, "Internal server error")


def said_or_served(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body.get("message", "")
