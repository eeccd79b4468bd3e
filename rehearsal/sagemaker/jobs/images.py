"""Which container the URI of an image means: no image is pulled, so what is in it must be known here.

The repositories are those of `manifest/tables/images.json`, which is AWS's own list.
"""

import re
from enum import StrEnum

URI = re.compile(r"(?:[^/]+/)?(?P<repository>[^:@]+)(?::[^@]+)?(?:@.+)?")


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
    "tensorflow-training": Container.TENSORFLOW,
    "tensorflow-inference": Container.TENSORFLOW,
    "sagemaker-model-monitor-analyzer": Container.ANALYZER,
    "sagemaker-model-monitor-groundtruth-merger": Container.MERGER,
}


def repository(uri: str) -> str:
    """Return an image's repository, without registry, tag and digest."""
    match = URI.fullmatch(uri)
    return uri if match is None else match["repository"]


def container_of(uri: str) -> Container | None:
    """Return the container that an image is, or None for one that is not known here."""
    return REPOSITORIES.get(repository(uri))
