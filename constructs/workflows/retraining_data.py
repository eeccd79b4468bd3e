"""The states in which a run that nobody started by hand prepares its data: labelled captures, and what is held out."""

import json
from dataclasses import dataclass

from modelyard.constructs.workflows.analysis import INPUT, Analyzer, from_s3, processing_job, to_s3
from modelyard.constructs.workflows.requests import JobContext, Request
from modelyard.constructs.workflows.states import RUN, State, States, choose, expression, task, text
from modelyard.manifest.data import Data
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.names import MARK
from modelyard.manifest.retraining import Retrain
from modelyard.manifest.training import Training

PROCESSING = "/opt/ml/processing"
# Whether an execution was started by a schedule or an alarm, which say why.
IS_RETRAINING = "$exists($retrain.reason)"
HELD_OUT = ("records", "labels")
# The folders of a run's own versions, by the variables that say where the data lie.
VERSIONS = {"channel": "train", "baseline": "baseline"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RetrainingData:
    """The request for the job, and the states around it.

    The job is the analyzer's, whichever engine checks the traffic; `monitoring` says on which instance it runs.
    """

    training: Training
    retrain: Retrain
    monitoring: Monitoring
    data: Data | None
    layout: DataLayout
    endpoint: str
    prefix: str
    job_context: JobContext
    analyzer: Analyzer
    partition: str

    @property
    def job_prefix(self) -> str:
        """What the names of its jobs begin with."""
        return f"{self.prefix}{MARK}data-"

    @property
    def reads(self) -> list[str]:
        """The prefixes that the job reads."""
        read = [self.layout.dataset(path=self.retrain.held_out)]
        channel = self._channel_path
        if channel is None:
            return read
        baseline = self.training.baseline_dataset
        return [
            *read,
            self.layout.dataset(path=channel),
            *([self.layout.dataset(path=baseline)] if baseline is not None else []),
            *self.captured,
        ]

    @property
    def captured(self) -> list[str]:
        """The prefixes of captures and of ground truth; none where they are added to nothing."""
        if self._channel_path is None:
            return []
        return [f"{self.layout.capture}/{self.endpoint}/", f"{self.layout.ground_truth}/{self.endpoint}/"]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that the job writes: held-out records and labels, and the run's own versions of the data."""
        return (*HELD_OUT, *(VERSIONS[name] for name in self.variables))

    def states(self, *, then: str) -> States:
        """Return the states, the first of which is `Is it a retraining?`; each hands on what it was given."""
        first = "Look for captures" if self._channel_path is not None else "Prepare the data"
        states = {
            "Is it a retraining?": choose(when=IS_RETRAINING, then=first, otherwise=then),
            "Prepare the data": {**self._prepare(then=then), "Assign": self._versions},
        }
        if self._channel_path is None:
            return states
        captures, truth = self.captured
        return {
            **states,
            "Look for captures": self._look(prefix=captures, variable="captured", then="Look for ground truth"),
            "Look for ground truth": self._look(prefix=truth, variable="told", then="Prepare the data"),
        }

    @property
    def variables(self) -> dict[str, str]:
        """Where the data lie of a run that somebody starts by hand: where they were pushed to."""
        path = self._channel_path
        if path is None:
            return {}
        baseline = self.training.baseline_dataset
        return {
            "channel": self.job_context.uri(self.layout.dataset(path=path)),
            **({} if baseline is None else {"baseline": self.job_context.uri(self.layout.dataset(path=baseline))}),
        }

    @property
    def _versions(self) -> dict[str, str]:
        """Where the run's own versions of them lie, with the slash by which a role may read them."""
        return {name: self._place(f"{VERSIONS[name]}/") for name in self.variables}

    @property
    def _channel_path(self) -> str | None:
        name = self.retrain.captures_to
        return None if name is None else self.training.channels[name].path

    def _look(self, *, prefix: str, variable: str, then: str) -> State:
        return {
            **task(
                resource="aws-sdk:s3:listObjectsV2",
                arguments={"Bucket": self.job_context.bucket, "Prefix": prefix, "MaxKeys": 1},
                output=expression("$states.input"),
                then=then,
                caught_by="Report the failure",
                partition=self.partition,
            ),
            "Assign": {variable: expression("$states.result.KeyCount > 0")},
        }

    def _prepare(self, *, then: str) -> State:
        request = processing_job(
            monitoring=self.monitoring,
            analyzer=self.analyzer,
            job_context=self.job_context,
            inputs=self._inputs,
            outputs=self._outputs,
            environment=self._environment,
        )
        return task(
            resource="sagemaker:createProcessingJob.sync",
            arguments={"ProcessingJobName": text(f"{self.job_prefix}{RUN}"), **request},
            output=expression("$states.input"),
            then=then,
            caught_by="Report the failure",
            partition=self.partition,
        )

    @property
    def _inputs(self) -> object:
        """The job's inputs, without captures where there are none: a folder without objects fails a job."""
        held_out = self._from("held_out", self.retrain.held_out)
        path = self._channel_path
        if path is None:
            return [held_out, *self.analyzer.inputs]
        baseline = self.training.baseline_dataset
        always = [
            held_out,
            self._from("training", path),
            *([] if baseline is None else [self._from("baseline", baseline)]),
            *self.analyzer.inputs,
        ]
        captures, truth = self.captured
        labelled = [
            from_s3(name="captures", uri=self.job_context.uri(captures), path=f"{INPUT}/captures"),
            from_s3(name="ground_truth", uri=self.job_context.uri(truth), path=f"{INPUT}/ground_truth"),
        ]
        return expression(f"$captured and $told ? {json.dumps([*always, *labelled])} : {json.dumps(always)}")

    def _from(self, name: str, path: str) -> Request:
        return from_s3(name=name, uri=self.job_context.uri(self.layout.dataset(path=path)), path=f"{INPUT}/{name}")

    @property
    def _outputs(self) -> list[Request]:
        folders = dict(zip((*HELD_OUT, *self.variables), self.folders, strict=True))
        return [
            to_s3(name=name, uri=self._place(folder), path=f"{PROCESSING}/{name}") for name, folder in folders.items()
        ]

    @property
    def _environment(self) -> dict[str, str]:
        columns = [column.name for column in self.data.columns] if self.data is not None else []
        label = columns.index(self.data.label) if self.data is not None and self.data.label is not None else 0
        header = any(channel.header for channel in self.training.channels.values())
        given = {
            "analysis_type": "RETRAINING_DATA",
            "held_out_source": f"{INPUT}/held_out",
            "records_path": f"{PROCESSING}/records",
            "labels_path": f"{PROCESSING}/labels",
            "label_column": str(label),
            "header": "Enabled" if header else "Disabled",
        }
        if self._channel_path is None:
            return given
        given |= {
            "training_source": f"{INPUT}/training",
            "training_path": f"{PROCESSING}/channel",
            "captures_source": f"{INPUT}/captures",
            "ground_truth_source": f"{INPUT}/ground_truth",
        }
        if self.training.baseline_dataset is not None:
            given |= {"baseline_source": f"{INPUT}/baseline", "baseline_path": f"{PROCESSING}/baseline"}
        return given

    def _place(self, folder: str) -> str:
        return text(self.job_context.uri(f"{self.layout.retraining(run=RUN)}/{folder}"))
