"""The part of the training stack that trains without a person: who starts a run, and what such a run does besides."""

from dataclasses import replace

import aws_cdk as cdk
from constructs import Construct

from modelyard.constructs.access import (
    Statement,
    allow,
    attach_network,
    list_data,
    pass_role,
    publish_metrics,
    pull_image,
    read_data,
    read_objects,
    run_jobs,
    sagemaker_arn,
    use_key,
    write_data,
    write_logs,
)
from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.retraining import Retraining
from modelyard.constructs.stored_model import ServingScript
from modelyard.constructs.violations_watch import alarm_name
from modelyard.constructs.workflows.comparison import RECORDS, SCORED, Comparison
from modelyard.constructs.workflows.requests import JobContext
from modelyard.constructs.workflows.retrain_start import RetrainStart
from modelyard.constructs.workflows.retraining_data import RetrainingData
from modelyard.constructs.workflows.training_run import best_artifact
from modelyard.manifest import Model
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.training import Training
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.stage_stack import StageStack


class ModelRetraining(Construct):
    """The data and the comparison of a run that nobody starts by hand, with their roles.

    `environment` is what the container is told that serves the model, `script` what answers in it.
    """

    def __init__(
        self,
        scope: StageStack,
        construct_id: str,
        *,
        foundation: FoundationStack,
        model: Model,
        training: Training,
        retrain: Retrain,
        monitoring: Monitoring,
        environment: dict[str, str] | None,
        script: ServingScript | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stack, self._foundation, self._model, self._retrain = scope, foundation, model, retrain
        self._prefix = f"{foundation.stage.name}-{model.slug}"
        self._folder = model.layout.retraining(run="*")
        # In its own image whatever checks the traffic: only the analyzer of this version knows these jobs.
        own = replace(
            monitoring,
            engine="drift",
            image=None,
            alarm_on=None,
            false_alarms_per_year=None,
        )
        source = AnalyzerSource(self, "Analyzer", monitoring=own, bootstrap_key=foundation.stage.bootstrap_key)
        self.data = RetrainingData(
            training=training,
            retrain=retrain,
            monitoring=own,
            data=model.data,
            layout=model.layout,
            endpoint=model.endpoint(stage=foundation.stage.name),
            prefix=self._prefix,
            job_context=self._job_context(role_arn=None),
            analyzer=source.analyzer,
            partition=cdk.Aws.PARTITION,
        )
        data_role = source.role(
            self,
            "DataRole",
            foundation_key_arn=foundation.key_arn,
            bucket_arn=foundation.bucket_arn,
            reads=self.data.reads,
            writes=[f"{self._folder}/{folder}" for folder in self.data.folders],
            vpc=foundation.stage.vpc,
            description=f"What prepares the data of runs of {self._prefix} may do",
        )
        self.data = replace(self.data, job_context=self._job_context(role_arn=data_role.arn))
        image = ContainerImage(
            self, "Image", container=model.serving_container, image_scope="inference", instance=retrain.instance
        )
        scoring_role = self._scoring_role(image=image, script=script)
        self.comparison = Comparison(
            retrain=retrain,
            layout=model.layout,
            prefix=self._prefix,
            job_context=self._job_context(role_arn=scoring_role.arn),
            image=image.uri,
            environment=environment,
            isolated=script is None and not model.loads_from_hub,
            artifact=f"s3://{foundation.bucket}/{best_artifact(model.layout)}",
            partition=cdk.Aws.PARTITION,
        )
        self._roles = (data_role, scoring_role)

    @property
    def statements(self) -> list[Statement]:
        """What the training workflow needs besides, to run these jobs."""
        bucket_arn, models = self._foundation.bucket_arn, self.comparison.name_prefixes
        captured = self.data.captured
        return [
            *run_jobs(kind="ProcessingJob", name_prefixes=[self.data.job_prefix], rule="Processing"),
            *run_jobs(kind="TransformJob", name_prefixes=models, rule="Transform"),
            allow(
                "sagemaker:CreateModel",
                "sagemaker:DeleteModel",
                on=[sagemaker_arn(f"model/{prefix}*") for prefix in models],
                safe_because="only the two models of a run's comparison, whose names begin so and end with the run",
            ),
            *(pass_role(role_arn=role.arn) for role in self._roles),
            *([list_data(bucket_arn=bucket_arn, prefixes=captured)] if captured else []),
            allow(
                "s3:PutObject",
                on=[f"{bucket_arn}/{self._model.layout.retraining_note(run='*')}"],
                safe_because="only the notes of this model's runs, whose names are not known before",
            ),
        ]

    def start(self, *, training_arn: str) -> Retraining:
        """Add what starts the training workflow."""
        stage = self._foundation.stage.name
        schedules = {
            "drift": self._model.schedule(stage=stage),
            "quality": self._model.quality_schedule(stage=stage),
        }
        start = RetrainStart(
            retrain=self._retrain,
            layout=self._model.layout,
            bucket=self._foundation.bucket,
            promoted=self._model.batch_model,
            alarms=tuple(alarm_name(schedule=schedules[kind]) for kind in self._retrain.on),
            training_arn=training_arn,
            prefix=self._prefix,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
        )
        return Retraining(
            self._stack,
            "Retraining",
            start=start,
            bucket_arn=self._foundation.bucket_arn,
            key_arn=self._foundation.key_arn,
            log_days=self._foundation.stage.log_days,
        )

    def _job_context(self, *, role_arn: str | None) -> JobContext:
        return JobContext(
            bucket=self._foundation.bucket,
            key_arn=self._foundation.key_arn,
            role_arn=role_arn,
            vpc=self._foundation.stage.vpc,
        )

    def _scoring_role(self, *, image: ContainerImage, script: ServingScript | None) -> ExecutionRole:
        bucket_arn, archive = self._foundation.bucket_arn, script.archive if script is not None else None
        return ExecutionRole(
            self,
            "ScoringRole",
            service="sagemaker.amazonaws.com",
            description=f"What the models that are compared for {self._prefix} may do",
            statements=[
                *pull_image(image.repository_arn),
                *([read_objects(arns=[archive.arn]), *archive.decrypt] if archive is not None else []),
                allow(
                    "s3:GetObject",
                    on=[f"{bucket_arn}/{self._model.layout.training(run='*')}/output/model.tar.gz"],
                    safe_because="only the artifacts of this model's own runs, two of which are compared",
                ),
                *read_data(bucket_arn=bucket_arn, prefixes=[f"{self._folder}/{RECORDS}/"]),
                write_data(bucket_arn=bucket_arn, prefixes=[f"{self._folder}/{SCORED}"]),
                *use_key(key_arn=self._foundation.key_arn),
                write_logs(group="TransformJobs"),
                publish_metrics(),
                *([attach_network()] if self._foundation.stage.vpc is not None else []),
            ],
        )
