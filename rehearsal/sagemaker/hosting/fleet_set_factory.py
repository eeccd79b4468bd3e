"""How the instances of an endpoint's configuration are put together: folders, logs, and who starts when."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from modelyard.rehearsal.sagemaker.hosting.container_logs import ContainerLogs, LogStream
from modelyard.rehearsal.sagemaker.hosting.fleet_sets import FleetSet
from modelyard.rehearsal.sagemaker.hosting.fleets import Fleet
from modelyard.rehearsal.sagemaker.hosting.launching import Launcher, LogLine
from modelyard.rehearsal.sagemaker.hosting.plans import EndpointPlan, VariantPlan
from modelyard.rehearsal.sagemaker.platform import Platform


class FleetSetFactory:
    """Makes fleet_sets that share the processors: models that all load at once would miss their health checks."""

    def __init__(self, *, platform: Platform, logs: ContainerLogs) -> None:
        self._platform = platform
        self._logs = logs
        self._executor = ThreadPoolExecutor(max_workers=os.cpu_count(), thread_name_prefix="launch")

    def make(self, *, endpoint: str, plan: EndpointPlan) -> FleetSet:
        """Return a fleet_set of a plan, of which nothing runs yet."""
        folder = self._platform.folder / "endpoints" / f"{endpoint}-{uuid.uuid4().hex[:8]}"
        return FleetSet(plan=plan, make_fleet=lambda variant: self._fleet(endpoint, variant, folder=folder))

    def close(self) -> None:
        """Start nothing more, and wait for what is starting."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _fleet(self, endpoint: str, variant: VariantPlan, *, folder: Path) -> Fleet:
        launcher = Launcher(
            platform=self._platform,
            plan=variant,
            folder=folder / variant.name,
            executor=self._executor,
            log=self._log(endpoint, variant),
        )
        return Fleet(launcher=launcher, wanted=variant.count)

    def _log(self, endpoint: str, variant: VariantPlan) -> LogLine:
        def log(instance: str, line: str) -> None:
            role = variant.model.role_arn
            stream = LogStream(endpoint=endpoint, stream=f"{variant.name}/{instance}", role_arn=role)
            self._logs.take(stream=stream, line=line)

        return log
