"""What a Model's document says of the process that serves it."""

from dataclasses import dataclass, field
from pathlib import Path

from modelyard.rehearsal.containers.archives import require_inside
from modelyard.rehearsal.containers.servers import ServedModel
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.images import Container, container_of
from modelyard.rehearsal.sagemaker.jobs.places import S3Place
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.store import Document

_PROGRAM, _DIRECTORY = "SAGEMAKER_PROGRAM", "SAGEMAKER_SUBMIT_DIRECTORY"
_WITHOUT_SCRIPT = (Container.XGBOOST, Container.TENSORFLOW)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPlan:
    """A model as a transform job needs it: whose role, which artifact, which script; `source` only if it is in S3."""

    role_arn: str
    artifact: S3Place
    program: str | None = None
    source: S3Place | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> "ModelPlan":
        """Read a Model's document.

        Raises:
            ServiceError: ValidationException, a model that is not rehearsed.

        """
        name, container = document["ModelName"], _only_container(document)
        environment = dict(container.get("Environment", {}))
        program, directory = environment.get(_PROGRAM), environment.get(_DIRECTORY, "")
        if program is None and container_of(container["Image"]) not in _WITHOUT_SCRIPT:
            raise invalid(f"model {name} must name its script in {_PROGRAM} here, got none; no image is pulled")
        if program is not None:
            try:
                require_inside(path=program, what=f"{_PROGRAM} of model {name}")
            except ValueError as error:
                raise invalid(str(error)) from error
        return cls(
            role_arn=document["ExecutionRoleArn"],
            artifact=_artifact(container, name=name),
            program=program,
            source=S3Place.parse(directory) if directory.startswith("s3://") else None,
            environment=environment,
        )

    def fetch(self, *, transfers: Transfers, folder: Path) -> tuple[Path, Path | None]:
        """Download the artifact and the script, and return where they are; JobFailed if the role may not read them."""
        archive = folder / "model.tar.gz"
        if self.artifact.key.endswith("/"):
            archive = folder / "model"
            transfers.download(source=self.artifact, folder=archive)
        else:
            transfers.fetch(source=self.artifact, path=archive)
        if self.source is None:
            return archive, None
        transfers.fetch(source=self.source, path=folder / "sourcedir.tar.gz")
        return archive, folder / "sourcedir.tar.gz"

    def served(
        self, *, archive: Path, source: Path | None, region: str, environment: dict[str, str], payload_megabytes: int
    ) -> ServedModel:
        """Return what a serving process is started with; `environment` outranks the model's own."""
        return ServedModel(
            archive=archive,
            source=source,
            program=self.program,
            region=region,
            environment=self._own_environment() | environment,
            payload_megabytes=payload_megabytes,
        )

    def _own_environment(self) -> dict[str, str]:
        """Leave out where the script lay: the server says where it is now."""
        return {name: value for name, value in self.environment.items() if name != _DIRECTORY}


def _only_container(document: Document) -> Document:
    containers = document.get("Containers", [])
    found: Document | None = document.get("PrimaryContainer", containers[0] if len(containers) == 1 else None)
    if found is None:
        raise invalid(f"model {document['ModelName']} must have one container here, got {len(containers)}")
    if "Image" not in found:
        raise invalid(f"model {document['ModelName']} must have an Image here; a model package is not rehearsed")
    return found


def _artifact(container: Document, *, name: str) -> S3Place:
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    uri = container.get("ModelDataUrl", source.get("S3Uri"))
    if uri is None:
        raise invalid(f"model {name} must have a ModelDataUrl here, got none; name its model.tar.gz")
    return S3Place.parse(uri)
