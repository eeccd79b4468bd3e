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
from modelyard.rehearsal.sagemaker.containers import no_credentials
from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.hosting.instances import Instance
from modelyard.rehearsal.sagemaker.hosting.plans import VariantPlan
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
    """Starts the instances of one variant in a folder of its own; `log` gets an instance's name and each line."""

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
        self._model: ServedModel | None = None
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
        folder = self._folder / name
        if not runs(image=self.plan.model.image, instance_type=self.plan.instance_type):
            self._log(name, EXEC_FORMAT_ERROR)
            raise self._unhealthy()
        try:
            with self._fetching:
                if self._model is None:
                    self._model = self._fetch(name)
            server = ModelServer(model=self._model, folder=folder, on_line=lambda line: self._log(name, line))
        except (ServerError, ValueError) as error:
            self._log(name, str(error))
            shutil.rmtree(folder, ignore_errors=True)
            raise self._unhealthy() from error
        except OSError as error:
            reason = refused_by_disk(error)
            raise LaunchError(
                f"The files of production variant {self.plan.name} could not be written: "
                f"{error if reason is None else reason}."
            ) from error
        if self._closed or not server.ping():
            server.stop(grace=1)
            raise self._unhealthy()
        return Instance(name=name, server=server, setup_seconds=time.perf_counter() - started)

    def discard(self, instance: Instance, *, grace: float) -> None:
        """End an instance and remove its tree."""
        instance.stop(grace=grace)
        shutil.rmtree(self._folder / instance.name, ignore_errors=True)

    def close(self) -> None:
        """Start no more, and remove what was fetched."""
        self._closed = True
        shutil.rmtree(self._folder, ignore_errors=True)

    def _unhealthy(self) -> LaunchError:
        return LaunchError(
            f"The primary container for production variant {self.plan.name} did not pass the ping health check. "
            "Please check CloudWatch logs for this endpoint."
        )

    def _fetch(self, name: str) -> ServedModel:
        """Fetch the artifact and the script as the model's role."""
        model = self.plan.model
        try:
            environment = {
                **self._platform.role_environment(role_arn=model.role_arn, network=model.network),
                **model.environment,
            }
            client = self._platform.role_client(role_arn=model.role_arn, service="s3")
            if self.plan.volume_key is not None:
                require_volume_key(platform=self._platform, role_arn=model.role_arn, key=self.plan.volume_key)
        except ServiceError as error:
            raise LaunchError(error.message) from error

        archive = self._folder / "artifact"
        archive.mkdir(parents=True, exist_ok=True)
        if model.archive is not None:
            try:
                archive = download(client=client, uri=model.archive, folder=archive)
            except DownloadError as error:
                raise LaunchError(
                    f'Failed to download model data for container "container_1" from URL: "{model.archive}". Please '
                    "ensure that there is an object located at the URL and that the role passed to CreateModel has "
                    f"permissions to download the object. ({error})"
                ) from error

        source = None
        if model.code.source is not None:
            if model.network is Network.NONE:
                self._log(name, f"The code of the model could not be had: {no_credentials(model.code.source)}")
                raise self._unhealthy()
            try:
                source = download(client=client, uri=model.code.source, folder=self._folder / "source")
            except DownloadError as error:
                # On AWS the container fetches its script: what fails is in its log, and it is not healthy.
                self._log(name, f"The code of the model could not be had: {error}")
                raise self._unhealthy() from error

        return ServedModel(
            archive=archive,
            source=source,
            packed_code=model.code.packed,
            program=model.code.program,
            command=model.code.command,
            without_program=model.code.without_program,
            family=model.family,
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
