"""The trial component that SageMaker makes of every job, and the trial that it puts it into.

Source: "Search for experiments" and "Manage machine learning with Amazon SageMaker Experiments" in the developer guide;
the members' names are those of the components that AWS made in the integration tests of aws/sagemaker-experiments.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.lineage import COMPONENT, EXPERIMENT, TRIAL, Kind, Lineage
from modelyard.rehearsal.sagemaker.records.metric_series import MetricSeries
from modelyard.rehearsal.sagemaker.store import Document

STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentMapping:
    """How a kind of job becomes a trial component: the prefix of its members, the suffix of the name, what is read."""

    prefix: str
    suffix: str
    parameters: Callable[[Document], Document]
    inputs: Callable[[Document], Document]
    outputs: Callable[[Document], Document]

    def name(self, job: Document) -> str:
        """Return the job's name."""
        return str(job[f"{self.prefix}Name"])

    def arn(self, job: Document) -> str:
        """Return the job's ARN."""
        return str(job[f"{self.prefix}Arn"])

    def status(self, job: Document) -> str:
        """Return the job's status."""
        return str(job[f"{self.prefix}Status"])

    def start(self, job: Document) -> Document:
        """Return the component's StartTime and EndTime, as far as the job has them."""
        word = self.prefix.removesuffix("Job")
        moments = {"StartTime": job.get(f"{word}StartTime"), "EndTime": job.get(f"{word}EndTime")}
        return {member: moment for member, moment in moments.items() if moment is not None}


class JobRecords:
    """Writes jobs into the experiments that they belong to."""

    def __init__(self, *, platform: Platform) -> None:
        self._lineage = Lineage(platform=platform)
        self._series = MetricSeries(store=platform.store)

    def check_experiment_config(self, config: Mapping[str, str] | None) -> None:
        """Refuse a job whose experiment or trial is not there, before it starts.

        Raises:
            ServiceError: ValidationException, there is no such experiment or trial, or the trial is another's.

        """
        config = {} if config is None else config
        for kind in (EXPERIMENT, TRIAL):
            if kind.member in config:
                self._known(kind=kind, name=config[kind.member])
        if EXPERIMENT.member in config and TRIAL.member in config:
            self._check_trial(experiment=config[EXPERIMENT.member], trial=config[TRIAL.member])

    def record_job(self, job: Document, kind: str) -> None:
        """Make the trial component of a job, or bring it up to date: when the job starts, and when it ends.

        `job` is in the shape of its Describe answer; `kind` is TrainingJob, ProcessingJob or TransformJob. A job's
        private member MetricSeries has all values that it printed; without it, its final ones are taken.

        Raises:
            ValueError: the kind is none of the three.

        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {sorted(KINDS)}, got {kind!r}")
        known = KINDS[kind]
        name = f"{known.name(job)}-{known.suffix}"
        self._keep(name=name, document=_component(job=job, kind=known))
        self._keep_metrics(name=name, points=_points(job))
        self._put_into_trial(name=name, job=job, job_name=known.name(job))

    def _known(self, *, kind: Kind, name: str) -> None:
        try:
            self._lineage.find(kind, name)
        except ServiceError as error:
            raise invalid(error.message) from error

    def _check_trial(self, *, experiment: str, trial: str) -> None:
        owner = self._lineage.find(TRIAL, trial)["ExperimentName"]
        if owner != self._lineage.find(EXPERIMENT, experiment)["ExperimentName"]:
            raise invalid(
                f"Trial '{trial}' belongs to Experiment '{owner}', got '{experiment}'; name its own experiment"
            )

    def _keep(self, *, name: str, document: Document) -> None:
        if self._lineage.table(COMPONENT).find(name) is None:
            self._lineage.add(COMPONENT, {"TrialComponentName": name, **document})
        else:
            self._lineage.update(COMPONENT, name, document)

    def _keep_metrics(self, *, name: str, points: Sequence[Document]) -> None:
        for metric in dict.fromkeys(point["MetricName"] for point in points):
            own = [(one["Timestamp"], float(one["Value"])) for one in points if one["MetricName"] == metric]
            self._series.replace(component=name, name=metric, points=own)

    def _put_into_trial(self, *, name: str, job: Document, job_name: str) -> None:
        config = job.get("ExperimentConfig", {})
        if TRIAL.member in config:
            trial = self._lineage.find(TRIAL, config[TRIAL.member])["TrialName"]
        elif EXPERIMENT.member in config:
            trial = self._own_trial(experiment=config[EXPERIMENT.member], name=f"{job_name}-aws-trial")
        else:
            return
        self._lineage.associate(component=name, trial=trial)

    def _own_trial(self, *, experiment: str, name: str) -> str:
        """Return the trial that is made when a job names an experiment alone (API reference, ExperimentConfig)."""
        if self._lineage.table(TRIAL).find(name) is None:
            self._lineage.add(TRIAL, {"TrialName": name, "ExperimentName": experiment})
        return name


def _component(*, job: Document, kind: ComponentMapping) -> Document:
    config = job.get("ExperimentConfig", {})
    source = {"SourceArn": kind.arn(job), "SourceType": f"SageMaker{kind.prefix}"}
    display = config.get("TrialComponentDisplayName", f"{kind.name(job)}-{kind.suffix}")
    document = {
        "DisplayName": display,
        "Source": source,
        "Sources": [source],
        "Status": _status(job=job, kind=kind),
        "Parameters": kind.parameters(job),
        "InputArtifacts": kind.inputs(job),
        "OutputArtifacts": kind.outputs(job),
        **kind.start(job),
    }
    return document if "RunName" not in config else {**document, "RunName": config["RunName"]}


def _status(*, job: Document, kind: ComponentMapping) -> Document:
    status = kind.status(job)
    reason = job.get("FailureReason", "")
    detail = f", secondary status: {job['SecondaryStatus']}" if "SecondaryStatus" in job else ""
    known = status if status in STATUSES else "InProgress"
    return {"PrimaryStatus": known, "Message": f"Status: {status}{detail}, failure reason: {reason}."[:1024]}


def _points(job: Document) -> Sequence[Document]:
    final: Sequence[Document] = job.get("FinalMetricDataList", [])
    series: Sequence[Document] = job.get("MetricSeries", final)
    return series


def _value(text: str) -> Document:
    """Return a parameter: a number where the text is a finite one, as AWS's components show hyperparameters."""
    try:
        number = float(text)
    except ValueError:
        return {"StringValue": text}
    return {"NumberValue": number} if math.isfinite(number) else {"StringValue": text}


