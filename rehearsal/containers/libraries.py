"""The libraries that AWS's containers have for scripts, of which this machine has those that are installed.

Source: requirements.txt of sagemaker-scikit-learn-container eae7b6b and sagemaker-xgboost-container cb8df91; the
release notes of the images of PyTorch 2.6 to 2.13 and TensorFlow 2.19 to 2.21 ("AWS Deep Learning Containers"), of
which that is listed which the training images have in all versions.
"""

import importlib.util
import re
from collections.abc import Mapping

from modelyard.shared.container_families import FAMILIES, ContainerFamily

# By family, what is imported and what pip installs for it; the framework itself is the first.
LIBRARIES: Mapping[str, Mapping[str, str]] = {
    "sklearn": {
        "sklearn": "scikit-learn",
        "numpy": "numpy",
        "scipy": "scipy",
        "joblib": "joblib",
        "pandas": "pandas",
        "pyarrow": "pyarrow",
        "boto3": "boto3",
        "flask": "Flask",
        "psutil": "psutil",
        "dateutil": "python-dateutil",
    },
    "xgboost": {
        "xgboost": "xgboost",
        "sklearn": "scikit-learn",
        "numpy": "numpy",
        "scipy": "scipy",
        "pandas": "pandas",
        "pyarrow": "pyarrow",
        "matplotlib": "matplotlib",
        "dask": "dask",
        "PIL": "Pillow",
        "yaml": "PyYAML",
        "boto3": "boto3",
        "flask": "Flask",
        "psutil": "psutil",
        "requests": "requests",
        "dateutil": "python-dateutil",
    },
    "pytorch": {
        "torch": "torch",
        "torchvision": "torchvision",
        "numpy": "numpy",
        "pandas": "pandas",
        "sklearn": "scikit-learn",
        "scipy": "scipy",
    },
    "tensorflow": {"tensorflow": "tensorflow", "keras": "keras", "numpy": "numpy", "pandas": "pandas"},
    "huggingface": {
        "transformers": "transformers",
        "torch": "torch",
        "numpy": "numpy",
        "tokenizers": "tokenizers",
        "accelerate": "accelerate",
    },
}
# What Python says, and what pandas says of libraries that it does without until a function needs one.
NOT_FOUND = re.compile(
    r"ModuleNotFoundError: No module named '([A-Za-z_]\w*)"
    r"|ImportError: .*(?:Missing optional dependency|tried using:|`Import) [`']?(\w+)"
    r"|ImportError: (\w+) (?:is required|not found)"
)


def missing_framework(family: str) -> str | None:
    """Return what pip installs for the framework of a family's containers, or None where it is installed or unknown.

    None, too, where a command may stand for the containers, which then brings what it needs.
    """
    if family not in LIBRARIES or FAMILIES[family].stood_for:
        return None
    module, distribution = next(iter(LIBRARIES[family].items()))
    return None if _is_installed(module) else distribution


def import_hint(line: str, *, family: ContainerFamily | None) -> str | None:
    """Return what to do where a line tells of a failed import: of a library that the container on AWS has, or has not.

    None for any other line, and for an image of one's own, of which nothing is known.
    """
    found = NOT_FOUND.search(line)
    if found is None or family is None:
        return None
    module = next(name for name in found.groups() if name is not None)
    distribution = LIBRARIES.get(family.name, {}).get(module)
    if distribution is None:
        return (
            f"{module} is not listed for AWS's {family.title} container: name it in a requirements.txt that is "
            "installed before the script, or pack it with the script"
        )
    return (
        f"{distribution} is in AWS's {family.title} container and not installed on this machine: pip install "
        f"{distribution}, into the environment that rehearses"
    )


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
