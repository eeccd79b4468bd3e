"""A transform job: the model that is served on its instances, and every record of every object that is sent to it."""

import gzip
import io
import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.containers import PRIMARY
from modelyard.rehearsal.sagemaker.jobs.failures import JobFailed, cannot_start, key_refused
from modelyard.rehearsal.sagemaker.jobs.invocations import InvocationFailed, Invoker
from modelyard.rehearsal.sagemaker.jobs.job_task import JobLimits, JobSettings, JobTask, Signals
from modelyard.rehearsal.sagemaker.jobs.progress import TRANSFORM
from modelyard.rehearsal.sagemaker.jobs.transform_requests import (
    DEFAULT_MEGABYTES,
    MOST_MEGABYTES,
    BatchSettings,
    ContainerPlan,
    ModelPlan,
    batch_environment,
    data_processing,
    split_of,
)
from modelyard.rehearsal.sagemaker.machines import EXEC_FORMAT_ERROR, runs
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.sagemaker.transforming.records import (
    Assembly,
    Record,
    assemble,
    batches,
    capture_key,
    manifest,
    payload,
    split,
)
from modelyard.shared.object_path import object_path
from modelyard.shared.s3_uri import S3Uri

SEE_LOGS = "See job logs for more information"
# AWS unpacks onto a disk; here an object lies in the memory of the local AWS.
MOST_UNPACKED = GIGABYTE


class _Stopped(Exception):
    """The job was stopped: whatever is half done is given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An object of the input, its path below the input's prefix, and the file for what the model answers to it."""

    uri: S3Uri
    name: str
    output: Path


