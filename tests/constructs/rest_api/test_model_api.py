"""A REST API of a model: its methods, its stage, and its deployments."""

from typing import Any

from modelyard.constructs.rest_api.authorization import Authorization
from modelyard.constructs.rest_api.logs import ApiLogs
from modelyard.constructs.rest_api.model_api import STAGE, ModelApi, invoke_url, rest_api_of, stage_arn
from modelyard.constructs.rest_api.operations import predict, predict_batch
from modelyard.constructs.rest_api.refusals import REFUSALS
from modelyard.manifest.api import Api, Features
from support.small_stack import KEY_ARN, SmallStack

SIGNED = Authorization(type="AWS_IAM")


def add(small: SmallStack, *, authorization: Authorization = SIGNED, **declared: Any) -> ModelApi:
    api = Api(**{"features": (Features(names=("age",)),), **declared})
    rest_api = rest_api_of(small.stack, name="dev-churn")
    logs = ApiLogs(small.stack, "Logs", name="dev-churn", rest_api=rest_api.ref, stage=STAGE, days=30, key_arn=KEY_ARN)
    return ModelApi(
        small.stack,
        "Api",
        rest_api=rest_api,
        operations=[predict(api, endpoint="dev-churn"), predict_batch(api, endpoint="dev-churn")],
        authorization=authorization,
        role_arn="arn:aws:iam::111111111111:role/api",
        logs=logs,
        api=api,
    )


def deployment_of(**declared: Any) -> str:
    small = SmallStack()
    add(small, **declared)
    (logical_id,) = small.synthesize().templates["Small"]["Resources"].keys() & {
        name
        for name, body in small.synthesize().templates["Small"]["Resources"].items()
        if body["Type"] == "AWS::ApiGateway::Deployment"
    }
    return str(logical_id)


def test_each_operation_is_one_method_that_checks_its_body(small: SmallStack) -> None:
    api = add(small)

    methods = small.resources("ApiGateway::Method")
    assert len(methods) == len(api.methods) == 2
    for body in methods.values():
        assert body["Properties"]["HttpMethod"] == "POST"
        assert body["Properties"]["RequestValidatorId"]
        assert list(body["Properties"]["RequestModels"]) == ["application/json"]
    validator = small.one("ApiGateway::RequestValidator")
    assert (validator["ValidateRequestBody"], validator["ValidateRequestParameters"]) == (True, True)


def test_a_resource_above_others_is_made_once(small: SmallStack) -> None:
    add(small)

    parts = [body["Properties"]["PathPart"] for body in small.resources("ApiGateway::Resource").values()]
    assert sorted(parts) == ["batch", "predict"]


def test_a_type_of_content_without_a_template_is_refused(small: SmallStack) -> None:
    add(small)

    for body in small.resources("ApiGateway::Method").values():
        assert body["Properties"]["Integration"]["PassthroughBehavior"] == "NEVER"


def test_each_method_asks_its_callers_for_what_the_authorization_says(small: SmallStack) -> None:
    add(small, authorization=Authorization(type="COGNITO_USER_POOLS", authorizer="tokens", scopes=("churn/predict",)))

    for body in small.resources("ApiGateway::Method").values():
        assert body["Properties"]["AuthorizationType"] == "COGNITO_USER_POOLS"
        assert body["Properties"]["AuthorizerId"] == "tokens"
        assert body["Properties"]["AuthorizationScopes"] == ["churn/predict"]


def test_every_refusal_has_a_response_of_its_own(small: SmallStack) -> None:
    add(small)

    responses = small.resources("ApiGateway::GatewayResponse").values()
    assert {body["Properties"]["ResponseType"] for body in responses} == set(REFUSALS)


def test_the_stage_limits_all_methods_and_logs_errors_without_bodies(small: SmallStack) -> None:
    add(small, rate=7, burst=9)

    stage = small.one("ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("ERROR", False)
    assert (stage["TracingEnabled"], settings["MetricsEnabled"]) == (False, False)


def test_calls_are_traced_where_the_manifest_says_so(small: SmallStack) -> None:
    add(small, tracing=True)

    assert small.one("ApiGateway::Stage")["TracingEnabled"] is True


def test_what_is_served_is_deployed_after_all_that_it_copies(small: SmallStack) -> None:
    add(small)

    synthesized = small.synthesize()
    (deployment,) = synthesized.resources("Small", "ApiGateway::Deployment").values()
    copied = [*synthesized.resources("Small", "ApiGateway::Method"), *REFUSALS]
    assert len(deployment["DependsOn"]) == len(copied)


def test_a_change_of_what_is_served_is_another_deployment() -> None:
    assert deployment_of(answer="text") != deployment_of()
    assert deployment_of(authorization=Authorization(type="NONE", key_required=True)) != deployment_of()


def test_the_same_api_is_the_same_deployment() -> None:
    assert deployment_of() == deployment_of()


def test_a_limit_of_the_stage_needs_no_other_deployment() -> None:
    assert deployment_of(rate=7) == deployment_of()


def test_an_api_is_reached_and_named_by_its_stage() -> None:
    assert invoke_url(rest_api="a1").startswith("https://a1.execute-api.")
    assert invoke_url(rest_api="a1").rstrip("/").endswith(f"/{STAGE}")
    assert stage_arn(rest_api="a1").endswith(f"::/restapis/a1/stages/{STAGE}")
