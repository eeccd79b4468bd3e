"""The stack that makes models: the experiment, the registry, and the state machine that runs the trials."""

from pathlib import Path
from typing import Any, Self

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from modelyard.constructs.access import (
    ONLY_ANY,
    Statement,
    allow,
    attach_network,
    pass_role,
    publish,
    publish_metrics,
    pull_image,
    read_data,
    read_elsewhere,
    read_objects,
    run_jobs,
    sagemaker_arn,
    search_for_models,
    use_key,
    write_data,
    write_logs,
    write_with_key,
)
from modelyard.constructs.analyzer_source import AnalyzerSource
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.published_file import PublishedFile, publish_scripts
from modelyard.constructs.state_machine import StateMachine
from modelyard.constructs.tracking_app import log_to_app
from modelyard.constructs.workflows.analysis import baseline_job
from modelyard.constructs.workflows.requests import JobContext, JobFolders, Request, Script, Tracking, dataset_uri
from modelyard.constructs.workflows.search import search_prefix
from modelyard.constructs.workflows.states import RUN, expression, text
from modelyard.constructs.workflows.training_run import TrainingRun
from modelyard.manifest import Model
from modelyard.manifest.catalogue import resolved_version
from modelyard.manifest.names import MARK
from modelyard.manifest.training import Training
from modelyard.shared.container_families import FAMILIES
from modelyard.stacks.foundation import FoundationStack
from modelyard.stacks.model_stack import ModelContext, ModelStack
from modelyard.stacks.preparation import prepared_data, registered_transformer
from modelyard.stacks.retraining import ModelRetraining
from modelyard.stacks.serving_script import serving_script


