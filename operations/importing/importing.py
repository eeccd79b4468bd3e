"""What a training run would have left, made of an archive: artifact, baseline, leaderboard and package.

The run is named by the digests of the archive and of its baseline data: the same import is the same run, and finds
everything there.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.drift.analysis import write_baseline
from modelyard.drift.checking.own_data import BrokenColumn
from modelyard.drift.documents.files import CONSTRAINTS, STATISTICS
from modelyard.drift.errors import DriftError
from modelyard.drift.reading.source import Source, guess_format, profiled
from modelyard.manifest import Model, catalogue
from modelyard.manifest.names import LONGEST_RUN, MARK
from modelyard.manifest.problems import Refused
from modelyard.manifest.rules import LONGEST_NAME, AwsName
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.own import OwnData, own_data
from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure
from modelyard.operations.importing.archive import Fetched
from modelyard.operations.promotion.candidate import ARTIFACT
from modelyard.operations.promotion.versions import has_group
from modelyard.operations.training.leaderboard import leaderboard_document
from modelyard.shared.container_families import NO_BUILD_ISOLATION, PACKED_CODE, PROGRAM, SUBMIT_DIRECTORY, CodePlace

DIGEST = "sha256"
RUN_PREFIX = "import-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """One archive that becomes a trial of a run of its own.

    `baseline` is the folder of its baseline, if it has one, and `broken` are the columns whose own data break it;
    `image` and `group` are for its registration.
    """

    deployment: Deployment
    archive: Fetched
    digest: str
    run: str
    trial: str
    baseline: Path | None
    broken: tuple[BrokenColumn, ...]
    image: str
    group: str

    @property
    def job(self) -> str:
        """What stands in the artifact's path where a trial's has the name of its job."""
        return f"{self.deployment.model.endpoint(stage=self.deployment.stage)}{MARK}{self.trial}-{self.run}"

    @property
    def artifact(self) -> str:
        """The artifact's key."""
        return f"{self.deployment.model.layout.training(run=self.run)}/{self.job}/{ARTIFACT}"

    @property
    def _bucket(self) -> DataBucket:
        return DataBucket(aws=self.deployment.aws, name=self.deployment.bucket)

    def send(self, *, sent: Callable[[int], None]) -> list[str]:
        """Put everything where a run would have put it, and return what was not there yet.

        The leaderboard comes after what it names, and the package last, which shows the leaderboard.
        """
        made = []
        notes = self._bucket.described(self.artifact)
        if notes is None or notes.get(DIGEST) != self.digest:
            self._bucket.upload(file=self.archive.file, key=self.artifact, notes={DIGEST: self.digest}, sent=sent)
            made.append(self._bucket.uri(self.artifact))
        layout = self.deployment.model.layout
        texts = {layout.leaderboard(run=self.run): self._leaderboard()}
        if self.baseline is not None:
            prefix = layout.baseline(run=self.run)
            files = {f"{prefix}/{name}": (self.baseline / name).read_bytes() for name in (STATISTICS, CONSTRAINTS)}
            texts = {**files, **texts}
        for key, content in texts.items():
            if self._bucket.read(key) != content:
                self._bucket.write(key=key, content=content)
                made.append(self._bucket.uri(key))
        package = self._register()
        return made if package is None else [*made, package]

    def _leaderboard(self) -> bytes:
        document = leaderboard_document(
            model=self.deployment.model,
            run=self.run,
            trial=self.trial,
            job=self.job,
            origin=self.archive.origin,
            digest=self.digest,
        )
        return json.dumps(document).encode()

    def _register(self) -> str | None:
        """Register the model in the group of its model, and return the package's ARN; None if it is there."""
        sagemaker, group = self.deployment.aws.client("sagemaker"), self.group
        if self.deployment.model.training is None and not has_group(aws=self.deployment.aws, group=group):
            sagemaker.create_model_package_group(ModelPackageGroupName=group)
        listed = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        for one in listed.build_full_result()["ModelPackageSummaryList"]:
            known = sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"])
            if known.get("CustomerMetadataProperties", {}).get("job") == self.job:
                return None
        types = ["text/csv", "application/json"]
        leaderboard = self._bucket.uri(self.deployment.model.layout.leaderboard(run=self.run))
        made = sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelPackageDescription=f"Imported, {DIGEST} {self.digest}",
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [self._container()],
                "SupportedContentTypes": types,
                "SupportedResponseMIMETypes": types,
            },
            ModelMetrics={
                "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": leaderboard}},
            },
            CustomerMetadataProperties={
                "run": self.run,
                "trial": self.trial,
                "job": self.job,
                DIGEST: self.digest,
            },
        )
        return str(made["ModelPackageArn"])

    def _container(self) -> dict[str, Any]:
        model = self.deployment.model
        environment = {**model.serving_environment, **_code(self.deployment)}
        return {
            "Image": self.image,
            "ModelDataUrl": self._bucket.uri(self.artifact),
            **({"Environment": environment} if environment else {}),
        }