def _instances(cluster: Document) -> Document:
    """Return the parameters that tell on what a job ran."""
    names = {
        "InstanceType": "SageMaker.InstanceType",
        "InstanceCount": "SageMaker.InstanceCount",
        "VolumeSizeInGB": "SageMaker.VolumeSizeInGB",
    }
    return {names[key]: _value(str(cluster[key])) for key in names if key in cluster}


def _training_parameters(job: Document) -> Document:
    own = {name: _value(text) for name, text in job.get("HyperParameters", {}).items()}
    image = job["AlgorithmSpecification"].get("TrainingImage")
    named = {} if image is None else {"SageMaker.ImageUri": {"StringValue": image}}
    return own | named | _instances(job["ResourceConfig"])


def _training_inputs(job: Document) -> Document:
    return {channel["ChannelName"]: _channel(channel) for channel in job.get("InputDataConfig", [])}


def _channel(channel: Document) -> Document:
    media = {} if "ContentType" not in channel else {"MediaType": channel["ContentType"]}
    return {**media, "Value": channel["DataSource"].get("S3DataSource", {}).get("S3Uri", "")}


def _training_outputs(job: Document) -> Document:
    artifact = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    return {} if artifact is None else {"SageMaker.ModelArtifact": {"Value": artifact}}


def _processing_parameters(job: Document) -> Document:
    own = {name: _value(text) for name, text in job.get("Environment", {}).items()}
    return own | _instances(job["ProcessingResources"]["ClusterConfig"])


def _processing_inputs(job: Document) -> Document:
    image = {"SageMaker.ImageUri": {"Value": job["AppSpecification"]["ImageUri"]}}
    inputs = {
        one["InputName"]: {"Value": one["S3Input"]["S3Uri"]} for one in _of_s3(job, "ProcessingInputs", "S3Input")
    }
    return image | inputs


def _processing_outputs(job: Document) -> Document:
    outputs = _of_s3(job.get("ProcessingOutputConfig", {}), "Outputs", "S3Output")
    return {one["OutputName"]: {"Value": one["S3Output"]["S3Uri"]} for one in outputs}


def _of_s3(document: Document, member: str, place: str) -> list[Document]:
    return [one for one in document.get(member, []) if place in one]


def _transform_parameters(job: Document) -> Document:
    own = {name: _value(text) for name, text in job.get("Environment", {}).items()}
    return own | {"SageMaker.ModelName": {"StringValue": job["ModelName"]}} | _instances(job["TransformResources"])


def _transform_inputs(job: Document) -> Document:
    given = job["TransformInput"]
    media = {} if "ContentType" not in given else {"MediaType": given["ContentType"]}
    return {"SageMaker.TransformInput": {**media, "Value": given["DataSource"]["S3DataSource"]["S3Uri"]}}


def _transform_outputs(job: Document) -> Document:
    given = job["TransformOutput"]
    media = {} if "Accept" not in given else {"MediaType": given["Accept"]}
    return {"SageMaker.TransformOutput": {**media, "Value": given["S3OutputPath"]}}


KINDS = {
    "TrainingJob": ComponentMapping(
        prefix="TrainingJob",
        suffix="aws-training-job",
        parameters=_training_parameters,
        inputs=_training_inputs,
        outputs=_training_outputs,
    ),
    "ProcessingJob": ComponentMapping(
        prefix="ProcessingJob",
        suffix="aws-processing-job",
        parameters=_processing_parameters,
        inputs=_processing_inputs,
        outputs=_processing_outputs,
    ),
    "TransformJob": ComponentMapping(
        prefix="TransformJob",
        suffix="aws-transform-job",
        parameters=_transform_parameters,
        inputs=_transform_inputs,
        outputs=_transform_outputs,
    ),
}
