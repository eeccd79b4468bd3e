"""Where a trial's model comes from and where it went: from the datasets to the endpoint."""

from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.promotion.candidate import ARTIFACT
from modelyard.operations.screen.table import Table
from modelyard.operations.screen.words import counted
from modelyard.operations.served_artifacts import served_artifacts
from modelyard.operations.traffic.endpoint import endpoint_state
from modelyard.operations.training.leaderboard import Leaderboard, Trial
from modelyard.operations.training.packages import packages_of

SUBMITTED = "sagemaker_submit_directory"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One step on the way, what it is, and what is known of it."""

    step: str
    what: str
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """The way of one trial of one run, asked of SageMaker."""

    deployment: Deployment
    board: Leaderboard
    trial: Trial

    def links(self) -> Iterator[Link]:
        """Yield each step that there is, in the order in which data flow."""
        bucket = DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)
        origin = self.board.origin
        if origin is not None:
            run = self.deployment.model.layout.training(run=self.board.run)
            artifact = bucket.uri(f"{run}/{self.trial.job}/{ARTIFACT}")
            yield Link(step="imported from", what=origin.source, about=f"sha256 {origin.digest}")
            yield Link(step="artifact", what=artifact)
        else:
            artifact = yield from self._training()
        group = self.deployment.package_group
        packages = list(packages_of(aws=self.deployment.aws, group=group, artifact=artifact))
        for package in packages:
            yield Link(step="model package", what=package["ModelPackageArn"], about=package["ModelApprovalStatus"])
        prefix = self.deployment.model.layout.baseline(run=self.board.run)
        if bucket.exists(f"{prefix}/statistics.json"):
            yield Link(step="baseline", what=bucket.uri(prefix), about="of the run's training data")
        yield from self._endpoints(names={artifact, *(package["ModelPackageArn"] for package in packages)})

    def _training(self) -> Generator[Link, None, str]:
        """Yield what the trial's training job tells, and return the URI of its artifact."""
        job = self._sagemaker.describe_training_job(TrainingJobName=self.trial.job)
        artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
        for channel in job["InputDataConfig"]:
            yield Link(step=f"dataset {channel['ChannelName']}", what=channel["DataSource"]["S3DataSource"]["S3Uri"])
        yield from code_of(job)
        seconds = job.get("BillableTimeInSeconds", job.get("TrainingTimeInSeconds"))
        kind = job["ResourceConfig"].get("InstanceType", "")
        yield Link(
            step="training job",
            what=self.trial.job,
            about=kind if seconds is None else f"{seconds} s billed on {kind}",
        )
        yield Link(
            step="artifact",
            what=artifact,
            about=", ".join(f"{name} {value:.6g}" for name, value in self.trial.metrics.items()),
        )
        return str(artifact)

    def _endpoints(self, *, names: Collection[str]) -> Iterator[Link]:
        """Yield the variants that serve what has one of these names: an artifact, or a package of it."""
        serving = self.deployment.find("serving")
        if serving is None or not serving.stands:
            return
        state = endpoint_state(aws=self.deployment.aws, name=self.deployment.endpoint)
        served = served_artifacts(aws=self.deployment.aws, config=state.config)
        for variant in state.variants:
            if served.get(variant.name) in names:
                about = f"{state.status}, weight {variant.weight:g}, {counted(variant.instances, 'instance')}"
                yield Link(step="endpoint", what=f"{state.name}, variant {variant.name}", about=about)

    @property
    def _sagemaker(self) -> Any:
        return self.deployment.aws.client("sagemaker")


def table_of_links(links: list[Link]) -> Table:
    """Return the way as rows."""
    return Table(
        columns=("step", "what", "about"), rows=tuple((one.step, one.what, one.about or None) for one in links)
    )


def code_of(job: dict[str, Any]) -> Iterator[Link]:
    """Yield what a training job ran, of what DescribeTrainingJob tells: its script, and its image or its algorithm.

    The archive of a script is named by a hash of its folder; an algorithm has none.
    """
    told = {name: value.strip('"') for name, value in job.get("HyperParameters", {}).items()}
    if SUBMITTED in told:
        yield Link(step="script", what=told[SUBMITTED], about=told.get("sagemaker_program", ""))
    ran = job["AlgorithmSpecification"]
    if "AlgorithmName" in ran:
        yield Link(step="algorithm", what=ran["AlgorithmName"])
    else:
        yield Link(step="image", what=ran["TrainingImage"])
