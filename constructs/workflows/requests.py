"""The requests that workflows make of SageMaker: training, transform and processing jobs as its API takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelyard.constructs.workflows.states import text, without_none
from modelyard.manifest.batch import Batch
from modelyard.manifest.data_layout import PREPROCESSED, DataLayout, as_dataset, output_of
from modelyard.manifest.hyperparameters import Hyperparameter, hyperparameter_text
from modelyard.manifest.stage import Vpc
from modelyard.manifest.training import Training
from modelyard.manifest.tuning import Tuning
from modelyard.shared.container_families import MODEL_DIR, NO_BUILD_ISOLATION, ContainerFamily
from modelyard.shared.instance_types import has_local_disk

Request = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class JobContext:
    """Where jobs run and what they share: data bucket, key, role, network.

    A transform has no role here: it runs under its model's (CreateTransformJob takes none).
    """

    bucket: str
    key_arn: str
    role_arn: str | None = None
    vpc: Vpc | None = None

    def uri(self, prefix: str) -> str:
        """Return the S3 URI of a prefix of the data bucket."""
        return f"s3://{self.bucket}/{prefix}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    """Where scripts log their runs: the ARN of an MLflow App, and the name of the experiment there."""

    app_arn: str
    experiment: str

    def environment(self, *, run_tags: str | None) -> dict[str, str]:
        """Return the variables by which MLflow's client finds it, and tags its run; there is none for a run's name.

        The job's own MlflowConfig would say the same, and what becomes of it in a job with a script is documented
        nowhere.
        """
        found = {"MLFLOW_TRACKING_URI": self.app_arn, "MLFLOW_EXPERIMENT_NAME": self.experiment}
        return found if run_tags is None else {**found, "MLFLOW_RUN_CONTEXT": run_tags}


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """A user's script: the archive of its folder, the file in it to start, and the family of the image that runs it.

    `tracking` is where it may log, None in a stage without tracking.
    """

    archive: str
    program: str
    family: ContainerFamily | None = None
    tracking: Tracking | None = None

    @property
    def hyperparameters(self) -> dict[str, Hyperparameter]:
        """What the container wants to be told of the script.

        A model_dir below /opt/ml is the only one that TensorFlow's container leaves as it is in a search
        (sagemaker-tensorflow-training 20.5.0, `_model_dir_with_training_job`).
        """
        saved = {"model_dir": MODEL_DIR} if self.family is not None and self.family.rewrites_model_dir else {}
        return {"sagemaker_program": self.program, "sagemaker_submit_directory": self.archive, **saved}

    def environment(self, *, run_tags: str | None) -> dict[str, str] | None:
        """Return the variables of its jobs; `run_tags` are those of its run in MLflow, as JSON.

        What is built from a script's folder needs nothing from PyPI then.
        """
        built = NO_BUILD_ISOLATION if self.family is not None and self.family.builds_training_script else {}
        tracked = {} if self.tracking is None else self.tracking.environment(run_tags=run_tags)
        variables = {**built, **tracked}
        return variables if variables else None


def hyperparameters(
    *, shared: dict[str, Hyperparameter], own: dict[str, Hyperparameter], script: Script | None
) -> dict[str, str]:
    """Return the hyperparameters of a job as texts, with those that name its script."""
    values = {**shared, **own}
    if script is not None:
        values |= script.hyperparameters
    return {name: hyperparameter_text(value, for_script=script is not None) for name, value in values.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFolders:
    """Where a training job finds its data and leaves what it makes; a run's part may be an expression.

    `preprocessed` is the prefix of what was prepared for it, in an expression's text. `data` are the channels whose
    data lie elsewhere than where they were pushed to, with their places.
    """

    layout: DataLayout
    output: str
    preprocessed: str | None = None
    checkpoints: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


def training_job(
    *,
    training: Training,
    job_context: JobContext,
    image: str,
    folders: JobFolders,
    script: Script | None,
    run_tags: str | None = None,
) -> Request:
    """Return all of a CreateTrainingJob request but its name, its hyperparameters and its experiment.

    `run_tags` are those of the script's run in MLflow, as JSON.
    """
    common = job_definition(
        training=training, job_context=job_context, folders=folders, script=script, run_tags=run_tags
    )
    return without_none({"AlgorithmSpecification": algorithm(training=training, image=image), **common})


def job_definition(
    *,
    training: Training,
    job_context: JobContext,
    folders: JobFolders,
    script: Script | None,
    run_tags: str | None = None,
) -> Request:
    """Return what a training job and a tuning job's training jobs have in common.

    These have one environment for all: none of their runs can be told whose it is.
    """
    return without_none(
        {
            "RoleArn": job_context.role_arn,
            "InputDataConfig": channels(training=training, job_context=job_context, folders=folders),
            "OutputDataConfig": {"S3OutputPath": folders.output, "KmsKeyId": job_context.key_arn},
            "ResourceConfig": training_resources(training=training, job_context=job_context),
            "StoppingCondition": training_stopping_condition(training=training),
            "Environment": None if script is None else script.environment(run_tags=run_tags),
            "EnableNetworkIsolation": script is None,
            "EnableInterContainerTrafficEncryption": training.instance_count > 1,
            "EnableManagedSpotTraining": training.spot is not None,
            "CheckpointConfig": None if folders.checkpoints is None else {"S3Uri": folders.checkpoints},
            "VpcConfig": vpc_config(vpc=job_context.vpc),
        }
    )


def algorithm(*, training: Training, image: str) -> Request:
    """Return the image and the metrics to find in its log, or the algorithm resource, which names both itself."""
    if training.algorithm is not None:
        return {"AlgorithmName": training.algorithm, "TrainingInputMode": "File"}
    metrics = [{"Name": name, "Regex": regex} for name, regex in training.metrics.items()]
    return without_none(
        {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "MetricDefinitions": metrics if metrics else None,
            "EnableSageMakerMetricsTimeSeries": True if metrics else None,
        }
    )


def dataset_uri(path: str, *, job_context: JobContext, folders: JobFolders) -> str:
    """Return where a dataset of the manifest lies: what was prepared for the run, or what somebody has put there.

    Raises:
        ValueError: it is prepared, and no preprocessing runs before.
    """
    if output_of(path) is None:
        return job_context.uri(folders.layout.dataset(path=path))
    if folders.preprocessed is None:
        raise ValueError(f"preprocessed must be given for {path}, got none; prepare it before")
    return text(job_context.uri(as_dataset(f"{folders.preprocessed}/{path.removeprefix(PREPROCESSED)}")))


def channels(*, training: Training, job_context: JobContext, folders: JobFolders) -> list[Request]:
    """Return the datasets, in the manifest's order."""
    places = {name: str(place) for name, place in training.places_elsewhere.items()} | dict(folders.data)
    return [
        without_none(
            {
                "ChannelName": name,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": places[name]
                        if name in places
                        else dataset_uri(channel.path, job_context=job_context, folders=folders),
                        "S3DataDistributionType": channel.distribution,
                    }
                },
                "ContentType": channel.content_type,
                "InputMode": "File",
            }
        )
        for name, channel in training.channels.items()
    ]