@contextmanager
def prepared(deployment: Deployment, *, archive: Fetched, trial: str, baseline_data: Path | None) -> Iterator[Import]:
    """Yield the import of an archive, with the baseline of its data; nothing was sent by then.

    Raises:
        Failure: the model serves nothing, is monitored and there are no data for its baseline or they are not what
            [data] says, has no image in the region, or a training that was never deployed.
        Refused: no job could have the trial's name.
        DriftError: the data cannot be read.
    """
    model = deployment.model
    if model.serving is None and model.batch is None:
        raise Failure(f"{model.name} must declare [serving] or [batch] to import a model, got neither; add one of them")
    monitored = model.monitoring is not None and model.monitoring.baseline is None
    sample = _sample(model) if monitored and baseline_data is None else None
    if monitored and baseline_data is None and sample is None:
        raise Failure(
            f"{model.name} is monitored against no baseline yet: give the data that the model was trained with, under "
            "a header and with the label first, as --baseline-data FILE, or name their dataset as the sample of [data]"
        )
    room = LONGEST_NAME - len(model.endpoint(stage=deployment.stage)) - len(MARK) - 1 - LONGEST_RUN
    wrong = AwsName(room).problem(key="--trial", value=trial)
    if wrong is not None:
        raise Refused([wrong])
    image, group = _image(deployment), deployment.package_group
    with archive.file.open("rb") as content:
        digest = hashlib.file_digest(content, DIGEST).hexdigest()
    with (
        tempfile.TemporaryDirectory(prefix="yard-import-") as made,
        tempfile.TemporaryDirectory(prefix="yard-import-") as read,
    ):
        data = baseline_data if sample is None else sample.write_baseline(folder=Path(read))
        folder = None if data is None else Path(made)
        broken = _make_baseline(data, folder=folder) if folder is not None and data is not None else ()
        whole = hashlib.sha256(digest.encode())
        for file in sorted(folder.iterdir()) if folder is not None else ():
            whole.update(file.read_bytes())
        run = f"{RUN_PREFIX}{whole.hexdigest()}"[:LONGEST_RUN]
        yield Import(
            deployment=deployment,
            archive=archive,
            digest=digest,
            run=run,
            trial=trial,
            baseline=folder,
            broken=broken,
            image=image,
            group=group,
        )


def _sample(model: Model) -> OwnData | None:
    """The project's own data, where [data] says which of them the model was trained with."""
    folder = own_data(model)
    if folder is None or model.data is None or model.data.sample is None:
        return None
    return OwnData(model=model, folder=folder)


def _make_baseline(data: Path, *, folder: Path) -> tuple[BrokenColumn, ...]:
    """Measure the data as a run's baseline job does, CSV under a header; return the columns that break the baseline."""
    profile = profiled(source=Source(path=data, format=guess_format(path=data), header=True))
    if profile.rows == 0:
        raise DriftError(f"{data} must hold at least one record, it holds none; give the training data")
    return write_baseline(profile=profile, folder=folder).broken


def _code(deployment: Deployment) -> Mapping[str, str]:
    """The variables that name the archive's own code; a script of the project is published by a deploy alone."""
    model, program = deployment.model, deployment.model.packed_program
    if program is None:
        return {}
    family = model.serving_family
    looks_there = family is not None and family.code_place is CodePlace.ARTIFACT
    # An isolated container could not fetch what pip builds its code with.
    built = NO_BUILD_ISOLATION if family is not None and family.builds_serving_script else {}
    return {PROGRAM: program, **({} if looks_there else {SUBMIT_DIRECTORY: PACKED_CODE}), **built}


def _image(deployment: Deployment) -> str:
    """The image that serves the model, in the region that is worked in."""
    container, region = deployment.model.serving_container, deployment.aws.region
    if not container:
        raise Failure(f"{deployment.model.name} must name serving.container for a model to be imported; add it")
    if not catalogue.family_of(container):
        return container
    instance = next((use.instance for use in deployment.model.image_uses if use.scope == "inference"), "")
    image = catalogue.published_image(container=container, scope="inference", instance=instance)
    if region not in image.accounts:
        raise Failure(f"{container} must be published in {region} to be registered, it is not; work in another region")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    tag = f":{image.tag}" if image.tag else ""
    return f"{image.accounts[region]}.dkr.ecr.{region}.{suffix}/{image.repository}{tag}"
