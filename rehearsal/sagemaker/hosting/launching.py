"""How an instance of a variant comes up: its model is fetched once, then each instance loads its own copy."""

import shutil
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.sagemaker.containers import PRIMARY, no_credentials
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.instances import Container, Instance
from modelyard.rehearsal.sagemaker.hosting.plans import ContainerPlan, VariantPlan
from modelyard.rehearsal.sagemaker.machines import EXEC_FORMAT_ERROR, runs
from modelyard.rehearsal.sagemaker.permissions import require_volume_key
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.shared.disk_limits import refused_by_disk
from modelyard.shared.object_path import object_paths
from modelyard.shared.s3_uri import S3Uri


class LaunchError(Exception):
    """An instance did not come up; the message is AWS's FailureReason."""


class DownloadError(Exception):
    """An object could not be had from S3, in the words of S3, or could not be kept here."""


class Launcher:
    """Starts the instances of one variant in a folder of its own; `log` gets the name of a stream and each line.

    A stream is an instance's, or that of a container of a pipeline on it.
    """

    def __init__(
        self,
        *,
        platform: Platform,
        plan: VariantPlan,
        folder: Path,
        executor: Executor,
        log: Callable[[str, str], None],
    ) -> None:
        self.plan = plan
        self._platform = platform
        self._folder = folder
        self._executor = executor
        self._log = log
        self._fetching = threading.Lock()
        self._models: dict[str, ServedModel] = {}
        self._closed = False

    def submit(self) -> Future[Instance]:
        """Start one instance beside others; the future raises LaunchError."""
        return self._executor.submit(self.launch)

    def launch(self) -> Instance:
        """Start one instance and wait until it passes its health check.

        Raises:
            LaunchError: the model cannot be had, cannot be kept on this machine, or is not healthy, as no image is on
                an instance whose processor it is not built for.

        """
        started = time.perf_counter()
        name = f"i-{uuid.uuid4().hex[:17]}"
        containers: list[Container] = []
        try:
            # One by one: those that have started are to be ended if the next does not.
            for plan in self.plan.model.containers:
                container = self._start(plan, instance=name)
                containers.append(container)
        except LaunchError:
            for container in containers:
                container.stop(grace=1)
            shutil.rmtree(self._folder / name, ignore_errors=True)
            raise
        return Instance(name=name, containers=containers, setup_seconds=time.perf_counter() - started)

    def _start(self, container: ContainerPlan, *, instance: str) -> Container:
        """Start one container of an instance, in a folder of its own."""
        folder = self._folder / instance / container.name
        stream = instance if container.name == PRIMARY else f"{instance}/{container.name}"
        if not runs(image=container.image, instance_type=self.plan.instance_type):
            self._log(stream, EXEC_FORMAT_ERROR)
            raise self._unhealthy(container)
        try:
            with self._fetching:
                if container.name not in self._models:
                    self._models[container.name] = self._fetch(container, stream=stream)
            model = self._models[container.name]
            server = ModelServer(model=model, folder=folder, on_line=lambda line: self._log(stream, line))
        except (ServerError, ValueError) as error:
            self._log(stream, str(error))
            raise self._unhealthy(container) from error
        except OSError as error:
            reason = refused_by_disk(error)
            raise LaunchError(
                f"The files of production variant {self.plan.name} could not be written: "
                f"{error if reason is None else reason}."
            ) from error
        if self._closed or not server.ping():
            server.stop(grace=1)
            raise self._unhealthy(container)
        return Container(name=container.name, server=server)

    def discard(self, instance: Instance, *, grace: float) -> None:
        """End an instance and remove its tree."""
        instance.stop(grace=grace)
        shutil.rmtree(self._folder / instance.name, ignore_errors=True)

    def close(self) -> None:
        """Start no more, and remove what was fetched."""
        self._closed = True
        shutil.rmtree(self._folder, ignore_errors=True)

    def _unhealthy(self, container: ContainerPlan) -> LaunchError:
        return LaunchError(
            f"The {container.name} container for production variant {self.plan.name} did not pass the ping health "
            "check. Please check CloudWatch logs for this endpoint."
        )

    def _fetch(self, container: ContainerPlan, *, stream: str) -> ServedModel:
        """Fetch a container's artifact and script as the model's role."""
        model = self.plan.model
        try:
            environment = {
                **self._platform.role_environment(role_arn=model.role_arn, network=model.network),
                **container.environment,
            }
            client = self._platform.role_client(role_arn=model.role_arn, service="s3")
            if self.plan.volume_key is not None:
                require_volume_key(platform=self._platform, role_arn=model.role_arn, key=self.plan.volume_key)
        except ServiceError as error:
            raise LaunchError(error.message) from error

        archive = self._folder / "artifacts" / container.name
        archive.mkdir(parents=True, exist_ok=True)
        if container.archive is not None:
            try:
                archive = download(client=client, uri=container.archive, folder=archive)
            except DownloadError as error:
                called = "container_1" if container.name == PRIMARY else container.name
                raise LaunchError(
                    f'Failed to download model data for container "{called}" from URL: "{container.archive}". '
                    "Please ensure that there is an object located at the URL and that the role passed to CreateModel "
                    f"has permissions to download the object. ({error})"
                ) from error

        source = None
        code = container.code
        if code.source is not None:
            if model.network is Network.NONE:
                self._log(stream, f"The code of the model could not be had: {no_credentials(code.source)}")
                raise self._unhealthy(container)
            try:
                source = download(client=client, uri=code.source, folder=self._folder / "sources" / container.name)
            except DownloadError as error:
                # On AWS the container fetches its script: what fails is in its log, and it is not healthy.
                self._log(stream, f"The code of the model could not be had: {error}")
                raise self._unhealthy(container) from error

        return ServedModel(
            archive=archive,
            source=source,
            packed_code=code.packed,
            program=code.program,
            command=code.command,
            without_program=code.without_program,
            family=container.family,
            network=model.network,
            region=self._platform.region,
            environment=environment,
            start_seconds=self.plan.start_seconds,
            volume_bytes=self.plan.volume_bytes,
        )


def download(*, client: Any, uri: S3Uri, folder: Path) -> Path:
    """Fetch an object, or everything under a prefix that ends with /, and return the file or the folder.

    Raises:
        DownloadError: it is not there, the client's role may not read it, or it cannot be kept on this machine.

    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if uri.key and not uri.key.endswith("/"):
            target = folder / "archive.tar.gz"
            client.download_file(uri.bucket, uri.key, str(target))
            return target
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        if not keys:
            raise DownloadError(f"{uri}: there is no object under this prefix")
        for key, path in object_paths(folder=folder, keys=keys, prefix=uri.key).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(uri.bucket, key, str(path))
    except (ClientError, BotoCoreError) as error:
        raise DownloadError(f"{uri}: {error}") from error
    except ValueError as error:
        raise DownloadError(str(error)) from error
    except OSError as error:
        reason = refused_by_disk(error)
        raise DownloadError(f"{uri}: {error if reason is None else reason}") from error
    return folder
