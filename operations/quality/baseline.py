"""The baseline of quality: made of answers to labelled data, by the state machine of the monitoring stack."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from modelyard.operations.bucket import DataBucket
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import Machine, run_name
from modelyard.operations.failures import Failure

CHANNEL = "validation"
DATA_FILE = "answers.csv"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Labelled data, and what to call them."""

    name: str
    content: bytes


def labelled_data(deployment: Deployment, *, file: Path | None) -> Source:
    """Return a file of this machine, or without one the validation data in the data bucket.

    Raises:
        Failure: there is no such file, or there are no validation data as CSV.
    """
    if file is not None:
        if not file.is_file():
            raise Failure(f"{file} must be a CSV file with the label first, there is none; name one")
        return Source(name=str(file), content=file.read_bytes())

    training = deployment.model.training
    channel = training.channels.get(CHANNEL) if training is not None else None
    bucket = DataBucket(aws=deployment.aws, name=deployment.bucket)
    prefix = deployment.model.layout.dataset(path=channel.path) if channel is not None else ""
    found = [one.key for one in bucket.objects(prefix) if one.key.endswith(".csv")] if prefix else []
    content = b"\n".join(data for data in map(bucket.read, found) if data is not None)
    if not content:
        raise Failure(
            f"{deployment.model.name} has no channel {CHANNEL} of CSV in the data bucket; "
            f"name a file with the label first: yard baseline {deployment.model.name} FILE"
        )
    return Source(name=bucket.uri(prefix), content=content)


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
