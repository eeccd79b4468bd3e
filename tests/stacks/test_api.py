"""The stack of an API: what asks for whom, what is deployed when, and what its role may do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from modelyard.constructs.rest_api.firewall import COUNTED
from modelyard.operations.costs.estimate import WEB_ACL_RULES
from support.called_apis import MANIFEST
from support.manifests import synthesize_text
from support.synth import Synthesized

STACK = "dev-called-api"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbCdEfGhI"
METHODS = ("OperationsPredict", "OperationsPredictBatch", "OperationsFeedback")


def made(tmp_path: Path, api: str = "", *, stages: str = "[dev]\n", without: str = "\0") -> Synthesized:
    return synthesize_text(tmp_path, MANIFEST.format(api=api).replace(without, ""), stages=stages)


@pytest.fixture(scope="module")
def plain_api(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return made(tmp_path_factory.mktemp("plain"))


def deployment(app: Synthesized) -> str:
    (logical_id,) = [key for key in app.templates[STACK]["Resources"] if key.startswith("Deployment")]
    return str(logical_id)


def test_the_api_asks_the_endpoint_by_its_fixed_name(plain_api: Synthesized) -> None:
    integration = plain_api.one(STACK, "ApiGateway::Method", "OperationsPredict")["Integration"]
    assert integration["Uri"] == (
        "arn:<Partition>:apigateway:<Region>:runtime.sagemaker:path/endpoints/dev-called/invocations"
    )
    assert (integration["Type"], integration["IntegrationHttpMethod"]) == ("AWS", "POST")


def test_the_endpoint_is_sent_csv_and_the_id_that_the_caller_gets(plain_api: Synthesized) -> None:
    parameters = plain_api.one(STACK, "ApiGateway::Method", "OperationsPredict")["Integration"]["RequestParameters"]
    assert parameters == {
        "integration.request.header.Content-Type": "'text/csv'",
        "integration.request.header.Accept": "'text/csv'",
        "integration.request.header.X-Amzn-SageMaker-Inference-Id": "context.extendedRequestId",
    }


def test_the_role_may_ask_one_endpoint_and_write_one_folder(plain_api: Synthesized) -> None:
    assert plain_api.statements(STACK, "Role") == [
        {
            "Effect": "Allow",
            "Action": ["sagemaker:InvokeEndpoint"],
            "Resource": ["arn:<Partition>:sagemaker:<Region>:<AccountId>:endpoint/dev-called"],
        },
        {
            "Effect": "Allow",
            "Action": ["s3:PutObject"],
            "Resource": ["<bucket-arn>/called/ground-truth/dev-called/*"],
        },
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey"], "Resource": ["<key-arn>"]},
    ]


def test_reviews_are_read_of_one_folder_and_asked_for_without_a_body(tmp_path: Path) -> None:
    text = MANIFEST.format(api="review = { below = 0.8 }")
    serving = 'answer = { probability = "0" }\n[[serving.variants]]'
    app = synthesize_text(tmp_path, text.replace("[[serving.variants]]", serving))
    assert app.statements(STACK, "Role")[-2:] == [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["<bucket-arn>/called/ground-truth/reviewed/dev-called/*"],
        },
        {"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": ["<key-arn>"]},
    ]
    method = app.one(STACK, "ApiGateway::Method", "OperationsReviewed")
    assert (method["HttpMethod"], method["AuthorizationType"]) == ("GET", "AWS_IAM")
    assert "RequestModels" not in method
    assert method["Integration"]["Uri"].endswith("/called/ground-truth/reviewed/dev-called/{name}")
    paths = {one["Properties"]["PathPart"] for one in app.resources(STACK, "ApiGateway::Resource").values()}
    assert "{inferenceId}" in paths


def test_without_captures_there_is_no_feedback_and_no_permission_for_it(tmp_path: Path) -> None:
    app = made(tmp_path, without="capture = { sampling_percentage = 100 }")
    assert "OperationsFeedback" not in app.resources(STACK, "ApiGateway::Method")
    assert [one["Action"] for one in app.statements(STACK, "Role")] == [["sagemaker:InvokeEndpoint"]]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_validates_signs_and_refuses_what_has_no_template(plain_api: Synthesized, method: str) -> None:
    properties = plain_api.one(STACK, "ApiGateway::Method", method)
    assert properties["AuthorizationType"] == "AWS_IAM"
    assert properties["RequestValidatorId"] == "<OperationsValidator>"
    assert list(properties["RequestModels"]) == ["application/json"]
    assert properties["Integration"]["PassthroughBehavior"] == "NEVER"
    assert properties["Integration"]["TimeoutInMillis"] == 29_000


@pytest.mark.parametrize("method", METHODS)
def test_each_status_has_one_answer_and_the_rest_has_one(plain_api: Synthesized, method: str) -> None:
    replies = plain_api.one(STACK, "ApiGateway::Method", method)["Integration"]["IntegrationResponses"]
    statuses = [reply["StatusCode"] for reply in replies]
    assert len(set(statuses)) == len(statuses)
    assert [reply["StatusCode"] for reply in replies if "SelectionPattern" not in reply] == ["502"]


def test_a_model_of_an_api_has_no_name_that_blocks_its_replacement(plain_api: Synthesized) -> None:
    assert all("Name" not in one["Properties"] for one in plain_api.resources(STACK, "ApiGateway::Model").values())


def test_the_stage_is_throttled_and_logs_no_bodies(tmp_path: Path) -> None:
    stage = made(tmp_path, "rate = 7\nburst = 9").one(STACK, "ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (7, 9)
    assert (settings["LoggingLevel"], settings["DataTraceEnabled"]) == ("ERROR", False)
    assert "body" not in json.dumps(stage["AccessLogSetting"]).lower()


def test_the_logs_have_the_stages_key_and_its_days(tmp_path: Path) -> None:
    app = made(tmp_path, stages="[dev]\nlog_days = 14\n")
    groups = {name: app.one(STACK, "Logs::LogGroup", name) for name in ("LogsAccess", "LogsExecution")}
    assert [group["LogGroupName"] for group in groups.values()] == [
        "/aws/apigateway/dev-called",
        "API-Gateway-Execution-Logs_<RestApi>/v1",
    ]
    assert {(group["KmsKeyId"], group["RetentionInDays"]) for group in groups.values()} == {("<key-arn>", 14)}


@pytest.mark.parametrize(
    ("api", "changes"),
    [
        pytest.param("", False, id="nothing"),
        pytest.param("rate = 7", False, id="the throttle is the stage's"),
        pytest.param("batch_rows = 4", True, id="the schema"),
        pytest.param('answer = "text"', True, id="an answer"),
        pytest.param('auth = "api-key"', True, id="who may call"),
        pytest.param('label = "number"', True, id="feedback"),
    ],
)
def test_what_a_deployment_copies_makes_a_new_one(
    tmp_path: Path, plain_api: Synthesized, *, api: str, changes: bool
) -> None:
    without = "batch_rows = 3\n" if api.startswith("batch_rows") else "\0"
    assert (deployment(made(tmp_path, api, without=without)) != deployment(plain_api)) is changes


def test_a_deployment_waits_for_all_that_it_copies(plain_api: Synthesized) -> None:
    resources = plain_api.templates[STACK]["Resources"]
    kinds = ("AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse")
    copied = {name for name, one in resources.items() if one["Type"] in kinds}
    assert set(resources[deployment(plain_api)]["DependsOn"]) == copied


def test_a_key_has_no_value_in_the_template(tmp_path: Path) -> None:
    app = made(tmp_path, 'auth = "api-key"\ncalls_a_day = 5')
    assert "Value" not in app.one(STACK, "ApiGateway::ApiKey")
    assert app.one(STACK, "ApiGateway::UsagePlan")["Quota"] == {"Limit": 5, "Period": "DAY"}
    assert app.one(STACK, "ApiGateway::Method", "OperationsPredict")["ApiKeyRequired"] is True


def test_tokens_are_those_of_the_stages_user_pool(tmp_path: Path) -> None:
    app = made(tmp_path, 'auth = "jwt"\nscopes = ["called/predict"]', stages=f'[dev]\nuser_pool = "{POOL}"\n')
    method = app.one(STACK, "ApiGateway::Method", "OperationsPredict")
    assert app.one(STACK, "ApiGateway::Authorizer")["ProviderARNs"] == [POOL]
    assert (method["AuthorizationType"], method["AuthorizerId"]) == ("COGNITO_USER_POOLS", "<Tokens>")
    assert method["AuthorizationScopes"] == ["called/predict"]


def test_a_firewall_stands_before_the_stage_where_it_is_asked_for(tmp_path: Path) -> None:
    app = made(tmp_path, "waf = true\nrate = 10")
    acl = app.one(STACK, "WAFv2::WebACL")
    (rate,) = [one["Statement"]["RateBasedStatement"] for one in acl["Rules"] if "Action" in one]
    assert rate == {"AggregateKeyType": "IP", "Limit": 3000}
    assert app.one(STACK, "WAFv2::WebACLAssociation")["ResourceArn"].endswith("/restapis/<RestApi>/stages/v1")


def test_bodies_over_eight_kilobytes_pass_the_firewall(tmp_path: Path) -> None:
    groups = [
        one["Statement"]["ManagedRuleGroupStatement"]
        for one in made(tmp_path, "waf = true").one(STACK, "WAFv2::WebACL")["Rules"]
        if "OverrideAction" in one
    ]
    assert [one["Name"] for one in groups] == list(COUNTED)
    assert groups[0]["RuleActionOverrides"] == [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]


def test_the_price_of_a_firewall_is_that_of_so_many_rules(tmp_path: Path) -> None:
    assert len(made(tmp_path, "waf = true").one(STACK, "WAFv2::WebACL")["Rules"]) == WEB_ACL_RULES


@pytest.mark.parametrize(
    ("stages", "policy"), [("[dev]\n", None), ("[dev]\napi_log_role = true\n", "Retain")], ids=["not asked", "asked"]
)
def test_the_foundation_sets_the_accounts_role_for_logs_when_asked(
    tmp_path: Path, stages: str, policy: str | None
) -> None:
    accounts: Any = made(tmp_path, stages=stages).resources("dev-foundation", "ApiGateway::Account").values()
    assert [one.get("DeletionPolicy") for one in accounts] == ([] if policy is None else [policy])


def test_templates_hold_no_sign_that_velocity_would_take_for_its_own(plain_api: Synthesized) -> None:
    for method in METHODS:
        template = plain_api.one(STACK, "ApiGateway::Method", method)["Integration"]["RequestTemplates"]
        assert not re.search(r"#end\n", template["application/json"])


def test_an_api_without_features_is_that_of_the_columns_of_the_data(tmp_path: Path) -> None:
    head, _, features = MANIFEST.partition("[[api.features]]")
    assert features
    data = """
[data]
label = "kind"
columns = [
    { name = "mins", kind = "number" },
    { name = "kind", kind = "text" },
    { name = "calls", kind = "integer", missing = true },
]
"""
    app = synthesize_text(tmp_path, head.format(api="") + data)
    integration = app.one(STACK, "ApiGateway::Method", "OperationsPredict")["Integration"]
    template = integration["RequestTemplates"]["application/json"]
    assert re.findall(r"\$row\.get\('(\w+)'\)", template) == ["mins", "calls"]
    assert "#if($row.containsKey('calls'))$row.get('calls')#{else}#end" in template
