"""What the platform tells the job that prepares a run's data; the contract is Modelyard's own."""

from collections.abc import Mapping
from pathlib import Path

from modelyard.drift.container.variables import Variables
from modelyard.drift.retraining_data import Addition, Captures, RetrainingJob


def read_retraining_job(*, environment: Mapping[str, str], root: Path) -> RetrainingJob:
    """Read the environment variables; paths under /opt/ml are taken under the root.

    Without `training_source` no captures are added to anything. Folders of captures and of ground truth that are not
    there hold nothing: nothing was captured or told yet.

    Raises:
        DriftError: a variable is missing or cannot be used.
    """
    variables = Variables(environment=environment, root=root)
    label, header = int(variables.number(name="label_column", default=0)), variables.switch(name="header")
    training = variables.optional_path(name="training_source")
    baseline = variables.optional_path(name="baseline_source")
    captures = None
    if training is not None:
        trained = Addition(source=training, output=variables.path(name="training_path"), label=label, header=header)
        # A baseline dataset has the label first, under a header.
        watched = (
            ()
            if baseline is None
            else (Addition(source=baseline, output=variables.path(name="baseline_path"), label=0, header=True),)
        )
        captures = Captures(
            records=variables.path(name="captures_source"),
            ground_truth=variables.path(name="ground_truth_source"),
            additions=(trained, *watched),
        )
    return RetrainingJob(
        held_out=variables.path(name="held_out_source"),
        label=label,
        header=header,
        records=variables.path(name="records_path"),
        labels=variables.path(name="labels_path"),
        captures=captures,
    )
