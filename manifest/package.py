"""A model by its package: a version in a registry, or a product that is bought.

The image, artifact and variables of a package are in it and nowhere else, so that a role is told beside it what it may
read of them. A version of a group needs that; a package without versions, as the AWS Marketplace has them, is read by
SageMaker itself.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from modelyard.manifest.artifact import ArtifactUri
from modelyard.manifest.catalogue import OWN_IMAGE
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.rules import Count, Each, Matches

# ContainerDefinition's ModelPackageName has 176 characters at most (SageMaker API reference); these have fewer.
ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:model-package/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}"
    r"(?P<version>/[0-9]{1,9})?"
)
PACKAGE = Matches(ARN, form="the ARN of a model package", hint="find it with aws sagemaker list-model-packages")
IMAGE = Matches(OWN_IMAGE, form="URIs of images in ECR, with their tags or digests", hint="copy them from the package")
# As many as a package has containers (CreateModelPackage, InferenceSpecification).
FEW = Count(0, 15, hint="name what the package names")
PACKAGE_ARTIFACTS = (FEW, Each(ArtifactUri()))
PACKAGE_IMAGES = (FEW, Each(IMAGE))


def is_versioned(package: str) -> bool:
    """Whether a package is a version of a group; one that is bought is not."""
    found = ARN.fullmatch(package)
    return found is not None and found["version"] is not None


def package_problems(
    *,
    key: str,
    package: str | None,
    artifacts: tuple[str, ...],
    images: tuple[str, ...],
    are_images_needed: bool,
    beside: Mapping[str, Any],
) -> Iterator[Problem | None]:
    """Yield what is wrong with the package of the table `key`; `beside` holds what names a model otherwise.

    Images are needed of a version unless SageMaker pulls them itself, as those of a product's algorithm.
    """
    contents = {"package_artifacts": artifacts, "package_images": images}
    if package is None:
        for name, given in contents.items():
            yield problem_if(
                bool(given),
                key=f"{key}.{name}",
                allowed="left out without package",
                got=list(given),
                hint="remove it, or name the package",
            )
        return
    for name, value in beside.items():
        yield problem_if(
            value is not None,
            key=f"{key}.{name}",
            allowed="left out beside package, which holds all of a model",
            got=value,
            hint=f"remove {name}, or package",
        )
    if is_versioned(package):
        yield problem_if(
            are_images_needed and not images,
            key=f"{key}.package_images",
            allowed="the images of the package's containers, which the role must be allowed to pull",
            got=NOTHING,
            hint="let `yard promote --package` write it",
        )
        return
    for name, given in contents.items():
        yield problem_if(
            bool(given),
            key=f"{key}.{name}",
            allowed="left out for a package without versions, which SageMaker reads itself",
            got=list(given),
            hint="remove it",
        )
