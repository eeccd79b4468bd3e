"""The parts of SageMaker put together: what one tells another, and how all of them end."""

import contextlib
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol, TypeVar

from modelyard.rehearsal.sagemaker.hosting.async_runtime import AsyncRuntime
from modelyard.rehearsal.sagemaker.hosting.endpoints import Endpoints
from modelyard.rehearsal.sagemaker.hosting.runtime import Runtime
from modelyard.rehearsal.sagemaker.jobs.automl_api import AutoMLApi
from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.processing_api import ProcessingApi
from modelyard.rehearsal.sagemaker.jobs.training_api import TrainingApi
from modelyard.rehearsal.sagemaker.jobs.transform_api import TransformApi
from modelyard.rehearsal.sagemaker.jobs.tuning_api import TuningApi
from modelyard.rehearsal.sagemaker.monitoring.access import ModelMonitorAccess
from modelyard.rehearsal.sagemaker.monitoring.definitions import JobDefinitions
from modelyard.rehearsal.sagemaker.monitoring.schedules import MonitoringSchedules
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.endpoint_configs import EndpointConfigs
from modelyard.rehearsal.sagemaker.records.experiments import Experiments, Trials
from modelyard.rehearsal.sagemaker.records.job_components import JobRecords
from modelyard.rehearsal.sagemaker.records.metric_series import ComponentMetrics
from modelyard.rehearsal.sagemaker.records.models import Models
from modelyard.rehearsal.sagemaker.records.packages import ModelPackageGroups, ModelPackages
from modelyard.rehearsal.sagemaker.records.search import Searches
from modelyard.rehearsal.sagemaker.records.tags import Tags
from modelyard.rehearsal.sagemaker.records.trial_components import TrialComponents
from modelyard.rehearsal.sagemaker.service import Service
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.sagemaker.tracking.apps import MlflowApps

RECORDS = (
    Models,
    EndpointConfigs,
    Experiments,
    Trials,
    TrialComponents,
    ModelPackageGroups,
    ModelPackages,
    JobDefinitions,
    Searches,
)


class Closing(Protocol):
    """A part that holds threads or processes."""

    def close(self) -> None:
        """End them."""


_Part = TypeVar("_Part", bound=Closing)


class SageMaker:
    """The whole service. `close` ends every job, endpoint and schedule."""

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform
        self._records = JobRecords(platform=platform)
        self.tags = Tags(platform=platform)
        self.model_monitor = ModelMonitorAccess()
        self._closing = contextlib.ExitStack()
        # What is named last ends first: a schedule that ends waits for the jobs that it has started, and a search is
        # over before its training jobs are.
        processing = ProcessingApi(platform=platform, on_trial_component=self._record)
        # First, and so ended last: what ends may still log.
        self.mlflow_apps = self._closed_at_end(MlflowApps(platform=platform))
        schedules = MonitoringSchedules(platform=platform, processing=processing, flush=self.flush)
        self._schedules = self._closed_at_end(schedules)
        self._processing = self._closed_at_end(processing)
        self._training = self._closed_at_end(TrainingApi(platform=platform, on_trial_component=self._record))
        self._tuning = self._closed_at_end(TuningApi(platform=platform, training=self._training))
        self._automl = self._closed_at_end(AutoMLApi(platform=platform, training=self._training))
        self._transform = self._closed_at_end(TransformApi(platform=platform, on_trial_component=self._record))
        self.endpoints = self._closed_at_end(Endpoints(platform=platform))
        self.runtime = self._closed_at_end(Runtime(platform=platform, endpoints=self.endpoints))
        asynchronous = AsyncRuntime(platform=platform, endpoints=self.endpoints, runtime=self.runtime)
        self.async_runtime = self._closed_at_end(asynchronous)

    @cached_property
    def service(self) -> Service:
        """The API."""
        return Service(
            service="sagemaker",
            parts=self._parts(),
            tagging=self.tags,
            before=self._check_request,
            account=self._platform.account,
            region=self._platform.region,
        )

    @cached_property
    def metrics(self) -> Service:
        """The API of the metrics service, which is SageMaker's under another address."""
        return Service(
            service="sagemaker-metrics",
            parts=[ComponentMetrics(platform=self._platform)],
            account=self._platform.account,
            region=self._platform.region,
        )

    def flush(self) -> None:
        """Write captured records and metrics now that would be written within a minute."""
        self.endpoints.flush()

    def close_and_save(self) -> Document:
        """End everything that runs, and return what an account has in it."""
        # Whose instances are gone once all has ended.
        endpoints = self.endpoints.saved()
        self.close()
        return {
            "documents": self._platform.store.saved(),
            "endpoints": endpoints,
            "searches": self._tuning.saved(),
            # Of servers that have ended.
            "mlflow": self.mlflow_apps.saved(),
            "model_monitor_closed": self.model_monitor.is_closed,
        }

    def restore(self, saved: Document) -> None:
        """Go on with what was saved: jobs that had not ended have failed, endpoints are brought up, schedules run."""
        self._platform.store.restore(saved["documents"])
        self._tuning.restore(saved["searches"])
        if saved["model_monitor_closed"]:
            self.model_monitor.close()
        for jobs in self._jobs:
            jobs.end_saved()
        self.mlflow_apps.restore(saved.get("mlflow", {}))
        self.endpoints.resume(saved["endpoints"])
        self._schedules.resume()

    def close(self) -> None:
        """End everything that runs."""
        self._closing.close()

    def _parts(self) -> Sequence[object]:
        records = [kind(platform=self._platform) for kind in RECORDS]
        return [*records, self.tags, *self._jobs, self.endpoints, self._schedules, self.mlflow_apps]

    @property
    def _jobs(self) -> Sequence[JobApi]:
        return (self._training, self._tuning, self._automl, self._processing, self._transform)

    def _closed_at_end(self, part: _Part) -> _Part:
        self._closing.callback(part.close)
        return part

    def _record(self, job: Document, kind: str) -> None:
        self._records.record_job(job=job, kind=kind)

    def _check_request(self, operation: str, request: Document) -> None:
        if operation == "CreateMonitoringSchedule" or re.fullmatch(r"Create\w+JobDefinition", operation):
            self.model_monitor.require()
        if operation.startswith("Create") and "ExperimentConfig" in request:
            self._records.check_experiment_config(request["ExperimentConfig"])
