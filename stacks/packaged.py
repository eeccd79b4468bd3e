"""What a model package is served with, for the endpoint and for batch transform alike."""

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.stored_model import PackagedContainers, StoredArtifact
from modelyard.manifest import Model
from modelyard.manifest.batch import Batch
from modelyard.manifest.serving import Variant
from modelyard.stacks.stage_stack import StageStack


def packaged_containers(
    *,
    stack: StageStack,
    called: str,
    table: Variant | Batch,
    model: Model,
    instance: str,
    default_accept: str | None = None,
) -> PackagedContainers | None:
    """Return the containers of the package that a table names, or None; `called` is for what is made of them."""
    if table.package is None:
        return None
    return PackagedContainers(
        package=table.package,
        images=[
            ContainerImage(stack, f"{called}Image{place}", container=image, image_scope="inference", instance=instance)
            for place, image in enumerate(table.package_images, 1)
        ],
        # They are whole URIs, of whichever bucket.
        artifacts=[StoredArtifact.promoted(artifact=one, bucket="") for one in table.package_artifacts],
        environment=model.serving_environment,
        default_accept=default_accept,
    )