class TransformTask(JobTask[list[Item]]):
    """The life of one transform job, which acts as its model's role.

    Stopping it kills its servers, and nothing that it has made is kept.
    """

    def __init__(self, *, platform: Platform, document: Document, model: ModelPlan, settings: JobSettings) -> None:
        super().__init__(
            platform=platform,
            document=document,
            kind=TRANSFORM,
            role_arn=model.role_arn,
            settings=settings,
            limits=JobLimits(),
        )
        self._model = model
        self._source = S3Uri.parse(self._request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        self._lock = threading.Lock()
        self._failures: list[str] = []
        instance = f"i-{uuid4().hex[:17]}"
        self._container_logs = {
            container.name: self._open_log(instance if container.name == PRIMARY else f"{instance}/{container.name}")
            for container in model.containers
        }
        self._data_log = self._open_log(f"{instance}/data-log")

    def _fetch(self) -> None:
        self._served = {container.name: self._fetched(container) for container in self._model.containers}
        (self._folder / "output").mkdir()
        self._items = [self._item(uri, number) for number, uri in enumerate(self._transfers.objects(self._source))]

    def _fetched(self, container: ContainerPlan) -> ServedModel:
        """Return what one container is started with; the job's variables are those of each."""
        folder = self._folder / "containers" / container.name
        folder.mkdir(parents=True)
        archive, script = container.fetch(transfers=self._transfers, folder=folder)
        megabytes = self._request.get("MaxPayloadInMB", DEFAULT_MEGABYTES)
        role = self._platform.role_environment(role_arn=self._role_arn, network=self._model.network)
        try:
            return container.served(
                archive=archive,
                source=script,
                region=self._platform.region,
                environment={**self._request.get("Environment", {}), **batch_environment(self._request), **role},
                payload_megabytes=megabytes if megabytes > 0 else MOST_MEGABYTES,
            )
        except ValueError as error:
            raise JobFailed(f"ClientError: {error}") from error

    def _item(self, uri: S3Uri, number: int) -> Item:
        try:
            path = object_path(folder=self._folder, key=uri.key, prefix=self._source.key)
        except ValueError as error:
            raise key_refused(error) from error
        name = path.relative_to(self._folder).as_posix()
        return Item(uri=uri, name=name, output=self._folder / "output" / str(number))

    def _run_containers(self) -> list[Item] | None:
        resources = self._request["TransformResources"]
        for container in self._model.containers:
            if not runs(image=container.image, instance_type=resources["InstanceType"]):
                self._container_logs[container.name].write(EXEC_FORMAT_ERROR)
                raise cannot_start(command="docker run <image> serve")
        count = min(resources["InstanceCount"], len(self._items))
        try:
            with ThreadPoolExecutor(max_workers=count) as instances:
                shares = [
                    instances.submit(self._run_instance, number, self._items[number::count]) for number in range(count)
                ]
                for share in shares:
                    share.result()
            self._refuse_stopped()
        except _Stopped:
            return None
        return self._items

    def _run_instance(self, number: int, items: Sequence[Item]) -> None:
        """Serve the model as one instance does, and send it its share of the objects."""
        folder = self._folder / f"instance-{number}"
        with ExitStack() as running:
            servers = [running.enter_context(self._serve(name, folder=folder / name)) for name in self._served]
            client = self._request.get("ModelClientConfig", {})
            invoker = Invoker(
                urls=[server.url for server in servers],
                clock=self._platform.clock,
                content_type=self._request["TransformInput"].get("ContentType"),
                accept=self._request["TransformOutput"].get("Accept"),
                timeout_seconds=client.get("InvocationsTimeoutInSeconds", 600),
                most_retries=client.get("InvocationsMaxRetries", 3),
            )
            settings = BatchSettings.of(request=self._request, container=invoker.parameters())
            self._write_data_log(settings.described())
            with ThreadPoolExecutor(max_workers=settings.concurrent) as clients:
                for item in items:
                    self._refuse_stopped()
                    self._transform(item, invoker=invoker, settings=settings, clients=clients)

    def _serve(self, name: str, *, folder: Path) -> ModelServer:
        """Start one container of an instance."""
        self._refuse_stopped()
        log = self._container_logs[name]
        try:
            return ModelServer(
                model=self._served[name], folder=folder, on_line=log.write, on_process=self._attach_server
            )
        except (ServerError, ValueError) as error:
            self._refuse_stopped()
            log.write(str(error))
            raise JobFailed(f"AlgorithmError: {SEE_LOGS}") from error

    def _attach_server(self, process: ContainerProcess) -> None:
        self._at_end.callback(process.kill)
        self._attach(Signals(stop=process.kill, abort=lambda _error: process.kill()))

    def _transform(self, item: Item, *, invoker: Invoker, settings: BatchSettings, clients: ThreadPoolExecutor) -> None:
        """Transform one object; if a record fails it has no output, and the others go on."""
        processing = data_processing(self._request, started=self._progress.document["TransformStartTime"])

        def answer(records: Sequence[Record]) -> bytes:
            self._refuse_stopped()
            return processing.answer(records=records, body=invoker.invoke(payload(records)))

        try:
            body = self._transfers.read(item.uri)
            if self._request["TransformInput"].get("CompressionType", "None") == "Gzip":
                body = _unpacked(body)
            records = processing.records(split(body=body, kind=split_of(self._request)))
            groups = list(batches(records=records, strategy=settings.strategy, most_bytes=settings.most_bytes))
            kind = Assembly(self._request["TransformOutput"].get("AssembleWith", "None"))
            content = assemble(answers=list(clients.map(answer, groups)), kind=kind)
        except InvocationFailed as failure:
            self._fail_item(item, kind=failure.kind, what=failure.what, message=failure.message)
        except ValueError as error:
            self._fail_item(item, kind="ClientError", what="Unable to transform the object", message=str(error))
        else:
            item.output.write_bytes(content)

    def _fail_item(self, item: Item, *, kind: str, what: str, message: str) -> None:
        """Write into the data log what happened, in the form of AWS's."""
        self._refuse_stopped()
        for line in (f"{kind}: {what}", "", "Message:", *split_lines(message)):
            self._write_data_log(f"{item.uri.bucket}/{item.uri.key}: {line}")
        with self._lock:
            self._failures.append(kind)

    def _write_data_log(self, text: str) -> None:
        moment = self._progress.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self._data_log.write(f"{moment}:[sagemaker logs]: {text}")

    def _refuse_stopped(self) -> None:
        if self._stopping.is_set():
            raise _Stopped

    def _upload(self, result: list[Item]) -> tuple[str, Document]:
        config = self._request["TransformOutput"]
        target, key_id = S3Uri.parse(config["S3OutputPath"]), config.get("KmsKeyId")
        done = [item for item in result if item.output.exists()]
        for item in done:
            self._transfers.upload(path=item.output, target=target, name=f"{item.name}.out", key_id=key_id)
        if "DataCaptureConfig" in self._request and done:
            self._capture(done)
        if self._failures:
            raise JobFailed(f"{self._failures[0]}: {SEE_LOGS}")
        return "Completed", {}

    def _capture(self, done: Sequence[Item]) -> None:
        """Write the two manifests that point at what was transformed, and at what was made of it."""
        config = self._request["DataCaptureConfig"]
        source = S3Uri(bucket=self._source.bucket, key=done[0].uri.key.removesuffix(done[0].name))
        target = S3Uri.parse(self._request["TransformOutput"]["S3OutputPath"]).below("")
        sides = {
            "input": (str(source), [item.name for item in done]),
            "output": (str(target), [f"{item.name}.out" for item in done]),
        }
        for side, (prefix, names) in sides.items():
            started = self._progress.document["TransformStartTime"]
            self._transfers.write(
                content=manifest(prefix=prefix, names=names).encode(),
                target=S3Uri.parse(config["DestinationS3Uri"]),
                name=capture_key(side=side, started=started, name=str(uuid4())),
                key_id=config.get("KmsKeyId"),
            )


def _unpacked(body: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            content = packed.read(MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the object must be gzip as CompressionType says: {error}") from error
    if len(content) > MOST_UNPACKED:
        raise ValueError(f"the object must unpack to at most {MOST_UNPACKED} bytes here; split it")
    return content
