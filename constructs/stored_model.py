"""A SageMaker Model: an artifact, the container that loads it, and the role it runs under."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from modelyard.constructs.access import (
    Statement,
    attach_network,
    publish_metrics,
    pull_image,
    read_objects,
    use_key,
    write_logs,
)
from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.execution_role import ExecutionRole
from modelyard.constructs.published_file import PublishedFile
from modelyard.manifest.data_layout import TRANSFORMER
from modelyard.manifest.stage import Vpc
from modelyard.shared.container_families import (
    DEFAULT_ACCEPT,
    LOG_LEVEL,
    NO_BUILD_ISOLATION,
    PACKED_CODE,
    PROGRAM,
    REGION,
    SUBMIT_DIRECTORY,
    CodePlace,
    ContainerFamily,
)
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

# How a model's own container is called beside a transformer.
MODEL = "model"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredArtifact:
    """A model.tar.gz: its URI for SageMaker, its ARN for the role that reads it."""

    uri: str
    arn: str

    @classmethod
    def promoted(cls, *, artifact: str, bucket: str) -> "StoredArtifact":
        """Return what a manifest names: a key of the data bucket, or the URI of an object elsewhere."""
        elsewhere = S3Uri.parse(artifact) if is_s3_uri(artifact) else None
        path = f"{bucket}/{artifact}" if elsewhere is None else f"{elsewhere.bucket}/{elsewhere.key}"
        return cls(uri=f"s3://{path}", arn=f"arn:{cdk.Aws.PARTITION}:s3:::{path}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServingScript:
    """The functions that answer requests: the file, and the archive of its folder unless the model brings that along.

    `family` is the image's, None for an image of the user's own.
    """

    program: str
    archive: PublishedFile | None = None
    family: ContainerFamily | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the container asks for the functions of a script: each family's source is in its row of the table."""
        looks_in_model = self.family is not None and self.family.code_place is CodePlace.ARTIFACT
        folder = PACKED_CODE if self.archive is None else self.archive.uri
        return {
            PROGRAM: self.program,
            **({} if looks_in_model else {SUBMIT_DIRECTORY: folder}),
            LOG_LEVEL: "20",
            REGION: cdk.Aws.REGION,
            **(NO_BUILD_ISOLATION if self.family is not None and self.family.builds_serving_script else {}),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelContainer:
    """A container of a model: its image, what it loads, the functions that answer, and its variables.

    `environment` is the manifest's; the variables that the image asks for are added. `default_accept` is what it
    answers in when it is asked for nothing.
    """

    image: ContainerImage
    artifact: StoredArtifact
    script: ServingScript | None
    environment: Mapping[str, str] | None = None
    default_accept: str | None = None

    def definition(self, *, hostname: str | None = None) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        """Return it as a Model has it; one of several is given a name, by which logs and metrics know it."""
        variables = {
            **({} if self.environment is None else self.environment),
            **({} if self.script is None else self.script.environment),
            **({} if self.default_accept is None else {DEFAULT_ACCEPT: self.default_accept}),
        }
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self.image.uri,
            model_data_url=self.artifact.uri,
            environment=variables if variables else None,
            container_hostname=hostname,
        )

    @property
    def downloads(self) -> bool:
        """Whether it fetches its script itself."""
        return self.script is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedContainers:
    """The containers of a model package, with variables beside its own; they fetch nothing themselves.

    `images` and `artifacts` are what the role must be allowed to read of it.
    """

    package: str
    images: Sequence[ContainerImage] = ()
    artifacts: Sequence[StoredArtifact] = ()
    environment: Mapping[str, str] | None = None
    default_accept: str | None = None
    downloads: ClassVar[bool] = False

    def definition(self) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        """Return it as a Model has it: a package of several containers stands for all of them."""
        accept = {} if self.default_accept is None else {DEFAULT_ACCEPT: self.default_accept}
        variables = {**({} if self.environment is None else self.environment), **accept}
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            model_package_name=self.package, environment=variables if variables else None
        )


class StoredModel(Construct):
    """A Model that SageMaker can load, with a role that may read it and little else.

    It has no name of its own: none of its properties can be changed in place, and CloudFormation makes a replacement
    before it deletes the old one, which a fixed name would forbid. What a `transformer` answers is what the model's own
    container is asked. A model that is `isolated` reaches no network, where nothing else needs one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        container: ModelContainer | PackagedContainers,
        role: ExecutionRole,
        transformer: ModelContainer | None = None,
        vpc: Vpc | None = None,
        serverless: bool = False,
        isolated: bool = True,
    ) -> None:
        super().__init__(scope, construct_id)
        network: sagemaker.CfnModel.VpcConfigProperty | None = None
        if vpc is not None:
            network = sagemaker.CfnModel.VpcConfigProperty(
                security_group_ids=list(vpc.security_groups), subnets=list(vpc.subnets)
            )
        pipeline = None
        if transformer is not None and isinstance(container, ModelContainer):
            pipeline = [transformer.definition(hostname=TRANSFORMER), container.definition(hostname=MODEL)]
        self.resource = sagemaker.CfnModel(
            self,
            "Resource",
            execution_role_arn=role.arn,
            primary_container=container.definition() if pipeline is None else None,
            containers=pipeline,
            # For a serverless endpoint SageMaker isolates no network.
            enable_network_isolation=isolated and not container.downloads and not serverless,
            vpc_config=network,
        )
        self.name = self.resource.attr_model_name


def serving_statements(
    *,
    images: Sequence[ContainerImage],
    artifacts: Sequence[StoredArtifact],
    script: ServingScript | None,
    key_arn: str,
    log_group: str,
    vpc: Vpc | None,
) -> list[Statement]:
    """Return what a role needs to load models and answer: their images, artifacts and script, logs and metrics."""
    archive = script.archive if script is not None else None
    scripts = [archive.arn] if archive is not None else []
    read = [*(artifact.arn for artifact in artifacts), *scripts]
    return [
        # Of a product of the Marketplace SageMaker reads everything itself.
        *(pull_image(*dict.fromkeys(image.repository_arn for image in images)) if images else []),
        *([read_objects(arns=read)] if read else []),
        *(archive.decrypt if archive is not None else []),
        *use_key(key_arn=key_arn),
        write_logs(group=log_group),
        publish_metrics(),
        *([attach_network()] if vpc is not None else []),
    ]
