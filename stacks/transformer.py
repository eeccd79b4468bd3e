"""The container that stands before a model, for the endpoint and for batch transform alike."""

from modelyard.constructs.container_image import ContainerImage
from modelyard.constructs.stored_model import ModelContainer, ServingScript, StoredArtifact
from modelyard.manifest import catalogue
from modelyard.manifest.preprocessing import Preprocessing
from modelyard.shared.container_families import FAMILIES


def transformer_script(*, preprocessing: Preprocessing) -> ServingScript:
    """Return the functions that transform a request: those of the archive, which were fitted with it."""
    family = FAMILIES.get(catalogue.family_of(preprocessing.container))
    return ServingScript(program=preprocessing.program, family=family)


def transformer_container(
    *, preprocessing: Preprocessing, image: ContainerImage, artifact: StoredArtifact
) -> ModelContainer:
    """Return a container that answers in what the model's own is asked."""
    return ModelContainer(
        image=image,
        artifact=artifact,
        script=transformer_script(preprocessing=preprocessing),
        default_accept=preprocessing.content_type,
    )
