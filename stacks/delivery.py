"""The stack that lets a repository's pipeline compare a stage with its templates and deploy it, without AWS keys."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from modelyard.constructs.access import (
    ONLY_ANY,
    Statement,
    allow,
    list_data,
    read_with_key,
    sagemaker_arn,
    write_with_key,
)
from modelyard.constructs.federated_role import FederatedRole
from modelyard.manifest.delivery import Delivery
from modelyard.manifest.stack_kinds import stack_kind
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack

# The qualifier of a bootstrap that nobody has given another (CDK guide, "Customize bootstrapping").
QUALIFIER = "hnb659fds"
# What a deploy of templates and files takes; images and look-ups are not among what this app needs.
BOOTSTRAP_ROLES = ("deploy-role", "file-publishing-role")
LONGEST_DEPLOY_SECONDS = 4 * 3600


class DeliveryStack(StageStack):
    """Two roles for a pipeline: one reads before anybody has approved, one deploys and verifies what it has deployed.

    A third proposes models that were retrained or approved, where the stage says so.

    A person deploys it once, with the foundation; from then on it is deployed with everything else.
    """

    def __init__(self, foundation: FoundationStack, *, delivery: Delivery) -> None:
        stage = foundation.stage
        super().__init__(
            foundation.app,
            stack_kind("delivery").stack_name(stage=stage.name),
            stage=stage,
            description=f"Lets {delivery.repository} look at {stage.name} and deploy it",
        )
        self.add_stack_dependency(foundation)
        self._foundation = foundation
        self._delivery = delivery
        # Without thumbprints: AWS checks these issuers by its own certificate authorities (IAM guide, OIDC).
        self._provider: iam.CfnOIDCProvider | None = None
        if not delivery.provider_exists:
            self._provider = iam.CfnOIDCProvider(
                self, "Provider", url=f"https://{delivery.issuer}", client_id_list=[delivery.audience]
            )
        self.diff_role = self._role(
            "DiffRole",
            subject=delivery.looking,
            statements=self._read_statements(),
            description=f"What the pipeline of {delivery.repository} may read of {stage.name} before somebody approves",
        )
        account, region = cdk.Aws.ACCOUNT_ID, cdk.Aws.REGION
        arns = [self._global_arn(f"role/cdk-{QUALIFIER}-{role}-{account}-{region}") for role in BOOTSTRAP_ROLES]
        self.deploy_role = self._role(
            "DeployRole",
            subject=delivery.deploying,
            statements=[
                allow("sts:AssumeRole", on=arns),
                *self._read_statements(),
                *self._verify_statements(),
                *self._tracking_statements(),
            ],
            description=f"What the pipeline of {delivery.repository} may do in {stage.name} to deploy and to verify",
            session_seconds=LONGEST_DEPLOY_SECONDS,
        )
        if delivery.proposals:
            propose_role = self._role(
                "ProposeRole",
                subject=delivery.looking,
                statements=self._propose_statements(),
                description=f"What the pipeline of {delivery.repository} may do in {stage.name} to propose models",
            )
            self.publish("ProposeRoleArn", propose_role.arn, description="Takes yard propose: docs/retraining.md")
        self.publish("DiffRoleArn", self.diff_role.arn, description="Takes yard plan and cdk diff: docs/delivery.md")
        self.publish("DeployRoleArn", self.deploy_role.arn, description="Takes cdk deploy and yard verify")

    def _role(
        self,
        construct_id: str,
        *,
        subject: str,
        statements: list[Statement],
        description: str,
        session_seconds: int | None = None,
    ) -> FederatedRole:
        issuer = self._delivery.issuer
        role = FederatedRole(
            self,
            construct_id,
            provider_arn=self._global_arn(f"oidc-provider/{issuer}"),
            issuer=issuer,
            audience=self._delivery.audience,
            subject=subject,
            statements=statements,
            description=description,
            session_seconds=session_seconds,
        )
        if self._provider is not None:
            role.resource.add_resource_dependency(self._provider)
        return role

    def _read_statements(self) -> list[Statement]:
        """What `yard plan` and `cdk diff` read: templates, states and outputs, and none of the data."""
        stage = self.stage.name
        return [
            allow(
                "cloudformation:DescribeStacks",
                "cloudformation:GetTemplate",
                "cloudformation:ListStackResources",
                on=[self.format_arn(service="cloudformation", resource="stack", resource_name=f"{stage}-*/*")],
                safe_because="reads the templates of this stage's stacks, whose names begin so; they hold no secret",
            ),
            allow("cloudformation:ListImports", "cloudformation:ListStacks", on=["*"], safe_because=ONLY_ANY),
            *self._tagged_statements(),
            allow(
                "sagemaker:ListMonitoringExecutions",
                on=["*"],
                safe_because="reads when checks ran and how they ended, nothing of what they read",
            ),
            allow(
                "ssm:GetParameter",
                on=[
                    self.format_arn(
                        service="ssm", resource="parameter", resource_name=f"cdk-bootstrap/{QUALIFIER}/version"
                    )
                ],
            ),
        ]

    def _tagged_statements(self) -> list[Statement]:
        """What `yard plan` asks for what carries the stage's tag and is in none of its stacks."""
        kinds = {
            "Endpoint": "endpoint",
            "EndpointConfig": "endpoint-config",
            "HyperParameterTuningJob": "hyper-parameter-tuning-job",
            "Model": "model",
            "MonitoringSchedule": "monitoring-schedule",
            "NotebookInstance": "notebook-instance",
            "ProcessingJob": "processing-job",
            "TrainingJob": "training-job",
            "TransformJob": "transform-job",
        }
        return [
            allow("tag:GetResources", on=["*"], safe_because=ONLY_ANY),
            allow(
                "sagemaker:ListApps",
                *(f"sagemaker:List{noun}s" for noun in kinds if noun.endswith("Job")),
                on=["*"],
                safe_because="reads names, states and instances of jobs and apps, nothing of what they read",
            ),
            allow(
                *(f"sagemaker:Describe{noun}" for noun in kinds),
                on=[sagemaker_arn(f"{kind}/*") for kind in kinds.values()],
                when={"StringEquals": {"aws:ResourceTag/stage": self.stage.name}},
                safe_because="only what has this stage's tag; names of what is made by hand are anybody's",
            ),
        ]

    def _tracking_statements(self) -> list[Statement]:
        """By what is deployed `yard verify` sets the aliases of models in MLflow, whose API is one action."""
        app_arn = self._foundation.tracking_arn
        return [] if app_arn is None else [allow("sagemaker:CallMlflowAppApi", on=[app_arn])]

    def _verify_statements(self) -> list[Statement]:
        """What `yard verify` asks of endpoints, their captures, and the schedules and alarms that watch them."""
        stage, bucket = self.stage.name, self._foundation.bucket_arn
        endpoints = sagemaker_arn(f"endpoint/{stage}-*")
        # What a caller of the models' APIs needs; their ids are API Gateway's to make up. A key has the stage's tag, by
        # which API Gateway holds its management; a call knows no tag (service authorization reference, "Amazon API
        # Gateway" and "… Management"), so that calls reach the APIs of other stages in an account that they share.
        keys = f"arn:{cdk.Aws.PARTITION}:apigateway:{cdk.Aws.REGION}::/apikeys/*"
        return [
            allow(
                "sagemaker:DescribeEndpoint",
                "sagemaker:InvokeEndpoint",
                on=[endpoints],
                safe_because="only endpoints of this stage, whose names begin so; a record proves that each answers",
            ),
            allow(
                "sagemaker:DescribeEndpointConfig",
                "sagemaker:DescribeModel",
                on=[sagemaker_arn("endpoint-config/*"), sagemaker_arn("model/*")],
                safe_because="reads which artifact serves; CloudFormation makes up these names, from the stacks' own",
            ),
            allow(
                "sagemaker:DescribeMonitoringSchedule",
                on=[sagemaker_arn(f"monitoring-schedule/{stage}-*")],
                safe_because="only schedules of this stage, whose names begin so, and only whether they are on",
            ),
            allow(
                "scheduler:GetSchedule",
                on=[self.format_arn(service="scheduler", resource="schedule", resource_name=f"default/{stage}-*")],
                safe_because="only schedules of this stage, whose names begin so, and only whether they are on",
            ),
            allow("cloudwatch:ListMetrics", on=["*"], safe_because=ONLY_ANY),
            allow(
                "cloudwatch:DescribeAlarms",
                on=["*"],
                safe_because="reads the state of alarms; narrower, it leaves composite ones out (API reference)",
            ),
            *[
                allow(
                    "execute-api:Invoke",
                    on=[self.format_arn(service="execute-api", resource="*", resource_name="*/POST/predict")],
                    safe_because="asks for predictions and nothing else; ids of APIs are made up, calls know no tag",
                ),
                allow(
                    "apigateway:GET",
                    on=[keys],
                    when={"StringEquals": {"aws:ResourceTag/stage": stage}},
                    safe_because="reads the keys of this stage's APIs, which have its tag; their ids are made up",
                ),
            ],
            list_data(bucket_arn=bucket, prefixes=["*/capture/", "*/monitoring/"]),
            allow(
                "s3:GetObject",
                on=[f"{bucket}/*/capture/*"],
                safe_because="only what was captured, in which the verifying request must be found",
            ),
            read_with_key(key_arn=self._foundation.key_arn),
        ]

    def _propose_statements(self) -> list[Statement]:
        """What `yard propose` reads of runs and versions, and the few objects that it notes: none of them serves."""
        bucket, stage = self._foundation.bucket_arn, self.stage.name
        # Of captured rows none is read: only what proved true of those that were held out, and what was answered.
        read = ("training", "baseline", "capture/retraining/*/labels", "capture/retraining/*/scored")
        return [
            allow(
                "cloudformation:DescribeStacks",
                on=[self.format_arn(service="cloudformation", resource="stack", resource_name=f"{stage}-*/*")],
                safe_because="reads the outputs of this stage's stacks, whose names begin so",
            ),
            allow(
                "sagemaker:ListModelPackages",
                "sagemaker:DescribeModelPackage",
                on=[sagemaker_arn(f"model-package/{stage}-*")],
                safe_because="reads which versions of this stage's models are approved, whose groups' names begin so",
            ),
            allow("sagemaker:ListModelPackageGroups", on=["*"], safe_because=ONLY_ANY),
            list_data(bucket_arn=bucket, prefixes=["*/training/", "*/baseline/", "*/capture/retraining/"]),
            allow(
                "s3:GetObject",
                on=[f"{bucket}/*/{folder}/*" for folder in read],
                safe_because="only what runs have made: artifacts, leaderboards, baselines, answers to held-out rows",
            ),
            allow(
                "s3:PutObject",
                on=[f"{bucket}/*/training/*/verdict.json", f"{bucket}/*/training/open/*"],
                safe_because="only verdicts on runs and notes of open proposals, which hold up runs and serve nothing",
            ),
            allow(
                "s3:PutObject",
                on=[f"{bucket}/*/baseline/*/limits-*/*"],
                safe_because="only copies of baselines with declared limits, which name them; versions keep what was",
            ),
            allow(
                "s3:DeleteObject",
                on=[f"{bucket}/*/training/open/*"],
                safe_because="only notes of proposals that were merged or closed; versions keep what was there",
            ),
            write_with_key(key_arn=self._foundation.key_arn),
        ]

    def _global_arn(self, resource: str) -> str:
        return f"arn:{cdk.Aws.PARTITION}:iam::{cdk.Aws.ACCOUNT_ID}:{resource}"
