"""A variant without instances: what it excludes, and how many requests it answers at once.

Source: "Deploy models with Amazon SageMaker Serverless Inference" in AWS's developer guide. In which words AWS refuses
what is excluded is not known, nor how long a container is kept that nobody calls.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelyard.rehearsal.sagemaker.containers import is_bought, named_containers
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document

MEMORY_STEP_MB = 1024
KEPT = timedelta(minutes=5)


class ThrottledError(Exception):
    """As many requests are being answered as the variant may answer at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerlessSettings:
    """A variant's ServerlessConfig; its memory is noted, and not enforced on this machine."""

    memory_mb: int
    max_concurrency: int
    provisioned_concurrency: int | None = None

    @classmethod
    def read(cls, document: Document) -> "ServerlessSettings":
        """Return what a ServerlessConfig says."""
        return cls(
            memory_mb=document["MemorySizeInMB"],
            max_concurrency=document["MaxConcurrency"],
            provisioned_concurrency=document.get("ProvisionedConcurrency"),
        )

    @property
    def document(self) -> Document:
        """The settings as DescribeEndpoint shows them."""
        kept = self.provisioned_concurrency
        return {
            "MemorySizeInMB": self.memory_mb,
            "MaxConcurrency": self.max_concurrency,
            **({} if kept is None else {"ProvisionedConcurrency": kept}),
        }


class ServerlessCapacity:
    """Counts the requests that a variant answers, and the containers that are warm: each answers one at a time.

    Here one process answers them all. That on AWS another container would have to start is in the metrics alone.
    """

    def __init__(self, *, settings: ServerlessSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._active = 0
        # When each idle container was last used.
        self._idle: list[datetime] = []

    @contextmanager
    def request(self) -> Iterator[bool]:
        """Hold a container for one request; gives whether it must start first.

        Raises:
            ThrottledError: all that there may be are in use.

        """
        kept = self.settings.provisioned_concurrency
        with self._lock:
            if self._active >= self.settings.max_concurrency:
                raise ThrottledError(f"{self._active} requests are being answered, and no more may be")
            self._idle = [used for used in self._idle if self._now() - used < KEPT]
            is_cold = not self._idle and self._active >= (0 if kept is None else kept)
            if self._idle:
                self._idle.pop()
            self._active += 1
        try:
            yield is_cold
        finally:
            with self._lock:
                self._active -= 1
                self._idle.append(self._now())


def check_serverless(config: Document, *, models: Sequence[Document]) -> None:
    """Refuse what a configuration with a serverless variant cannot have; `models` are those of its variants.

    Raises:
        ServiceError: ValidationException, it has one of the features that Serverless Inference excludes.

    """
    variants = config["ProductionVariants"]
    settings = [variant["ServerlessConfig"] for variant in variants if "ServerlessConfig" in variant]
    if not settings:
        return
    memory, kept = settings[0]["MemorySizeInMB"], settings[0].get("ProvisionedConcurrency", 0)
    if memory % MEMORY_STEP_MB:
        raise invalid(f"MemorySizeInMB must be a multiple of {MEMORY_STEP_MB}, got {memory}")
    if kept > settings[0]["MaxConcurrency"]:
        most = settings[0]["MaxConcurrency"]
        raise invalid(f"ProvisionedConcurrency must be at most MaxConcurrency ({most}), got {kept}")
    excluded = {
        "several production variants": len(variants) > 1,
        "InstanceType and InitialInstanceCount": bool({"InstanceType", "InitialInstanceCount"} & set(variants[0])),
        "DataCaptureConfig": "DataCaptureConfig" in config,
        "ShadowProductionVariants": bool(config.get("ShadowProductionVariants")),
        "AsyncInferenceConfig": "AsyncInferenceConfig" in config,
        "a model with EnableNetworkIsolation": any(model.get("EnableNetworkIsolation", False) for model in models),
        "a model with VpcConfig": any("VpcConfig" in model for model in models),
        "a model with ModelDataSource": any("ModelDataSource" in model.get("PrimaryContainer", {}) for model in models),
        "an inference pipeline": any(len(named_containers(model)) > 1 for model in models),
        "a model package without versions": any(is_bought(model) for model in models),
    }
    found = [feature for feature, is_there in excluded.items() if is_there]
    if found:
        raise invalid(f"Serverless Inference does not support {' and '.join(found)}; leave it out or use instances")
