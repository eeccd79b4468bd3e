"""What a Model's document says of the process that serves it."""

from dataclasses import dataclass, field
from pathlib import Path

from modelyard.rehearsal.containers.servers import ServedModel
from modelyard.rehearsal.sagemaker.containers import PROGRAM, SUBMIT_DIRECTORY, artifact_of, script_of
from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.jobs.images import Container, container_of
from modelyard.rehearsal.sagemaker.jobs.transfers import Transfers
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri

WITHOUT_SCRIPT = (Container.XGBOOST, Container.TENSORFLOW)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPlan:
    """A model as a transform job needs it: whose role, which artifact, which script; `source` only if it is in S3."""

    role_arn: str
    artifact: S3Uri
    program: str | None = None
    source: S3Uri | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> "ModelPlan":
        """Read a Model's document.

        Raises:
            ServiceError: ValidationException, a model that is not rehearsed.

        """
        name, container = document["ModelName"], _only_container(document)
        artifact = artifact_of(container)
        if artifact is None:
            raise invalid(f"model {name} must have a ModelDataUrl here, got none; name its model.tar.gz")
        environment = dict(container.get("Environment", {}))
        program = environment.get(PROGRAM)
        if program is None and container_of(container["Image"]) not in WITHOUT_SCRIPT:
            raise invalid(f"model {name} must name its script in {PROGRAM} here, got none; no image is pulled")
        return cls(
            role_arn=document["ExecutionRoleArn"],
            artifact=artifact,
            program=program,
            source=script_of(container),
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
        return {name: value for name, value in self.environment.items() if name != SUBMIT_DIRECTORY}


def _only_container(document: Document) -> Document:
    containers = document.get("Containers", [])
    found: Document | None = document.get("PrimaryContainer", containers[0] if len(containers) == 1 else None)
    if found is None:
        raise invalid(f"model {document['ModelName']} must have one container here, got {len(containers)}")
    if "Image" not in found:
        raise invalid(f"model {document['ModelName']} must have an Image here; a model package is not rehearsed")
    return found
