"""One transform job at work: serve the model, send it every record of every object, keep what it answers."""

import gzip
import io
import shutil
import threading
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from modelyard.drift.line_breaks import split_lines
from modelyard.rehearsal.containers.processes import ContainerProcess
from modelyard.rehearsal.containers.servers import ModelServer, ServedModel, ServerError
from modelyard.rehearsal.containers.volumes import GIGABYTE
from modelyard.rehearsal.sagemaker.jobs.batch_senders import JobLog, LogStream
from modelyard.rehearsal.sagemaker.jobs.failures import INTERNAL, JobFailed, disk_failures, key_refused
from modelyard.rehearsal.sagemaker.jobs.invocations import InvocationFailed, Invoker
from modelyard.rehearsal.sagemaker.jobs.job_keys import require_job_keys
from modelyard.rehearsal.sagemaker.jobs.models import ModelPlan
from modelyard.rehearsal.sagemaker.jobs.progress import Progress
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.jobs.transform_requests import BatchSettings, data_processing, split_of
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.rehearsal.sagemaker.transforming.processing import DataProcessing
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

GROUP = "/aws/sagemaker/TransformJobs"
SEE_LOGS = "See job logs for more information"
DEFAULT_MEGABYTES = 6
# AWS unpacks onto a disk; here an object lies in the memory of the local AWS.
MOST_UNPACKED = GIGABYTE


class _Stopped(Exception):
    """The job was stopped: whatever is half done is given up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformSettings:
    """What is the same for all jobs: who is told of start and end."""

    on_change: Callable[[Document], None] = lambda _document: None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    """An object of the input: its place, its path from the input's prefix, and the file for what is made of it."""

    uri: S3Uri
    name: str
    output: Path


