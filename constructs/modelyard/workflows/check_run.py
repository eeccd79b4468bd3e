"""The drift engine's workflow: find what was captured in the window, and have it checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from manifest.data_layout import DataLayout
from manifest.monitoring import Monitoring
from manifest.names import MARK
from modelyard.workflows.analysis import (
    BASELINE,
    CAPTURE_FORMAT,
    ENDPOINT_DATA,
    OUTPUT,
    Analyzer,
    from_s3,
    processing_job,
)
from modelyard.workflows.requests import Place
from modelyard.workflows.states import (
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

HOUR_MS = 3_600_000
ISO = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01]Z"
DAY_FOLDER = "[Y0001]/[M01]/[D01]"
HOUR_FOLDER = f"{DAY_FOLDER}/[H01]"
ALLOWANCE_SECONDS = 1800
AT_ONCE = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRun:
    """One check of an endpoint's traffic as a definition for Step Functions.

    An execution is given `{"scheduled": "<time>"}` and checks the hours before it, or `{"start": …, "end": …}` for
    another window of whole hours.
    """

    monitoring: Monitoring
    layout: DataLayout
    endpoint: str
    schedule: str
    variants: tuple[str, ...]
    place: Place
    analyzer: Analyzer
    baseline: str
    topic_arn: str
    partition: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole state machine."""
        return machine(
            comment=f"Check the traffic of {self.endpoint} for drift",
            start="Name the run",
            states={
                "Name the run": name_the_run(then="Choose the window"),
                "Choose the window": self._window(),
                "List the folders": self._folders(),
                "Find captures": self._find(),
                "Is there data?": choose(when="$count($found) > 0", then="Check", otherwise="No data"),
                "No data": end_with({**self._described(), "status": "NoData"}),
                "Check": self._check(),
                "Done": {"Type": "Succeed"},
                **give_up(
                    subject=f"{self.schedule}: the check failed", topic_arn=self.topic_arn, partition=self.partition
                ),
            },
            seconds=self.monitoring.max_runtime_minutes * 60 + ALLOWANCE_SECONDS,
        )

    @property
    def _folder_ms(self) -> int:
        return self.monitoring.folder_hours * HOUR_MS

    def _window(self) -> State:
        """Whole folders: the last of them is over when the check is due."""
        due = "$exists($states.input.end) ? $states.input.end : $states.input.scheduled"
        end = f"$floor($toMillis({due}) / {self._folder_ms}) * {self._folder_ms}"
        back = f"{end} - {self.monitoring.period_hours * HOUR_MS}"
        start = f"""$exists($states.input.start)
            ? $floor($toMillis($states.input.start) / {self._folder_ms}) * {self._folder_ms} : {back}"""
        return {
            "Type": "Pass",
            "Assign": {"start": expression(start), "end": expression(end)},
            "Next": "List the folders",
        }

    def _folders(self) -> State:
        """Each variant's folders of the window, as data capture writes them: by hour, or whole days of them."""
        picture = DAY_FOLDER if self.monitoring.folder_hours == 24 else HOUR_FOLDER
        folders = f"""(
            $steps := [0..$floor(($end - $start) / {self._folder_ms}) - 1];
            [$steps.(
                $folder := $fromMillis($start + $ * {self._folder_ms}, '{picture}');
                {json.dumps(list(self.variants))}.($ & '/' & $folder)
            )]
        )"""
        return {"Type": "Pass", "Output": {"folders": expression(folders)}, "Next": "Find captures"}

    def _find(self) -> State:
        prefix = f"{self.layout.capture}/{self.endpoint}/"
        listing = task(
            resource="aws-sdk:s3:listObjectsV2",
            arguments={
                "Bucket": self.place.bucket,
                "Prefix": expression(f"'{prefix}' & $states.input.folder & '/'"),
                "MaxKeys": 1,
            },
            output={"folder": "{% $states.input.folder %}", "found": "{% $states.result.KeyCount > 0 %}"},
            then=None,
            partition=self.partition,
        )
        return {
            **each(
                items="{% $states.input.folders %}",
                item={"folder": "{% $states.context.Map.Item.Value %}"},
                at_once=AT_ONCE,
                start="List",
                states={"List": listing},
                then="Is there data?",
            ),
            "Assign": {"found": expression("[$states.result[found].folder]")},
            "Catch": [catch(then="Report the failure")],
        }

    def _check(self) -> State:
        request = processing_job(
            monitoring=self.monitoring,
            analyzer=self.analyzer,
            place=self.place,
            inputs=expression(f"$append({json.dumps(self._fixed_inputs())}, {self._captured_inputs()})"),
            output=self._report(),
            environment=self._environment(),
        )
        return task(
            resource="sagemaker:createProcessingJob.sync",
            arguments={"ProcessingJobName": text(f"{self.endpoint}{MARK}drift-{RUN}"), **request},
            output={**self._described(), "status": expression(self._status()), "report": self._report()},
            then="Done",
            caught_by="Report the failure",
            partition=self.partition,
        )

    def _fixed_inputs(self) -> list[dict[str, Any]]:
        return [from_s3(name="baseline", uri=f"{self.place.uri(self.baseline)}/", path=BASELINE), *self.analyzer.inputs]

    def _captured_inputs(self) -> str:
        """Each folder where the analyzer looks for it: names count up, for a folder's has slashes."""
        source = f"{self.place.uri(self.layout.capture)}/{self.endpoint}/"
        return f"""$map($found, function($folder, $i) {{ {{
            'InputName': 'captured_' & $string($i),
            'S3Input': {{
                'S3Uri': '{source}' & $folder & '/',
                'LocalPath': '{ENDPOINT_DATA}/{self.endpoint}/' & $folder,
                'S3DataType': 'S3Prefix',
                'S3InputMode': 'File',
                'S3DataDistributionType': 'FullyReplicated'
            }}
        }} }})"""

    def _environment(self) -> dict[str, str]:
        return {
            "dataset_format": json.dumps(CAPTURE_FORMAT),
            "dataset_source": ENDPOINT_DATA,
            "output_path": OUTPUT,
            "publish_cloudwatch_metrics": "Enabled",
            "baseline_constraints": f"{BASELINE}/constraints.json",
            "baseline_statistics": f"{BASELINE}/statistics.json",
            "start_time": expression(f"$fromMillis($start, '{ISO}')"),
            "end_time": expression(f"$fromMillis($end, '{ISO}')"),
            "metric_time": expression(f"$fromMillis($end, '{ISO}')"),
            "monitoring_input_type": "ENDPOINT_INPUT",
            "sagemaker_endpoint_name": self.endpoint,
            "sagemaker_monitoring_schedule_name": self.schedule,
        }

    def _report(self) -> str:
        """The folder of the hour in which the window ends, as AWS's own schedule names it."""
        prefix = f"{self.place.uri(self.layout.monitoring)}/{self.endpoint}/{self.schedule}/"
        return expression(f"'{prefix}' & $fromMillis($end, '{HOUR_FOLDER}')")

    def _status(self) -> str:
        """The outcome is the first word of what the analyzer left as its message."""
        return "$exists($states.result.ExitMessage) ? $split($states.result.ExitMessage, ':')[0] : 'Completed'"

    def _described(self) -> dict[str, Any]:
        return {
            "run": "{% $run %}",
            "start": expression(f"$fromMillis($start, '{ISO}')"),
            "end": expression(f"$fromMillis($end, '{ISO}')"),
        }
