"""What an endpoint is to run, read from the documents of its configuration and models."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelyard.rehearsal.containers.networks import Network
from modelyard.rehearsal.containers.volumes import DEFAULT_BYTES, GIGABYTE
from modelyard.rehearsal.sagemaker.containers import ServingCode, artifact_of, family_of, named_containers, serving_code
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.hosting.asynchronous import AsyncSettings
from modelyard.rehearsal.sagemaker.hosting.capture import CaptureSettings
from modelyard.rehearsal.sagemaker.hosting.serverless import ServerlessSettings
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.container_families import ContainerFamily
from modelyard.shared.s3_uri import S3Uri

# "The timeout value, in seconds, for your inference container to pass health check": four minutes where none is given.
START_SECONDS = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerPlan:
    """A container of a model; `name` is PRIMARY for the only one.

    `archive` is None where there is none, `family` for an image that AWS did not make.
    """

    name: str
    image: str
    code: ServingCode
    archive: S3Uri | None = None
    family: ContainerFamily | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPlan:
    """A model: its containers in the order in which a request passes them."""

    name: str
    role_arn: str
    containers: tuple[ContainerPlan, ...]
    network: Network = Network.INTERNET


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantPlan:
    """One variant: how many instances of which type, which model, which part of the traffic.

    A serverless one has no `instance_type`; it is served by one process.
    """

    name: str
    model: ModelPlan
    instance_type: str
    count: int
    weight: float
    volume_key: str | None = None
    start_seconds: float = START_SECONDS
    volume_bytes: int = DEFAULT_BYTES
    serverless: ServerlessSettings | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EndpointPlan:
    """An endpoint configuration with all that it names."""

    config: str
    variants: tuple[VariantPlan, ...]
    shadows: tuple[VariantPlan, ...] = ()
    capture: CaptureSettings | None = None
    asynchronous: AsyncSettings | None = None

    @property
    def is_serverless(self) -> bool:
        """Whether it has no instances."""
        return any(variant.serverless is not None for variant in self.variants)


def read_plan(*, platform: Platform, config: str) -> EndpointPlan:
    """Read a configuration and its models.

    Raises:
        ServiceError: ValidationException, one of them is missing or of a kind that is not rehearsed.

    """
    document = platform.store.table("EndpointConfig").find(config)
    if document is None:
        arn = platform.arn(kind="endpoint-config", name=config)
        raise invalid(f'Could not find endpoint configuration "{arn}".')
    capture = document.get("DataCaptureConfig")
    asynchronous = document.get("AsyncInferenceConfig")
    shadows = document.get("ShadowProductionVariants", ())
    return EndpointPlan(
        config=config,
        variants=tuple(_variant(platform, variant, config=document) for variant in document["ProductionVariants"]),
        shadows=tuple(_variant(platform, variant, config=document) for variant in shadows),
        capture=None if capture is None else CaptureSettings.read(capture),
        asynchronous=None if asynchronous is None else AsyncSettings.read(asynchronous),
    )


def _variant(platform: Platform, document: Document, *, config: Document) -> VariantPlan:
    name = document["VariantName"]
    serverless = document.get("ServerlessConfig")
    if "InstanceType" not in document and serverless is None:
        raise invalid(f"Variant {name} must name an InstanceType or be serverless: pools are not rehearsed")
    if "ModelName" not in document:
        raise invalid(f"Variant {name} must name a model: inference components are not rehearsed")
    return VariantPlan(
        name=name,
        model=_model(platform, name=document["ModelName"], isolated=config.get("EnableNetworkIsolation", False)),
        instance_type="" if serverless is not None else document["InstanceType"],
        count=document.get("InitialInstanceCount", 1),
        weight=document.get("InitialVariantWeight", 1.0),
        volume_key=config.get("KmsKeyId"),
        start_seconds=document.get("ContainerStartupHealthCheckTimeoutInSeconds", START_SECONDS),
        volume_bytes=document["VolumeSizeInGB"] * GIGABYTE if "VolumeSizeInGB" in document else DEFAULT_BYTES,
        serverless=None if serverless is None else ServerlessSettings.read(serverless),
    )


def _model(platform: Platform, *, name: str, isolated: bool) -> ModelPlan:
    """Read a model, which is isolated by itself or by the endpoint's configuration."""
    document = platform.store.table("Model").get(name)
    return ModelPlan(
        name=document["ModelName"],
        role_arn=document.get("ExecutionRoleArn", ""),
        containers=tuple(
            ContainerPlan(
                name=name,
                image=container.get("Image", ""),
                archive=artifact_of(container),
                family=family_of(container.get("Image", "")),
                code=serving_code(container, commands=platform.commands),
                environment=dict(container.get("Environment", {})),
            )
            for name, container in named_containers(document).items()
        ),
        network=Network.of(
            isolated=isolated or document.get("EnableNetworkIsolation", False), in_vpc="VpcConfig" in document
        ),
    )
