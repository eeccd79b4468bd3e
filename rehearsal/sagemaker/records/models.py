"""Models: an image, an artifact and the role that may read it."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from modelyard.rehearsal.sagemaker.containers import RESOLVED, artifact_of
from modelyard.rehearsal.sagemaker.errors import ServiceError, invalid
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.records.packaged import PACKAGE, packaged_containers
from modelyard.rehearsal.sagemaker.store import Document, Table
from modelyard.shared.s3_uri import S3Uri

KIND = "Model"
MOST_CONTAINERS = 15
# "The maximum size of all environment variables of all containers" (ContainerDefinition).
LONGEST_ENVIRONMENT = 32 * 1024
# An artifact's S3DataType and CompressionType; a ModelDataUrl has neither.
FORMS = ((), ("S3Object", "Gzip"), ("S3Prefix", "None"))


class Models:
    """The operations on models.

    Source: CreateModel, DescribeModel, ListModels and DeleteModel in the SageMaker API reference.
    """

    def __init__(self, *, platform: Platform) -> None:
        self._platform = platform

    @operation
    def create_model(self, request: Document) -> Document:
        """Keep a model whose artifacts its role can read.

        Raises:
            ServiceError: ValidationException, the name is taken, there is no container, a package is not to be served,
                or an artifact is of another form than those that are rehearsed, or cannot be read.

        """
        arn = model_arn(platform=self._platform, name=request["ModelName"])
        with self._platform.store.lock:
            if self._table.find(request["ModelName"]) is not None:
                raise invalid(f'Cannot create already existing model "{arn}".')
        containers = self._containers(request)
        _check_environment(request["ModelName"], containers=containers)
        for container in containers:
            _check_form(container)
            self._check_artifact(container=container, role_arn=request.get("ExecutionRoleArn"))
        document = self._document(request=request, arn=arn)
        if any(PACKAGE in one for one in _given(request)):
            document[RESOLVED] = containers
        self._table.add(request["ModelName"], document)
        return {"ModelArn": arn}

    @operation
    def describe_model(self, request: Document) -> Document:
        """Return a model.

        Raises:
            ServiceError: ValidationException, there is no such model.

        """
        return dict(find_model(platform=self._platform, name=request["ModelName"]))

    @operation
    def list_models(self, request: Document) -> Document:
        """Return the models that are asked for."""
        return page(request, self._table.documents(), member="Models", name="ModelName")

    @operation
    def delete_model(self, request: Document) -> Document:
        """Forget a model; endpoints that serve it go on, as on AWS.

        Raises:
            ServiceError: ValidationException, there is no such model.

        """
        find_model(platform=self._platform, name=request["ModelName"])
        self._table.remove(request["ModelName"])
        return {}

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _containers(self, request: Document) -> Sequence[Document]:
        """Return the containers of a model, those of a package in its place."""
        containers = _containers(request)
        for container in containers:
            if PACKAGE in container and len(containers) > 1:
                raise invalid(
                    f"Model {request['ModelName']} must name its package as PrimaryContainer here, got one beside "
                    "other containers; name image and artifact of each, or the package alone"
                )
        if PACKAGE not in containers[0]:
            return containers
        return packaged_containers(platform=self._platform, container=containers[0])

    def _document(self, *, request: Document, arn: str) -> Document:
        return {
            "EnableNetworkIsolation": False,
            **{key: value for key, value in request.items() if key != "Tags"},
            "ModelArn": arn,
            "CreationTime": self._platform.clock.now(),
        }

    def _check_artifact(self, *, container: Document, role_arn: str | None) -> None:
        """Look at what the model is made of while its role is at hand: a missing artifact fails no deploy later."""
        uri = artifact_of(container)
        if uri is None or role_arn is None:
            return
        try:
            self._look_at(uri=uri, role_arn=role_arn)
        except (ClientError, ServiceError) as error:
            raise invalid(_unreadable(uri=uri, role_arn=role_arn, region=self._platform.region)) from error

    def _look_at(self, *, uri: S3Uri, role_arn: str) -> None:
        s3: Any = self._platform.role_client(role_arn=role_arn, service="s3")
        if uri.key.endswith("/"):
            s3.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key, MaxKeys=1)
        else:
            s3.head_object(Bucket=uri.bucket, Key=uri.key)


def model_arn(*, platform: Platform, name: str) -> str:
    """Return a model's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="model", name=name.lower())


