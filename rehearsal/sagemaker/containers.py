"""What the containers of a job or a model name: which image that is, the artifact, and the script.

No image is pulled, so what is in one must be known here. The repositories are those of
`manifest/tables/images.json`, which is AWS's own list.
"""

import re
from enum import StrEnum

from modelyard.rehearsal.sagemaker.errors import invalid
from modelyard.rehearsal.sagemaker.store import Document
from modelyard.shared.s3_uri import S3Uri, is_s3_uri

IMAGE = re.compile(r"(?:[^/]+/)?(?P<repository>[^:@]+)(?::[^@]+)?(?:@.+)?")
# The variables of a model's container that name its script.
SUBMIT_DIRECTORY = "SAGEMAKER_SUBMIT_DIRECTORY"
PROGRAM = "SAGEMAKER_PROGRAM"


class Container(StrEnum):
    """What a container holds around a user's script."""

    XGBOOST = "XGBoost"
    SCIKIT_LEARN = "scikit-learn"
    PYTORCH = "PyTorch"
    TENSORFLOW = "TensorFlow"
    ANALYZER = "Model Monitor's analyzer"
    MERGER = "Model Monitor's merger of ground truth"


REPOSITORIES = {
    "sagemaker-xgboost": Container.XGBOOST,
    "xgboost": Container.XGBOOST,
    "sagemaker-scikit-learn": Container.SCIKIT_LEARN,
    "pytorch-training": Container.PYTORCH,
    "pytorch-inference": Container.PYTORCH,
    "pytorch-inference-graviton": Container.PYTORCH,
    "pytorch-inference-arm64": Container.PYTORCH,
    "tensorflow-training": Container.TENSORFLOW,
    "tensorflow-inference": Container.TENSORFLOW,
    "tensorflow-inference-graviton": Container.TENSORFLOW,
    "tensorflow-inference-arm64": Container.TENSORFLOW,
    "sagemaker-model-monitor-analyzer": Container.ANALYZER,
    "sagemaker-model-monitor-groundtruth-merger": Container.MERGER,
}


def repository(uri: str) -> str:
    """Return an image's repository, without registry, tag and digest."""
    match = IMAGE.fullmatch(uri)
    return uri if match is None else match["repository"]


def container_of(uri: str) -> Container | None:
    """Return the container that an image is, or None for one that is not known here."""
    return REPOSITORIES.get(repository(uri))


def artifact_of(container: Document) -> S3Uri | None:
    """Return where a model's artifact lies: an archive, or a prefix that ends in /; None for a model without one."""
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    uri: str | None = container.get("ModelDataUrl", source.get("S3Uri"))
    return None if uri is None else S3Uri.parse(uri)


def script_of(container: Document) -> S3Uri | None:
    """Return where the archive of a model's script lies; None for a path, as the artifact brings its own script then.

    Raises:
        ServiceError: ValidationException, a URI that is none.

    """
    directory = container.get("Environment", {}).get(SUBMIT_DIRECTORY, "")
    if not is_s3_uri(directory):
        return None
    try:
        return S3Uri.parse(directory)
    except ValueError as error:
        raise invalid(f"{SUBMIT_DIRECTORY}: {error}") from error
