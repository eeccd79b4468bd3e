"""The drift engine's second workflow: find predictions and their ground truth, and have them compared."""

import json
from dataclasses import dataclass

from modelyard.constructs.workflows.analysis import report_to, to_s3
from modelyard.constructs.workflows.check_run import CAPTURED, DAY_FOLDER, HOUR_FOLDER, HOUR_MS, CheckRun
from modelyard.constructs.workflows.quality_environment import GROUND_TRUTH, MERGED, MERGED_FORMAT, captures_environment
from modelyard.constructs.workflows.requests import Request
from modelyard.manifest.monitoring import MOST_FOLDERS, truth_folders
from modelyard.manifest.names import MARK
from modelyard.manifest.quality import Quality

GROUND_TRUTH_KIND = "truth"
QUALITY_NAMESPACE = "Modelyard/Quality"
PICTURES = {"hour": HOUR_FOLDER, "day": DAY_FOLDER, "month": "[Y0001]/[M01]"}


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityRun(CheckRun):
    """One measurement of an endpoint's predictions: a job that merges them with the ground truth, and measures.

    Ground truth of the window may arrive in any hour from its beginning, and within the delay after its end.
    """

    quality: Quality

    @property
    def purpose(self) -> str:
        """See `CheckRun`."""
        return f"Measure the answers of {self.endpoint} by what proved true"

    @property
    def job_prefix(self) -> str:
        """See `CheckRun`."""
        return f"{self.endpoint}{MARK}truth-"

    @property
    def is_shared_out(self) -> bool:
        """See `CheckRun`: a label may be told in any file, so that one instance has to have all of them."""
        return False

    @property
    def reads(self) -> tuple[str, ...]:
        """See `CheckRun`."""
        return (self.captures, self.ground_truth)

    @property
    def ground_truth(self) -> str:
        """The prefix of the ground truth, by hour."""
        return f"{self.layout.ground_truth}/{self.endpoint}/"

    @property
    def lag_hours(self) -> int:
        """See `CheckRun`."""
        return self.quality.label_delay_hours

    @property
    def folders(self) -> str:
        """See `CheckRun`."""
        return f"$append([{self.captured_folders}], [{self._ground_truth_folders}])"

    @property
    def condition(self) -> str:
        """See `CheckRun`."""
        return f"$count($found[kind = '{CAPTURED}']) > 0 and $count($found[kind = '{GROUND_TRUTH_KIND}']) > 0"

    @property
    def missing(self) -> str:
        """See `CheckRun`."""
        return f"""$count($found[kind = '{CAPTURED}']) > 0
            ? 'nobody has told yet what proved true' : 'nothing was captured'"""

    @property
    def metrics_namespace(self) -> str:
        """See `CheckRun`."""
        return QUALITY_NAMESPACE

    @property
    def outputs(self) -> list[Request]:
        """See `CheckRun`."""
        merged = self.folder_of_the_check(self.layout.merged)
        return [report_to(self.report), to_s3(name="merged", uri=merged, path=MERGED)]

    @property
    def environment(self) -> dict[str, str]:
        """See `CheckRun`."""
        return {
            **self.common_environment,
            **captures_environment(quality=self.quality),
            "dataset_format": json.dumps(MERGED_FORMAT),
            "ground_truth_source": GROUND_TRUTH,
            "merged_path": MERGED,
        }

    @property
    def _ground_truth_folders(self) -> str:
        """Named by hour, day or month: as few as a job takes inputs."""
        hours = f"$floor(($end - $start) / {HOUR_MS}) + {self.lag_hours}"
        return f"""$distinct([0..{hours}].$fromMillis($start + $ * {HOUR_MS}, '{self._picture}')).(
            {{'kind': '{GROUND_TRUTH_KIND}', 'from': '{self.ground_truth}' & $ & '/', 'to': '{GROUND_TRUTH}/' & $}}
        )"""

    @property
    def _picture(self) -> str:
        captured = len(self.variants) * self.monitoring.period_hours // self.monitoring.folder_hours
        size = truth_folders(monitoring=self.monitoring, room=MOST_FOLDERS - captured)
        if size is None:
            raise AssertionError("the manifest has refused what does not fit")
        return PICTURES[size]