def find_model(*, platform: Platform, name: str) -> Document:
    """Return a model's document.

    Raises:
        ServiceError: ValidationException, there is no such model.

    """
    found = platform.store.table(KIND).find(name)
    if found is None:
        raise invalid(f'Could not find model "{model_arn(platform=platform, name=name)}".')
    return found


def _given(request: Document) -> Sequence[Document]:
    """Return the containers as a request names them."""
    return [*([request["PrimaryContainer"]] if "PrimaryContainer" in request else []), *request.get("Containers", [])]


def _containers(request: Document) -> Sequence[Document]:
    """Return one container or several of a pipeline: a model has either.

    Source: ContainerDefinition and "Create a multi-container endpoint" in the developer guide.
    """
    if ("PrimaryContainer" in request) == ("Containers" in request):
        raise invalid(
            f"Model {request['ModelName']} must have one of PrimaryContainer and Containers, got both or none; give one"
        )
    if "PrimaryContainer" in request:
        return [request["PrimaryContainer"]]
    containers: Sequence[Document] = request["Containers"]
    mode = request.get("InferenceExecutionConfig", {}).get("Mode", "Serial")
    if mode != "Serial":
        raise invalid(
            f"InferenceExecutionConfig.Mode of model {request['ModelName']} must be Serial here, got {mode}: "
            "containers that are asked by their names are not rehearsed; name one model for each"
        )
    _check_pipeline(request["ModelName"], containers=containers)
    return containers


def _check_pipeline(model: str, *, containers: Sequence[Document]) -> None:
    """Refuse containers that cannot stand in a row."""
    if not 1 <= len(containers) <= MOST_CONTAINERS:
        raise invalid(f"Model {model} must have 1 to {MOST_CONTAINERS} Containers, got {len(containers)}")
    hostnames = [one["ContainerHostname"] for one in containers if "ContainerHostname" in one]
    if hostnames and len(hostnames) < len(containers):
        raise invalid(
            f"ContainerHostname must be given for all containers of model {model} or for none, got {len(hostnames)} of "
            f"{len(containers)}"
        )
    twice = sorted({name for name in hostnames if hostnames.count(name) > 1})
    if twice:
        raise invalid(f"ContainerHostname must be different in each container of model {model}, got {twice[0]} twice")


def _check_environment(model: str, *, containers: Sequence[Document]) -> None:
    """Refuse variables that are longer together than all containers of a model may have."""
    size = sum(
        len(f"{name}{value}".encode()) for one in containers for name, value in one.get("Environment", {}).items()
    )
    if size > LONGEST_ENVIRONMENT:
        raise invalid(
            f"Environment of all containers of model {model} must be at most {LONGEST_ENVIRONMENT} bytes together, "
            f"got {size}"
        )


def _check_form(container: Document) -> None:
    """Refuse an artifact that is neither an archive nor files below a prefix."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    form = tuple(source[member] for member in ("S3DataType", "CompressionType") if member in source)
    if form not in FORMS:
        raise invalid(
            "S3DataType and CompressionType of a ModelDataSource must be S3Object and Gzip, or S3Prefix and None here, "
            f"got {' and '.join(form)}"
        )


def _unreadable(*, uri: S3Uri, role_arn: str, region: str) -> str:
    """Return AWS's own sentence, as seen in aws-cdk issue 10064."""
    return (
        f'Could not access model data at {uri}. Please ensure that the role "{role_arn}" exists and that its trust '
        'relationship policy allows the action "sts:AssumeRole" for the service principal "sagemaker.amazonaws.com". '
        f'Also ensure that the role has "s3:GetObject" permissions and that the object is located in {region}. If your '
        "Model uses multiple models or uncompressed models, please ensure that the role has "
        '"s3:ListBucket" permission.'
    )
