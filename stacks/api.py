"""The stack that callers see: the REST API in front of the endpoint."""

from typing import Self

from aws_cdk import aws_apigateway as apigateway

from modelyard.constructs.access import Statement, allow, read_with_key, sagemaker_arn
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.rest_api.authorization import authorization, hand_out_key
from modelyard.constructs.rest_api.firewall import Firewall
from modelyard.constructs.rest_api.logs import ApiLogs
from modelyard.constructs.rest_api.model_api import STAGE, ModelApi, invoke_url, rest_api_of, stage_arn
from modelyard.constructs.rest_api.operations import feedback, predict, predict_batch, reviewed
from modelyard.manifest import Model
from modelyard.manifest.api import Api
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.serving import ServingStack


class ApiStack(ModelStack):
    """Rows in, predictions out, and later the ground truth; no code of ours runs between caller and endpoint."""

    def __init__(self, foundation: FoundationStack, *, model: Model, api: Api, serving: ServingStack) -> None:
        stage = foundation.stage
        super().__init__(
            foundation,
            "api",
            model=model,
            description=f"Lets callers ask {model.name} in {stage.name} over HTTPS",
        )
        self.add_stack_dependency(foundation)
        self.add_stack_dependency(serving)
        self._foundation = foundation
        self._model = model
        self._api = api
        self._endpoint = model.endpoint(stage=stage.name)
        self.rest_api = rest_api_of(self, name=self._endpoint)
        self.served = self._served()
        if api.waf:
            firewall = Firewall(
                self, "Firewall", name=self._endpoint, stage_arn=stage_arn(rest_api=self.rest_api.ref), rate=api.rate
            )
            firewall.association.add_resource_dependency(self.served)
        self.publish("ApiUrl", invoke_url(rest_api=self.rest_api.ref), description="Call it: yard api")
        self.publish("ApiId", self.rest_api.ref, description="The API as the console lists it")
        self.publish("AccessLogGroup", self.access_logs.ref, description="Who called, and what came of it")
        if self._api.auth == "api-key":
            key = hand_out_key(self, name=self._endpoint, api=self._api, stage=self.served)
            self.publish("ApiKeyId", key.ref, description="The first caller's key: yard api --key shows its value")

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        return cls(
            context.foundation,
            model=context.model,
            api=context.table(Api).described_by(context.model.data),
            serving=context.stack(ServingStack),
        )

    def _served(self) -> apigateway.CfnStage:
        logs = ApiLogs(
            self,
            "Logs",
            name=self._endpoint,
            rest_api=self.rest_api.ref,
            stage=STAGE,
            days=self.stage.log_days,
            key_arn=self._foundation.key_arn,
        )
        self.access_logs = logs.access
        answer = self._model.answer
        operations = [
            predict(self._api, endpoint=self._endpoint, answer=answer),
            predict_batch(self._api, endpoint=self._endpoint, answer=answer),
        ]
        if self._model.takes_feedback:
            bucket = self._foundation.bucket
            operations.append(feedback(self._api, model=self._model, bucket=bucket, endpoint=self._endpoint))
        if self._api.review is not None:
            bucket = self._foundation.bucket
            operations.append(reviewed(model=self._model, bucket=bucket, endpoint=self._endpoint))
        served = ModelApi(
            self,
            "Operations",
            rest_api=self.rest_api,
            operations=operations,
            authorization=authorization(
                self, api=self._api, rest_api=self.rest_api.ref, user_pool=self.stage.user_pool
            ),
            # By which the API asks: the one endpoint, and one folder of the data bucket.
            role_arn=ExecutionRole(
                self,
                "Role",
                service="apigateway.amazonaws.com",
                description=f"What the API in front of {self._endpoint} may do",
                statements=[
                    allow("sagemaker:InvokeEndpoint", on=[sagemaker_arn(f"endpoint/{self._endpoint}")]),
                    *self._write_ground_truth(),
                    *self._read_reviews(),
                ],
            ).arn,
            logs=logs,
            api=self._api,
        )
        return served.stage

    def _read_reviews(self) -> list[Statement]:
        if self._api.review is None:
            return []
        folder = f"{self._foundation.bucket_arn}/{self._model.layout.reviewed}/{self._endpoint}"
        return [
            allow(
                "s3:GetObject", on=[f"{folder}/*"], safe_because="only what people decided on answers of this endpoint"
            ),
            read_with_key(key_arn=self._foundation.key_arn),
        ]

    def _write_ground_truth(self) -> list[Statement]:
        if not self._model.takes_feedback:
            return []
        folder = f"{self._foundation.bucket_arn}/{self._model.layout.ground_truth}/{self._endpoint}"
        return [
            allow("s3:PutObject", on=[f"{folder}/*"], safe_because="only labels of this endpoint; none can be read"),
            allow("kms:GenerateDataKey", on=[self._foundation.key_arn]),
        ]