class TransformTask:
    """A job that runs in the thread that calls `run`, and is stopped from others."""

    def __init__(
        self, *, platform: Platform, document: Document, model: ModelPlan, settings: TransformSettings
    ) -> None:
        self._platform = platform
        self._progress = Progress(platform=platform, document=document, status="TransformJobStatus")
        self._request = self._progress.document
        self._settings = settings
        self._model = model
        self._name: str = self._request["TransformJobName"]
        self._folder = platform.folder / "transform" / self._name
        client = platform.role_client(role_arn=model.role_arn, service="s3")
        self._transfers = Transfers(client=client, role_arn=model.role_arn, region=platform.region)
        self._source = S3Uri.parse(self._request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._processes: list[ContainerProcess] = []
        self._failures: list[str] = []
        self._logs = [self._open_log(stream) for stream in self._streams()]

    def run(self) -> None:
        """Run to the end; the document says how it went."""
        self._settings.on_change(self._progress.document)
        try:
            with disk_failures("The files of the job could not be written"):
                self._work()
        except JobFailed as failure:
            self._close(status="Failed", changes={"FailureReason": failure.reason})
        except _Stopped:
            self._close(status="Stopped", changes={})
        finally:
            self._clear()
        self._settings.on_change(self._progress.document)

    def stop(self) -> None:
        """End it: what it has made is not kept."""
        self.end()

    def end(self) -> None:
        """Kill its servers."""
        self._stopping.set()
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            process.kill()

    def fault(self) -> None:
        """Say that the job failed by no fault of its own."""
        self._close(status="Failed", changes={"FailureReason": INTERNAL})

    def _streams(self) -> list[str]:
        instance = f"{self._name}/i-{uuid4().hex[:17]}"
        return [instance, f"{instance}/data-log"]

    def _open_log(self, stream: str) -> JobLog:
        client = self._platform.role_client(role_arn=self._model.role_arn, service="logs")
        return JobLog(stream=LogStream(client=client, group=GROUP, stream=stream), now=self._progress.now)

    def _clear(self) -> None:
        for process in self._processes:
            process.kill()
        for log in self._logs:
            log.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _work(self) -> None:
        require_job_keys(platform=self._platform, role_arn=self._model.role_arn, request=self._request)
        started = self._progress.now()
        self._progress.set({"TransformStartTime": started})
        served = self._served()
        items = self._items()
        count = min(self._request["TransformResources"]["InstanceCount"], len(items))
        with ThreadPoolExecutor(max_workers=count) as instances:
            shares = [instances.submit(self._serve, served, number, items[number::count]) for number in range(count)]
            for share in shares:
                share.result()
        self._refuse_stopped()
        self._keep(items=items, started=started)
        if self._failures:
            raise JobFailed(f"{self._failures[0]}: {SEE_LOGS}")
        self._close(status="Completed", changes={})

    def _served(self) -> ServedModel:
        archive, source = self._model.fetch(transfers=self._transfers, folder=self._folder)
        megabytes = self._request.get("MaxPayloadInMB", DEFAULT_MEGABYTES)
        role = self._platform.role_environment(role_arn=self._model.role_arn)
        try:
            return self._model.served(
                archive=archive,
                source=source,
                region=self._platform.region,
                environment=self._request.get("Environment", {}) | self._variables() | dict(role),
                payload_megabytes=megabytes if megabytes > 0 else 100,
            )
        except ValueError as error:
            raise JobFailed(f"ClientError: {error}") from error

    def _variables(self) -> dict[str, str]:
        """Return what tells a container that it works in a batch, before it has said what suits it."""
        tempo = BatchSettings.of(request=self._request, container={})
        strategy = "SINGLE_RECORD" if tempo.strategy.value == "SingleRecord" else "MULTI_RECORD"
        return {
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(tempo.megabytes),
            "SAGEMAKER_BATCH_STRATEGY": strategy,
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(tempo.concurrent),
        }

    def _items(self) -> list[_Item]:
        (self._folder / "output").mkdir()
        return [self._item(uri, number=number) for number, uri in enumerate(self._transfers.objects(self._source))]

    def _item(self, uri: S3Uri, *, number: int) -> _Item:
        try:
            path = object_path(folder=self._folder, key=uri.key, prefix=self._source.key)
        except ValueError as error:
            raise key_refused(error) from error
        name = path.relative_to(self._folder).as_posix()
        return _Item(uri=uri, name=name, output=self._folder / "output" / str(number))

    def _serve(self, served: ServedModel, number: int, items: Sequence[_Item]) -> None:
        """Serve the model as one instance does, and send it its share of the objects."""
        self._refuse_stopped()
        folder = self._folder / f"instance-{number}"
        try:
            server = ModelServer(model=served, folder=folder, on_line=self._logs[0].write, on_process=self._take)
        except (ServerError, ValueError) as error:
            self._refuse_stopped()
            self._logs[0].write(str(error))
            raise JobFailed(f"AlgorithmError: {SEE_LOGS}") from error
        with server:
            self._transform_all(url=server.url, items=items)

    def _take(self, process: ContainerProcess) -> None:
        with self._lock:
            self._processes.append(process)
        if self._stopping.is_set():
            process.kill()

    def _transform_all(self, *, url: str, items: Sequence[_Item]) -> None:
        invoker = self._invoker(url)
        tempo = BatchSettings.of(request=self._request, container=invoker.parameters())
        self._say(tempo.described())
        with ThreadPoolExecutor(max_workers=tempo.concurrent) as clients:
            for item in items:
                self._refuse_stopped()
                self._transform(item=item, invoker=invoker, tempo=tempo, clients=clients)

    def _invoker(self, url: str) -> Invoker:
        client = self._request.get("ModelClientConfig", {})
        return Invoker(
            url=url,
            clock=self._platform.clock,
            content_type=self._request["TransformInput"].get("ContentType"),
            accept=self._request["TransformOutput"].get("Accept"),
            timeout_seconds=client.get("InvocationsTimeoutInSeconds", 600),
            most_retries=client.get("InvocationsMaxRetries", 3),
        )

    def _transform(self, *, item: _Item, invoker: Invoker, tempo: BatchSettings, clients: ThreadPoolExecutor) -> None:
        """Transform one object; if a record fails it has no output, and the others go on."""
        try:
            content = self._answers(item=item, invoker=invoker, tempo=tempo, clients=clients)
        except InvocationFailed as failure:
            self._fail(item=item, kind=failure.kind, what=failure.what, message=failure.message)
            return
        except ValueError as error:
            self._fail(item=item, kind="ClientError", what="Unable to transform the object", message=str(error))
            return
        item.output.write_bytes(content)

    def _answers(self, *, item: _Item, invoker: Invoker, tempo: BatchSettings, clients: ThreadPoolExecutor) -> bytes:
        processing = data_processing(self._request, started=self._progress.document["TransformStartTime"])
        records = processing.records(split(body=self._body(item), kind=split_of(self._request)))
        groups = list(batches(records=records, strategy=tempo.strategy, most_bytes=tempo.most_bytes))

        def ask(group: Sequence[Record]) -> bytes:
            self._refuse_stopped()
            return _answer(group=group, invoker=invoker, processing=processing)

        kind = Assembly(self._request["TransformOutput"].get("AssembleWith", "None"))
        return assemble(answers=list(clients.map(ask, groups)), kind=kind)

    def _body(self, item: _Item) -> bytes:
        body = self._transfers.read(item.uri)
        packed = self._request["TransformInput"].get("CompressionType", "None") == "Gzip"
        return _unpacked(body) if packed else body

    def _fail(self, *, item: _Item, kind: str, what: str, message: str) -> None:
        """Say in the data log what happened, in the form of AWS's."""
        self._refuse_stopped()
        place = f"{item.uri.bucket}/{item.uri.key}"
        for line in (f"{kind}: {what}", "", "Message:", *split_lines(message)):
            self._say(f"{place}: {line}")
        with self._lock:
            self._failures.append(kind)

    def _say(self, text: str) -> None:
        moment = self._progress.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self._logs[1].write(f"{moment}:[sagemaker logs]: {text}")

    def _refuse_stopped(self) -> None:
        if self._stopping.is_set():
            raise _Stopped

    def _keep(self, *, items: Sequence[_Item], started: datetime) -> None:
        wanted = self._request["TransformOutput"]
        target, key_id = S3Uri.parse(wanted["S3OutputPath"]), wanted.get("KmsKeyId")
        done = [item for item in items if item.output.exists()]
        for item in done:
            self._transfers.upload(path=item.output, target=target, name=f"{item.name}.out", key_id=key_id)
        if "DataCaptureConfig" in self._request and done:
            self._capture(done=done, started=started)

    def _capture(self, *, done: Sequence[_Item], started: datetime) -> None:
        """Write the two manifests that point at what was transformed, and at what was made of it."""
        config = self._request["DataCaptureConfig"]
        source = S3Uri(bucket=self._source.bucket, key=done[0].uri.key.removesuffix(done[0].name))
        target = S3Uri.parse(self._request["TransformOutput"]["S3OutputPath"]).below("")
        sides = {
            "input": (str(source), [item.name for item in done]),
            "output": (str(target), [f"{item.name}.out" for item in done]),
        }
        for side, (prefix, names) in sides.items():
            key = capture_key(side=side, started=started, name=str(uuid4()))
            place = S3Uri.parse(config["DestinationS3Uri"])
            content = manifest(prefix=prefix, names=names).encode()
            self._transfers.write(content=content, target=place, name=key, key_id=config.get("KmsKeyId"))

    def _close(self, *, status: str, changes: Document) -> None:
        self._progress.set(changes | {"TransformEndTime": self._progress.now(), "TransformJobStatus": status})


def _answer(*, group: Sequence[Record], invoker: Invoker, processing: DataProcessing) -> bytes:
    return processing.answer(records=group, body=invoker.invoke(payload(group)))


def _unpacked(body: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(body)) as packed:
            content = packed.read(MOST_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the object must be gzip as CompressionType says: {error}") from error
    if len(content) > MOST_UNPACKED:
        raise ValueError(f"the object must unpack to at most {MOST_UNPACKED} bytes here; split it")
    return content
