"""How an instance of a variant comes up: its model is fetched once, then each instance loads its own copy."""

import shutil
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path

from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.artifacts import ArtifactError, download
from modelyard.rehearsal.sagemaker.hosting.instances import Instance
from modelyard.rehearsal.sagemaker.hosting.plans import VariantPlan
from modelyard.rehearsal.sagemaker.permissions import require_volume_key
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.shared.disk_limits import refused_by_disk

LogLine = Callable[[str, str], None]


class LaunchError(Exception):
    """An instance did not come up; the message is AWS's FailureReason."""


class Launcher:
    """Starts the instances of one variant in a folder of its own; `log` gets an instance's name and each line."""

    def __init__(
        self, *, platform: Platform, plan: VariantPlan, folder: Path, executor: Executor, log: LogLine
    ) -> None:
        self.plan = plan
        self._platform = platform
        self._folder = folder
        self._executor = executor
        self._log = log
        self._fetching = threading.Lock()
        self._served: ServedModel | None = None
        self._closed = False

    def submit(self) -> Future[Instance]:
        """Start one instance beside others; the future raises LaunchError."""
        return self._executor.submit(self.launch)

    def launch(self) -> Instance:
        """Start one instance and wait until it passes its health check.

        Raises:
            LaunchError: the model cannot be had, cannot be kept on this machine, or is not healthy.

        """
        name = f"i-{uuid.uuid4().hex[:17]}"
        try:
            return self._bring_up(name)
        except OSError as error:
            reason = refused_by_disk(error)
            raise LaunchError(
                f"The files of production variant {self.plan.name} could not be written: "
                f"{error if reason is None else reason}."
            ) from error

    def discard(self, instance: Instance, *, grace: float) -> None:
        """End an instance and remove its tree."""
        instance.stop(grace=grace)
        shutil.rmtree(self._folder / instance.name, ignore_errors=True)

    def close(self) -> None:
        """Start no more, and remove what was fetched."""
        self._closed = True
        shutil.rmtree(self._folder, ignore_errors=True)

    def _bring_up(self, name: str) -> Instance:
        folder = self._folder / name
        try:
            served = self._fetch(name)
            server = ModelServer(model=served, folder=folder, on_line=lambda line: self._log(name, line))
        except (ServerError, ValueError) as error:
            self._log(name, str(error))
            shutil.rmtree(folder, ignore_errors=True)
            raise self._unhealthy() from error
        if self._closed or not server.ping():
            server.stop(grace=1)
            raise self._unhealthy()
        return Instance(name=name, server=server)

    def _unhealthy(self) -> LaunchError:
        return LaunchError(
            f"The primary container for production variant {self.plan.name} did not pass the ping health check. "
            "Please check CloudWatch logs for this endpoint."
        )

    def _fetch(self, name: str) -> ServedModel:
        with self._fetching:
            if self._served is None:
                self._served = self._prepare(name)
            return self._served

    def _prepare(self, name: str) -> ServedModel:
        model = self.plan.model
        try:
            environment = self._environment()
            client = self._platform.role_client(role_arn=model.role_arn, service="s3")
            if self.plan.volume_key is not None:
                require_volume_key(platform=self._platform, role_arn=model.role_arn, key=self.plan.volume_key)
        except ServiceError as error:
            raise LaunchError(error.message) from error
        return ServedModel(
            archive=self._fetch_archive(client),
            source=self._fetch_source(client, name=name),
            program=model.program,
            region=self._platform.region,
            environment=environment,
            start_seconds=self.plan.start_seconds,
            volume_bytes=self.plan.volume_bytes,
        )

    def _environment(self) -> Mapping[str, str]:
        model = self.plan.model
        return dict(self._platform.role_environment(role_arn=model.role_arn)) | dict(model.environment)

    def _fetch_archive(self, client: object) -> Path:
        uri, folder = self.plan.model.archive, self._folder / "artifact"
        folder.mkdir(parents=True, exist_ok=True)
        if uri is None:
            return folder
        try:
            return download(client=client, uri=uri, folder=folder)
        except ArtifactError as error:
            raise LaunchError(
                f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that '
                "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                f"download the object. ({error})"
            ) from error

    def _fetch_source(self, client: object, *, name: str) -> Path | None:
        """Fetch the script, which on AWS the container does: what fails here is in its log, and it is not healthy."""
        uri = self.plan.model.source
        if uri is None:
            return None
        try:
            return download(client=client, uri=uri, folder=self._folder / "source")
        except ArtifactError as error:
            self._log(name, f"The code of the model could not be had: {error}")
            raise self._unhealthy() from error
