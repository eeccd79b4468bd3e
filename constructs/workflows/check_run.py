"""The drift engine's workflow: find what was captured in the window, and have it checked."""

import json
from dataclasses import dataclass
from typing import Any

from modelyard.constructs.workflows.analysis import (
    BASELINE,
    CAPTURE_FORMAT,
    EARLIER,
    ENDPOINT_DATA,
    OUTPUT,
    PART,
    WINDOW,
    Analyzer,
    from_s3,
    processing_job,
    publication_switch,
    report_to,
    to_s3,
)
from modelyard.constructs.workflows.requests import JobContext, Request
from modelyard.constructs.workflows.states import (
    RUN,
    State,
    catch,
    choose,
    each,
    end_with,
    expression,
    give_up,
    machine,
    name_the_run,
    task,
    text,
)
from modelyard.manifest.answer import Answer
from modelyard.manifest.data_layout import DataLayout
from modelyard.manifest.monitoring import Monitoring
from modelyard.manifest.names import MARK

HOUR_MS = 3_600_000
ISO = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]Z"
DAY_FOLDER = "[Y0001]/[M01]/[D01]"
HOUR_FOLDER = f"{DAY_FOLDER}/[H01]"
MONTH_FOLDER = "[Y0001]/[M01]"
CAPTURED, BEFORE = "captured", "earlier"
# Four weeks: daily checks need as many to know how much their windows vary.
LOOK_BACK_MS = 28 * 24 * HOUR_MS
# Beside that of the violations, as AWS has one for each kind of check.
FEATURES_NAMESPACE = "Modelyard/Features"
# The region that an execution runs in: of its ARN.
REGION = "$split($states.context.Execution.Id, ':')[3]"
ALLOWANCE_SECONDS = 1800
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRun:
    """One check of an endpoint's traffic as a definition for Step Functions.

    An execution is given `{"scheduled": "<time>"}` and checks the hours before it, or `{"start": …, "end": …}` for
    another window of whole hours. Another kind of check says what it is called, reads and tells the analyzer.
    """

    monitoring: Monitoring
    layout: DataLayout
    endpoint: str
    schedule: str
    variants: tuple[str, ...]
    job_context: JobContext
    analyzer: Analyzer
    baseline: str
    topic_arn: str
    partition: str
    answer: Answer | None = None

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        return machine(
            comment=self.purpose,
            start="Name the run",
            states={
                "Name the run": name_the_run(then="Choose the window"),
                "Choose the window": self._window(),
                "List the folders": {
                    "Type": "Pass",
                    "Output": {"folders": expression(f"[{self.folders}]")},
                    "Next": "Find captures",
                },
                "Find captures": self._find(),
                "Is there data?": choose(
                    when=self.condition,
                    then="Profile the parts" if self.is_shared_out else "Check",
                    otherwise="No data",
                ),
                "No data": end_with({**self._described(), "status": "NoData", "reason": expression(self.missing)}),
                **({"Profile the parts": self._profile_parts()} if self.is_shared_out else {}),
                "Check": self._check(),
                "Done": {"Type": "Succeed"},
                **give_up(
                    subject=f"{self.schedule}: the check failed", topic_arn=self.topic_arn, partition=self.partition
                ),
            },
            seconds=self.monitoring.max_runtime_minutes * 60 * len(self.job_prefixes) + ALLOWANCE_SECONDS,
        )

    @property
    def purpose(self) -> str:
        """What the check is for."""
        return f"Check the traffic of {self.endpoint} for drift"

    @property
    def job_prefix(self) -> str:
        """What the names of its jobs begin with; the word after the mark has five letters, to leave room for a run."""
        return f"{self.endpoint}{MARK}drift-"

    @property
    def job_prefixes(self) -> tuple[str, ...]:
        """What the names of all jobs that it starts begin with."""
        return (self._parts_prefix, self.job_prefix) if self.is_shared_out else (self.job_prefix,)

    @property
    def _parts_prefix(self) -> str:
        return f"{self.endpoint}{MARK}parts-"

    @property
    def is_shared_out(self) -> bool:
        """Whether several instances profile a part of the captures each, before one checks what they found."""
        return self.monitoring.instances > 1

    @property
    def reads(self) -> tuple[str, ...]:
        """The prefixes of the data bucket below which it looks for folders."""
        return (self.captures, *([self._windows] if self.monitoring.earlier_windows else []))

    @property
    def captures(self) -> str:
        """The prefix below which the endpoint's captures lie, by variant and hour."""
        return f"{self.layout.capture}/{self.endpoint}/"

    @property
    def lag_hours(self) -> int:
        """How many hours before it is due a scheduled check's window ends."""
        return 0

    @property
    def folders(self) -> str:
        """An expression for the folders of the window: of which kind each is, where it lies, and where it goes."""
        if not self.monitoring.earlier_windows:
            return self.captured_folders
        return f"$append([{self.captured_folders}], [{self._earlier_folders}])"

    @property
    def condition(self) -> str:
        """An expression for whether what was found can be checked."""
        return f"$count($found[kind = '{CAPTURED}']) > 0" if self.monitoring.earlier_windows else "$count($found) > 0"

    @property
    def missing(self) -> str:
        """An expression for why it cannot."""
        return "'nothing was captured'"

    @property
    def outputs(self) -> list[Request]:
        """What the job leaves in the data bucket."""
        if not self.monitoring.earlier_windows:
            return [report_to(self.report)]
        window = self.folder_of_the_check(self.layout.windows)
        return [report_to(self.report), to_s3(name="window", uri=window, path=WINDOW)]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the analyzer."""
        return {
            **self.common_environment,
            "dataset_format": json.dumps(CAPTURE_FORMAT),
            "baseline_statistics": f"{BASELINE}/statistics.json",
            **self._answer,
            **self._verdict,
            **({} if self.monitoring.sketches else {"sketches": "Disabled"}),
        }

    @property
    def _verdict(self) -> dict[str, str]:
        """What the manifest says of the verdict."""
        rate, alarm = self.monitoring.false_alarms_per_year, self.monitoring.alarm_on
        return {
            **({} if rate is None else {"false_alarms_per_year": f"{rate:g}"}),
            **({} if alarm is None else {"alarm_on": alarm}),
            **({"earlier_windows": EARLIER, "window_path": WINDOW} if self.monitoring.earlier_windows else {}),
        }

    @property
    def _answer(self) -> dict[str, str]:
        """Where the value is that is compared with the label, or for want of one a probability, which is not."""
        if self.answer is None or not self.answer.places:
            return {}
        if self.answer.inference is None:
            return {"probability_attribute": self.answer.places[0]}
        return {"inference_attribute": self.answer.inference, "inference_kind": self.answer.inference_kind}

    @property
    def common_environment(self) -> dict[str, str]:
        """The variables of any check of an endpoint."""
        return {
            "dataset_source": ENDPOINT_DATA,
            "output_path": OUTPUT,
            **self._publication,
            "baseline_constraints": f"{BASELINE}/constraints.json",
            "start_time": expression(f"$fromMillis($start, '{ISO}')"),
            "end_time": expression(f"$fromMillis($end, '{ISO}')"),
            "metric_time": expression(f"$fromMillis($end, '{ISO}')"),
            "monitoring_input_type": "ENDPOINT_INPUT",
            "sagemaker_endpoint_name": self.endpoint,
            "sagemaker_monitoring_schedule_name": self.schedule,
        }

    @property
    def metrics_namespace(self) -> str:
        """Where the analyzer puts its metrics, if it is to."""
        return FEATURES_NAMESPACE

    @property
    def _publication(self) -> dict[str, str]:
        """Told a namespace, for nobody is sure to publish the file that Model Monitor's jobs leave."""
        switch = publication_switch(monitoring=self.monitoring)
        if not self.monitoring.publish_metrics:
            return switch
        return {**switch, "metrics_namespace": self.metrics_namespace, "metrics_region": expression(REGION)}

    @property
    def report(self) -> str:
        """The folder of the hour in which the window ends, as AWS's own schedule names it."""
        return self.folder_of_the_check(self.layout.monitoring)

    @property
    def captured_folders(self) -> str:
        """Each variant's folders of the window, as data capture writes them: by hour, or whole days of them."""
        picture = DAY_FOLDER if self.monitoring.folder_hours == 24 else HOUR_FOLDER
        source, target = self.captures, f"{ENDPOINT_DATA}/{self.endpoint}/"
        return f"""[0..$floor(($end - $start) / {self._folder_ms}) - 1].(
            $hour := $fromMillis($start + $ * {self._folder_ms}, '{picture}');
            {json.dumps(list(self.variants))}.(
                $folder := $ & '/' & $hour;
                {{'kind': '{CAPTURED}', 'from': '{source}' & $folder & '/', 'to': '{target}' & $folder}}
            )
        )"""

    @property
    def _windows(self) -> str:
        """The prefix below which the schedule's windows lie, by hour."""
        return f"{self.layout.windows}/{self.endpoint}/{self.schedule}/"

    @property
    def _earlier_folders(self) -> str:
        """The months of the windows before: as few as a job takes inputs."""
        return f"""$distinct([$start - {LOOK_BACK_MS}, $start].$fromMillis($, '{MONTH_FOLDER}')).(
            {{'kind': '{BEFORE}', 'from': '{self._windows}' & $ & '/', 'to': '{EARLIER}/' & $}}
        )"""

    def folder_of_the_check(self, prefix: str) -> str:
        """Return the URI of the check's own folder below a prefix."""
        root = f"{self.job_context.uri(prefix)}/{self.endpoint}/{self.schedule}/"
        return expression(f"'{root}' & $fromMillis($end, '{HOUR_FOLDER}')")

    @property
    def _folder_ms(self) -> int:
        return self.monitoring.folder_hours * HOUR_MS

    def _window(self) -> State:
        """Whole folders: the last of them is over when the check is due."""
        due = f"$toMillis($states.input.scheduled) - {self.lag_hours * HOUR_MS}"
        last = f"$exists($states.input.end) ? $toMillis($states.input.end) : {due}"
        end = f"$floor(({last}) / {self._folder_ms}) * {self._folder_ms}"
        back = f"{end} - {self.monitoring.period_hours * HOUR_MS}"
        start = f"""$exists($states.input.start)
            ? $floor($toMillis($states.input.start) / {self._folder_ms}) * {self._folder_ms} : {back}"""
        return {
            "Type": "Pass",
            "Assign": {"start": expression(start), "end": expression(end)},
            "Next": "List the folders",
        }

    def _find(self) -> State:
        listing = task(
            resource="aws-sdk:s3:listObjectsV2",
            arguments={
                "Bucket": self.job_context.bucket,
                "Prefix": expression("$states.input.folder.from"),
                "MaxKeys": 1,
            },
            output={"folder": expression("$states.input.folder"), "found": expression("$states.result.KeyCount > 0")},
            then=None,
            partition=self.partition,
        )
        return {
            **each(
                items=expression("$states.input.folders"),
                item={"folder": expression("$states.context.Map.Item.Value")},
                at_once=AT_ONCE,
                start="List",
                states={"List": listing},
                then="Is there data?",
            ),
            "Assign": {"found": expression("[$states.result[found].folder]")},
            "Catch": [catch(then="Report the failure")],
        }

    def _profile_parts(self) -> State:
        """SageMaker fails the job, and the check with it, if one instance fails: none is left out of the result."""
        captured = self._inputs(folders=f"$found[kind = '{CAPTURED}']", distribution="ShardedByS3Key")
        request = processing_job(
            monitoring=self.monitoring,
            analyzer=self.analyzer,
            job_context=self.job_context,
            inputs=expression(f"$append({self._fixed_inputs}, {captured})"),
            outputs=[to_s3(name="part", uri=expression(f"'{self.job_context.uri('')}' & {self._parts}"), path=PART)],
            environment={**self.environment, "part_path": PART},
            instances=self.monitoring.instances,
        )
        return task(
            resource="sagemaker:createProcessingJob.sync",
            arguments={"ProcessingJobName": text(f"{self._parts_prefix}{RUN}"), **request},
            output=self._described(),
            then="Check",
            caught_by="Report the failure",
            partition=self.partition,
        )

    @property
    def _parts(self) -> str:
        """An expression for the execution's own folder of parts."""
        return f"'{self.layout.parts}/{self.endpoint}/{self.schedule}/' & $run"

    @property
    def _fixed_inputs(self) -> str:
        """The baseline and the analyzer, as an expression."""
        baseline = from_s3(name="baseline", uri=f"{self.job_context.uri(self.baseline)}/", path=BASELINE)
        return json.dumps([baseline, *self.analyzer.inputs])

    @property
    def _checked_folders(self) -> str:
        """An expression for the folders that the check reads: those that were found, or the parts for the captures."""
        if not self.is_shared_out:
            return "$found"
        parts = f"{{'kind': 'parts', 'from': {self._parts} & '/', 'to': '{ENDPOINT_DATA}'}}"
        return f"$append([{parts}], $found[kind = '{BEFORE}'])"

    def _check(self) -> State:
        parts = {"dataset_format": json.dumps({"profile": {}}), "parts": str(self.monitoring.instances)}
        checked = self._inputs(folders=self._checked_folders, distribution="FullyReplicated")
        request = processing_job(
            monitoring=self.monitoring,
            analyzer=self.analyzer,
            job_context=self.job_context,
            inputs=expression(f"$append({self._fixed_inputs}, {checked})"),
            outputs=self.outputs,
            environment={**self.environment, **(parts if self.is_shared_out else {})},
        )
        # The outcome is the first word of what the analyzer left as its message.
        status = "$exists($states.result.ExitMessage) ? $split($states.result.ExitMessage, ':')[0] : 'Completed'"
        return task(
            resource="sagemaker:createProcessingJob.sync",
            arguments={"ProcessingJobName": text(f"{self.job_prefix}{RUN}"), **request},
            output={**self._described(), "status": expression(status), "report": self.report},
            then="Done",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _inputs(self, *, folders: str, distribution: str) -> str:
        """Each folder where the analyzer looks for it: names count up, for a folder's has slashes."""
        return f"""$map({folders}, function($folder, $i) {{ {{
            'InputName': $folder.kind & '_' & $string($i),
            'S3Input': {{
                'S3Uri': '{self.job_context.uri("")}' & $folder.from,
                'LocalPath': $folder.to,
                'S3DataType': 'S3Prefix',
                'S3InputMode': 'File',
                'S3DataDistributionType': '{distribution}'
            }}
        }} }})"""

    def _described(self) -> dict[str, Any]:
        return {
            "run": expression("$run"),
            "start": expression(f"$fromMillis($start, '{ISO}')"),
            "end": expression(f"$fromMillis($end, '{ISO}')"),
        }
