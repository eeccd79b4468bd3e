"""A monitor's surroundings: an endpoint in name only, its captures in a real S3, and jobs that end as told."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

COMPLETED = {"ProcessingJobStatus": "Completed", "ExitMessage": "Completed: Job completed successfully."}


@dataclass(kw_only=True)
class Storage:
    """Roles that all have the client of S3 that tests have, or none where they are refused."""

    s3: Any
    refused: Exception | None = None

    def role_client(self, *, role_arn: str, service: str, principal: str) -> Any:
        if self.refused is not None:
            raise self.refused
        assert service == "s3"
        return self.s3

    def role_environment(self, *, role_arn: str, principal: str) -> Mapping[str, str]:
        return {}

    def require_of_role(
        self, *, role_arn: str, principal: str, action: str, resource: str, context: Mapping[str, str]
    ) -> None:
        return

    def own_client(self, *, service: str) -> Any:
        raise AssertionError(service)


@dataclass(kw_only=True)
class ScriptedJobs:
    """Processing jobs that run until they are told how they ended, or end at once."""

    platform: Platform
    outcome: Document | None = field(default_factory=lambda: dict(COMPLETED))
    requests: list[Document] = field(default_factory=list)
    schedules: list[str | None] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def launch(self, request: Document, *, schedule_arn: str | None = None) -> str:
        name = request["ProcessingJobName"]
        arn = f"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/{name}"
        self.requests.append(request)
        self.schedules.append(schedule_arn)
        document = {**request, "ProcessingJobArn": arn, "ProcessingJobStatus": "InProgress"}
        self.platform.store.table("ProcessingJob").add(name, document)
        if self.outcome is not None:
            self.end(self.outcome)
        return arn

    def end(self, outcome: Document) -> None:
        self.change(outcome)
        self.release()

    def lose(self) -> None:
        """Have the job be deleted, so that nobody knows how it ended."""
        table = self.platform.store.table("ProcessingJob")
        table.remove(table.names()[-1])
        self.release()

    def release(self) -> None:
        self._ended.set()

    def change(self, members: Document) -> None:
        self.platform.store.table("ProcessingJob").documents()[-1].update(members)

    def wait(self, name: str, *, timeout: float | None = None) -> bool:
        return self._ended.wait(timeout)


@dataclass(kw_only=True)
class MonitoredEndpoint:
    """An endpoint `live` with one variant, whose captures lie in a folder of a bucket."""

    platform: Platform
    s3: Any
    bucket: str
    folder: str

    @property
    def destination(self) -> str:
        return f"s3://{self.bucket}/{self.folder}"

    def serve(self) -> None:
        config: Document = {"ProductionVariants": [{"VariantName": "primary"}]}
        destination = {"DestinationS3Uri": f"{self.destination}/", "EnableCapture": True}
        self.platform.store.table("EndpointConfig").add("config", config | {"DataCaptureConfig": destination})
        self.platform.store.table("Endpoint").add("live", {"EndpointName": "live", "EndpointConfigName": "config"})

    def captured(self, *hours: datetime, variant: str = "primary", line: str = "{}") -> None:
        for hour in hours:
            key = f"{self.folder}/live/{variant}/{hour:%Y/%m/%d/%H}/00-00-000-a.jsonl"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=f"{line}\n".encode())
