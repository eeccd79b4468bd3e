"""The baseline of quality: made of answers to labelled data, by the state machine of the monitoring stack."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.records import Labelled, described_records
from modelyard.operations.data.rows import SUFFIXES
from modelyard.operations.data.stored import local_copy
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Machine, run_name
from modelyard.operations.failures import Failure
from modelyard.operations.traffic.bodies import check_labels_known, labelled

CHANNEL = "validation"
DATA_FILE = "answers.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Labelled data, and what to call their labels."""

    name: str
    records: list[Labelled]


def labelled_data(deployment: Deployment, *, file: Path | None, most: int) -> Source:
    """Return at most so many records of a file of this machine, or without one of the validation data in the bucket.

    Raises:
        Failure: there is no such file, there are no validation data, or a record has no label.
    """
    model, data = deployment.model, deployment.model.data
    form, first, column = "CSV", " with the label first", "its first column"
    if data is not None:
        form, first, column = data.format, "", f"its column {data.label}"
    if file is not None:
        if not file.is_file():
            raise Failure(f"{file} must be a {form} file{first}, there is none; name one")
        found = _labelled(file, model=model, source=str(file), most=most)
        return Source(name=f"{file} ({column})", records=found)

    channel = model.training.stored_channels.get(CHANNEL) if model.training is not None else None
    suffixes = SUFFIXES[data.format if data is not None else "csv"]
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    prefix = model.layout.dataset(path=channel.path) if channel is not None else ""
    stored = [one.key for one in bucket.objects(prefix) if one.key.endswith(suffixes) and one.size] if prefix else []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for key in stored:
            if len(found) < most:
                with local_copy(key, bucket=bucket, file=Path(folder) / f"labelled{suffixes[0]}") as copy:
                    found += _labelled(copy, model=model, source=bucket.uri(key), most=most - len(found))
    if not found:
        raise Failure(
            f"{model.name} has no channel {CHANNEL} of {form} in the data bucket; "
            f"name a file{first}: yard baseline {model.name} FILE"
        )
    return Source(name=f"{bucket.uri(prefix)} ({column})", records=found)


def _labelled(file: Path, *, model: Model, source: str, most: int) -> list[Labelled]:
    if model.data is None:
        return labelled(file.read_bytes(), source=source, most=most)
    return check_labels_known(described_records(file, data=model.data, most=most), source=source)


def make_baseline(deployment: Deployment, *, table: str, seen: Callable[[str], None]) -> str:
    """Put the answers into the data bucket, have them measured, and return the prefix of the baseline.

    Raises:
        Failure: the measuring failed.
    """
    run = run_name(moment=deployment.aws.now())
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    key = f"{deployment.model.layout.quality_data(run=run)}{DATA_FILE}"
    machine = Machine(aws=deployment.aws, arn=deployment.output("monitoring", "QualityBaselineStateMachineArn"))
    bucket.write(key=key, content=table.encode())
    arn = machine.start(name=run, payload={})
    try:
        execution = machine.follow(arn, seen=lambda one: seen(one.status))
    except KeyboardInterrupt:
        machine.stop(arn, cause="Interrupted by the operator")
        raise
    return str(execution.result(what="The baseline")["baseline"])