class TrainingStack(ModelStack):
    """Runs a model's trials, registers the best, makes the baseline of the training data."""

    def __init__(
        self, foundation: FoundationStack, *, model: Model, training: Training, scripts: Path, outdir: Path
    ) -> None:
        stage = foundation.stage
        super().__init__(
            foundation,
            "training",
            model=model,
            description=f"Trains {model.name} in {stage.name}: trials, the best of them, its package, its baseline",
        )
        self.add_stack_dependency(foundation)
        self._foundation = foundation
        self._model = model
        self._training = training
        self._prefix = f"{stage.name}-{model.slug}"
        # Kept when the stack goes: an experiment with trials cannot be deleted, and its trials are its worth.
        self.experiment = sagemaker.CfnExperiment(
            self, "Experiment", experiment_name=self._prefix, description=f"All runs of {model.name}"
        )
        self.experiment.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        # Kept too: a group with versions cannot be deleted. Its description can never change: it has none.
        self.package_group = sagemaker.CfnModelPackageGroup(self, "PackageGroup", model_package_group_name=self._prefix)
        self.package_group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        self._archive: PublishedFile | None = None
        self._script: Script | None = None
        if training.script is not None:
            file = scripts / training.script
            self._archive = publish_scripts(
                stack=self, folder=file.parent, outdir=outdir, bootstrap_key=stage.bootstrap_key
            )
            app_arn = foundation.tracking_arn
            self._script = Script(
                archive=self._archive.uri,
                program=file.name,
                family=FAMILIES.get(training.family),
                tracking=None if app_arn is None else Tracking(app_arn=app_arn, experiment=self._prefix),
            )
        self._serving_script = serving_script(stack=self, model=model, scripts=scripts, outdir=outdir)
        self._image = self._pulled_image()
        self._prepared = prepared_data(self, foundation, model=model, training=training, scripts=scripts, outdir=outdir)
        self.role = self._training_role()
        if training.automl is not None:
            self._let_role_pass_itself()
        self._retraining = self._declared_retraining()
        self.machine = self._machine()
        if self._retraining is not None:
            starter = self._retraining.start(training_arn=self.machine.arn).machine
            self.publish("RetrainingStateMachineArn", starter.arn, description="Called by a schedule and by alarms")
        self.publish("TrainingStateMachineArn", self.machine.arn, description="Start it to train: yard train")
        self.publish("ExperimentName", self._prefix, description="Its trials are the runs' trials")
        self.publish("ModelPackageGroupName", self._prefix, description="Holds the best model of each run")

    @classmethod
    def from_context(cls, context: ModelContext) -> Self:
        """See `ModelStack`."""
        return cls(
            context.foundation,
            model=context.model,
            training=context.table(Training),
            scripts=context.scripts,
            outdir=context.outdir,
        )

    @property
    def _checkpoints(self) -> list[str]:
        spot = self._training.spot
        kept = spot is not None and spot.checkpoints and self._training.tuning is None
        return [self._model.layout.checkpoints(run="").rstrip("/")] if kept else []

    @property
    def _has_own_versions(self) -> bool:
        """Whether some runs are trained on versions of the data that they make themselves."""
        retrain = self._training.retrain
        return retrain is not None and retrain.captures_to is not None

    def _pulled_image(self) -> ContainerImage | None:
        """The image that the role of the jobs pulls: none where Autopilot chooses, or SageMaker pulls a product's."""
        algorithm_image = self._training.algorithm_image
        container = self._training.job_container if algorithm_image is None else algorithm_image
        if not container:
            return None
        return ContainerImage(
            self, "Image", container=container, image_scope="training", instance=self._training.job_instance
        )

    def _training_role(self) -> ExecutionRole:
        bucket_arn = self._foundation.bucket_arn
        layout = self._model.layout
        datasets = [layout.dataset(path=channel.path) for channel in self._training.stored_channels.values()]
        prepared = [f"{layout.preprocessing_root}/"] if self._training.outputs else []
        checkpoints = [f"{prefix}/" for prefix in self._checkpoints]
        versions = [f"{layout.retraining(run='*')}/train/"] if self._has_own_versions else []
        # One job of a search reads what another has made of the data.
        made = [layout.training(run="")] if self._training.automl is not None else []
        read = [*datasets, *prepared, *checkpoints, *versions, *made]
        places = self._training.places_elsewhere
        # Where a run writes: what jobs leave, and what they may go on from.
        return ExecutionRole(
            self,
            "TrainingRole",
            service="sagemaker.amazonaws.com",
            description=f"What the training jobs of {self._prefix} may do",
            statements=[
                *(
                    search_for_models(name_prefix=search_prefix(self._prefix))
                    if self._training.automl is not None
                    else []
                ),
                *([] if self._image is None else pull_image(self._image.repository_arn)),
                *(read_data(bucket_arn=bucket_arn, prefixes=read) if read else []),
                *(
                    statement
                    for name, place in places.items()
                    for statement in read_elsewhere(place, key_arn=self._training.channels[name].key)
                ),
                *(
                    [read_objects(arns=[self._archive.arn]), *self._archive.decrypt]
                    if self._archive is not None
                    else []
                ),
                write_data(
                    bucket_arn=bucket_arn,
                    prefixes=[self._model.layout.training(run="").rstrip("/"), *self._checkpoints],
                ),
                *use_key(key_arn=self._foundation.key_arn),
                *self._tracking_statements(),
                write_logs(group="TrainingJobs"),
                publish_metrics(),
                *([attach_network()] if self.stage.vpc is not None else []),
            ],
        )

    def _let_role_pass_itself(self) -> None:
        """Let Autopilot start its jobs as the role that it has: a role cannot name itself in its own statements."""
        iam.CfnPolicy(
            self,
            "PassItself",
            policy_name="PassItself",
            policy_document={"Version": "2012-10-17", "Statement": [pass_role(role_arn=self.role.arn).document]},
            roles=[self.role.resource.ref],
        )

    def _tracking_statements(self) -> list[Statement]:
        """A script may log; an algorithm of AWS's does not, and runs without a network."""
        app_arn = self._foundation.tracking_arn
        if app_arn is None or self._script is None:
            return []
        return log_to_app(app_arn=app_arn, bucket_arn=self._foundation.bucket_arn)

    def _machine(self) -> StateMachine:
        baseline, baseline_statements = self._baseline()
        retraining = self._retraining
        run = TrainingRun(
            model=self._model,
            training=self._training,
            stage=self.stage.name,
            job_context=JobContext(
                bucket=self._foundation.bucket,
                key_arn=self._foundation.key_arn,
                role_arn=self.role.arn,
                vpc=self.stage.vpc,
            ),
            image="" if self._image is None else self._image.uri,
            serving_image=self._serving_image(),
            serving_environment=self._serving_environment(),
            script=self._script,
            experiment=self._prefix,
            package_group=self._prefix,
            topic_arn=self._foundation.topic_arn,
            partition=cdk.Aws.PARTITION,
            baseline_job=baseline,
            retraining=None if retraining is None else retraining.data,
            comparison=None if retraining is None else retraining.comparison,
            preparation=self._prepared.preparation if self._prepared is not None else None,
            transformer_container=self._registered_transformer(),
        )
        return StateMachine(
            self,
            "Run",
            name=f"{self._prefix}-training",
            definition=run.definition,
            statements=[
                *self._run_statements(),
                *(self._prepared.statements if self._prepared is not None else ()),
                *baseline_statements,
                *([] if retraining is None else retraining.statements),
            ],
            topic_arn=self._foundation.topic_arn,
            key_arn=self._foundation.key_arn,
            log_days=self.stage.log_days,
        )

    def _run_statements(self) -> list[Statement]:
        if self._training.automl is not None:
            searches = search_prefix(self._prefix)
            start = [
                allow(
                    "sagemaker:CreateAutoMLJobV2",
                    "sagemaker:DescribeAutoMLJobV2",
                    on=[sagemaker_arn(f"automl-job/{searches}*")],
                    safe_because="only this model's searches, whose names begin so and end with a hash of the run",
                ),
                allow("sagemaker:ListCandidatesForAutoMLJob", on=["*"], safe_because=ONLY_ANY),
            ]
        elif self._training.tuning is None:
            trials = [self.experiment.attr_arn, sagemaker_arn(f"experiment-trial/{self._prefix}{MARK}*")]
            start = [
                allow("sagemaker:CreateTrial", on=trials, safe_because="only trials of this model's own experiment"),
                *run_jobs(kind="TrainingJob", name_prefixes=[f"{self._prefix}{MARK}"], rule="Training"),
            ]
        else:
            searches = search_prefix(self._prefix)
            start = [
                *run_jobs(kind="HyperParameterTuningJob", name_prefixes=[searches], rule="Tuning"),
                allow(
                    "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
                    on=[sagemaker_arn(f"hyper-parameter-tuning-job/{searches}*")],
                    safe_because="only this model's searches, whose names begin so and end with a hash of the run",
                ),
            ]
        registry = [
            self.package_group.attr_model_package_group_arn,
            sagemaker_arn(f"model-package/{self._prefix}/*"),
        ]
        results = self._model.layout.training(run="")
        made = [results, *([f"{self._model.layout.preprocessing_root}/"] if self._model.has_transformer else [])]
        return [
            *start,
            pass_role(role_arn=self.role.arn),
            allow(
                "s3:PutObject",
                on=[f"{self._foundation.bucket_arn}/{results}*/leaderboard.json"],
                safe_because="only the leaderboards of this model's runs, whose names are not known before",
            ),
            allow(
                "sagemaker:CreateModelPackage",
                on=registry,
                safe_because="only versions of this model's own group, which SageMaker numbers",
            ),
            allow(
                "s3:GetObject",
                on=[f"{self._foundation.bucket_arn}/{prefix}*" for prefix in made],
                safe_because="only this model's artifacts and leaderboards, which the registry is shown",
            ),
            write_with_key(key_arn=self._foundation.key_arn),
            publish(topic_arn=self._foundation.topic_arn),
        ]

    def _serving_environment(self) -> dict[str, str] | None:
        """The variables that a registered model names."""
        script = {} if self._serving_script is None else self._serving_script.environment
        variables = {**self._model.serving_environment, **script}
        return variables if variables else None

    def _serving_image(self) -> str:
        """The image that a registered model names: of the same version where one serves, else the one that trained.

        Autopilot names those of its candidates itself, and so does an algorithm resource.
        """
        if self._image is None or self._training.is_packaged:
            return ""
        container = self._model.serving_container
        known = resolved_version(container=container, scope="inference") is not None
        if not known:
            return self._image.uri
        image = ContainerImage(
            self, "ServingImage", container=container, image_scope="inference", instance=self._served_on
        )
        return image.uri

    def _declared_retraining(self) -> ModelRetraining | None:
        retrain, monitoring = self._training.retrain, self._model.monitoring
        if retrain is None or monitoring is None:
            return None
        return ModelRetraining(
            self,
            "Compared",
            foundation=self._foundation,
            model=self._model,
            training=self._training,
            retrain=retrain,
            monitoring=monitoring,
            environment=self._serving_environment(),
            script=self._serving_script,
        )

    def _registered_transformer(self) -> dict[str, Any] | None:
        """The container that a registered model names before the model's own."""
        preprocessing = self._model.preprocessing
        if preprocessing is None or not preprocessing.transformer:
            return None
        image = ContainerImage(
            self,
            "TransformerImage",
            container=preprocessing.container,
            image_scope="inference",
            instance=self._served_on,
        )
        return registered_transformer(preprocessing=preprocessing, image=image)

    @property
    def _served_on(self) -> str:
        """The instance that will serve, whose processor may be another than that of the one that trains."""
        return next(
            (use.instance for use in self._model.image_uses if use.scope == "inference"), self._training.job_instance
        )

    def _baseline(self) -> tuple[Request | None, list[Statement]]:
        """The job that makes the baseline with the engine that will check against it, and what starting it needs."""
        monitoring = self._model.monitoring
        dataset = self._training.baseline_dataset
        if monitoring is None or dataset is None:
            return None, []
        source = AnalyzerSource(self, "Analyzer", monitoring=monitoring, bootstrap_key=self.stage.bootstrap_key)
        layout = self._model.layout
        written = layout.baseline(run="").rstrip("/")
        preparation = self._prepared.preparation if self._prepared is not None else None
        folders = JobFolders(
            layout=layout, output="", preprocessed=preparation.folder if preparation is not None else None
        )
        is_prepared = self._training.stored_baseline_dataset is None
        role = source.role(
            self,
            "BaselineRole",
            foundation_key_arn=self._foundation.key_arn,
            bucket_arn=self._foundation.bucket_arn,
            reads=[
                f"{layout.preprocessing_root}/" if is_prepared else layout.dataset(path=dataset),
                *([f"{layout.retraining(run='*')}/baseline/"] if self._has_own_versions else []),
            ],
            writes=[written],
            vpc=self.stage.vpc,
            description=f"What the baseline jobs of {self._prefix} may do",
        )
        job_context = JobContext(
            bucket=self._foundation.bucket, key_arn=self._foundation.key_arn, role_arn=role.arn, vpc=self.stage.vpc
        )
        request = baseline_job(
            monitoring=monitoring,
            analyzer=source.analyzer,
            job_context=job_context,
            dataset=expression("$baseline")
            if self._has_own_versions
            else dataset_uri(dataset, job_context=job_context, folders=folders),
            output=text(job_context.uri(layout.baseline(run=RUN))),
            data_format=self._model.data.format if self._model.data is not None else "csv",
        )
        jobs = run_jobs(kind="ProcessingJob", name_prefixes=[f"{self._prefix}{MARK}base-"], rule="Processing")
        return request, [*jobs, pass_role(role_arn=role.arn)]