def training_resources(*, training: Training, job_context: JobContext) -> Request:
    """Return the machines; one with a disk of its own encrypts that itself and takes no key."""
    return without_none(
        {
            "InstanceType": training.job_instance,
            "InstanceCount": training.instance_count,
            "VolumeSizeInGB": training.volume_gb,
            "VolumeKmsKeyId": None if has_local_disk(instance=training.job_instance) else job_context.key_arn,
        }
    )


def training_stopping_condition(*, training: Training) -> Request:
    """Return when a job is stopped; waiting for spare capacity counts too."""
    wait = None if training.spot is None else training.spot.max_wait_minutes * 60
    return without_none({"MaxRuntimeInSeconds": training.max_runtime_minutes * 60, "MaxWaitTimeInSeconds": wait})


def tuning_config(*, tuning: Tuning, training: Training) -> Request:
    """Return what a search varies, and when it ends."""
    limits = {"MaxParallelTrainingJobs": tuning.max_parallel}
    if tuning.strategy != "Grid":
        limits["MaxNumberOfTrainingJobs"] = tuning.max_jobs
    return {
        "Strategy": tuning.strategy,
        "HyperParameterTuningJobObjective": {
            "Type": training.objective.goal.title(),
            "MetricName": training.objective.metric,
        },
        "ResourceLimits": limits,
        "ParameterRanges": parameter_ranges(tuning=tuning),
        "TrainingJobEarlyStoppingType": "Auto" if tuning.early_stopping else "Off",
    }


def parameter_ranges(*, tuning: Tuning) -> Request:
    """Return the ranges by kind, numbers written as texts as the API wants them."""
    found: Request = {"IntegerParameterRanges": [], "ContinuousParameterRanges": [], "CategoricalParameterRanges": []}
    for name, searched in tuning.ranges.items():
        values: Request = {"Name": name}
        if searched.values:
            values["Values"] = list(searched.values)
        else:
            values |= {
                "MinValue": str(searched.min),
                "MaxValue": str(searched.max),
                "ScalingType": searched.scaling,
            }
        found[f"{searched.kind}ParameterRanges"].append(values)
    return {kind: ranges for kind, ranges in found.items() if ranges}


def transform_job(
    *, batch: Batch, job_context: JobContext, model_name: str, source: Any, output: Any, capture: str
) -> Request:
    """Return all of a CreateTransformJob request but its name."""
    data_capture = {"DestinationS3Uri": capture, "KmsKeyId": job_context.key_arn, "GenerateInferenceId": True}
    return without_none(
        {
            "ModelName": model_name,
            "BatchStrategy": batch.strategy,
            "MaxPayloadInMB": batch.max_payload_mb,
            "MaxConcurrentTransforms": batch.max_concurrent_transforms,
            "ModelClientConfig": {
                "InvocationsTimeoutInSeconds": batch.timeout_seconds,
                "InvocationsMaxRetries": batch.max_retries,
            },
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
                "ContentType": batch.content_type,
                "SplitType": batch.split_type,
                "CompressionType": "None",
            },
            "TransformOutput": {
                "S3OutputPath": output,
                "Accept": batch.accept,
                "AssembleWith": batch.assemble_with,
                "KmsKeyId": job_context.key_arn,
            },
            "TransformResources": without_none(
                {
                    "InstanceType": batch.instance,
                    "InstanceCount": batch.instance_count,
                    "VolumeKmsKeyId": None if has_local_disk(instance=batch.instance) else job_context.key_arn,
                }
            ),
            "DataProcessing": data_processing(batch=batch),
            "DataCaptureConfig": data_capture if batch.capture else None,
        }
    )


def data_processing(*, batch: Batch) -> Request | None:
    """Return the filters and the join, or nothing where the manifest asks for none."""
    given = without_none({"InputFilter": batch.input_filter, "OutputFilter": batch.output_filter})
    if batch.join != "None":
        given["JoinSource"] = batch.join
    return given if given else None


def vpc_config(*, vpc: Vpc | None) -> Request | None:
    """Return the network of a job, or nothing."""
    if vpc is None:
        return None
    return {"SecurityGroupIds": list(vpc.security_groups), "Subnets": list(vpc.subnets)}
