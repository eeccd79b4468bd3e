"""Who may call an API."""

from typing import Any

import pytest

from modelyard.constructs.rest_api.authorization import Authorization, authorization
from modelyard.manifest.api import Api, Features
from support.small_stack import SmallStack

POOL = "arn:aws:cognito-idp:eu-west-1:111111111111:userpool/eu-west-1_a"


def api(auth: Any, **more: Any) -> Api:
    return Api(features=(Features(names=("age",)),), auth=auth, **more)


def test_callers_of_iam_sign_their_requests(small: SmallStack) -> None:
    found = authorization(small.stack, api=api("iam"), rest_api="a", user_pool=None)

    assert found == Authorization(type="AWS_IAM")


def test_callers_with_keys_must_send_them(small: SmallStack) -> None:
    found = authorization(small.stack, api=api("api-key"), rest_api="a", user_pool=None)

    assert (found.type, found.key_required) == ("NONE", True)


def test_tokens_are_those_of_the_user_pool(small: SmallStack) -> None:
    found = authorization(small.stack, api=api("jwt", scopes=("churn/predict",)), rest_api="a", user_pool=POOL)

    assert (found.type, found.scopes) == ("COGNITO_USER_POOLS", ("churn/predict",))
    assert small.one("ApiGateway::Authorizer")["ProviderARNs"] == [POOL]


def test_tokens_without_a_user_pool_are_refused(small: SmallStack) -> None:
    with pytest.raises(ValueError, match="user_pool must be named where tokens are taken, got none"):
        authorization(small.stack, api=api("jwt"), rest_api="a", user_pool=None)
