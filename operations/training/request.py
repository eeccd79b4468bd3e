"""What a training run is asked to do, and a digest that is the same when the same is asked."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from modelyard.manifest import Model
from modelyard.manifest.folder_digest import digest
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.elsewhere import places_of, tags_at
from modelyard.operations.executions import RUNNING, SUCCEEDED, Execution, Machine, run_name
from modelyard.operations.failures import Failure
from modelyard.shared.s3_uri import S3Uri

# A run's name has 20 characters at most: 15 say when it began, and these end it so that an eye finds its like.
TAG = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingRequest:
    """Some trials of a model, as deployed, over the data that lie in the bucket now.

    The deployed definition names the image, the script's archive by its hash, and every hyperparameter; an object's
    tag changes with its content. `unseen` are places of other buckets whose objects the operator may not list.
    """

    definition: str
    data: tuple[tuple[str, str], ...]
    trials: tuple[str, ...]
    unseen: tuple[S3Uri, ...] = ()

    @property
    def digest(self) -> str:
        """A hash of all that decides what comes out, but for what was not seen."""
        found = hashlib.sha256(self.definition.encode())
        for part in (*(f"{key}\0{tag}" for key, tag in self.data), *self.trials):
            found.update(f"\0{part}".encode())
        return found.hexdigest()

    @property
    def input(self) -> dict[str, Any]:
        """What the execution is given; the digest is for those who ask again."""
        chosen: dict[str, Any] = {"trials": list(self.trials)} if self.trials else {}
        return {**chosen, "digest": self.digest}

    def name(self, *, moment: datetime) -> str:
        """Return a name for its execution."""
        return f"{run_name(moment=moment)}-{self.digest[:TAG]}"

    def earlier(self, *, machine: Machine) -> Execution | None:
        """Return an execution that was asked for the same, and runs or has succeeded."""
        for listed in machine.executions():
            if listed["status"] in (RUNNING, SUCCEEDED) and listed["name"].endswith(f"-{self.digest[:TAG]}"):
                execution = machine.describe(listed["executionArn"])
                if execution.input.get("digest") == self.digest:
                    return execution
        return None


def training_request(*, model: Model, machine: Machine, bucket: DataBucket, trials: Sequence[str]) -> TrainingRequest:
    """Return the request as things stand.

    Raises:
        Failure: a trial is not declared, a dataset has no files yet, or a channel names a place that cannot be.
    """
    known = [trial.name for trial in model.training.all_trials] if model.training is not None else []
    unknown = [name for name in trials if name not in known]
    if unknown and not known:
        raise Failure(f"--trial must be left out for {model.name}, which searches, got {unknown[0]}; run it whole")
    if unknown:
        raise Failure(f"--trial must be one of {', '.join(known)}, got {unknown[0]}; leave it out to run all of them")
    places = places_of(model, bucket=bucket).values()
    elsewhere = {place: tags_at(place, aws=bucket.aws) for place in places}
    seen = [tagged for tags in elsewhere.values() if tags is not None for tagged in tags]
    return TrainingRequest(
        definition=machine.definition(),
        data=(*_data(model=model, bucket=bucket), *seen),
        trials=tuple(sorted(set(trials))),
        unseen=tuple(place for place, tags in elsewhere.items() if tags is None),
    )


def stale_scripts(*, model: Model, definition: str, scripts: Path) -> list[str]:
    """Return the scripts here that are others than those that a deployed definition names by their archives' hashes."""
    tables = (model.preprocessing, model.training)
    named = [table.script for table in tables if table is not None and table.script is not None]
    return [script for script in named if digest(folder=(scripts / script).parent) not in definition]


def _data(*, model: Model, bucket: DataBucket) -> Iterable[tuple[str, str]]:
    training = model.training
    paths = {channel.path for channel in training.stored_channels.values()} if training is not None else set()
    if training is not None and training.stored_baseline_dataset is not None:
        paths.add(training.stored_baseline_dataset)
    if model.preprocessing is not None:
        paths.update(model.preprocessing.inputs.values())
    for path in sorted(paths):
        prefix = model.layout.dataset(path=path)
        found = [(stored.key, stored.tag) for stored in bucket.objects(prefix)]
        if not found:
            raise Failure(f"There are no data at {bucket.uri(prefix)}; put them there: yard data push {model.name}")
        yield from found
