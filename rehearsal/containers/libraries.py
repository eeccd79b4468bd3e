"""The libraries that AWS's containers have for scripts, of which this machine has those that are installed.

Source: requirements.txt of sagemaker-scikit-learn-container and sagemaker-xgboost-container; the release notes of
the images of PyTorch and TensorFlow ("AWS Deep Learning Containers"), of which only their framework is listed.
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
    "pytorch": {"torch": "torch", "numpy": "numpy"},
    "tensorflow": {"tensorflow": "tensorflow", "numpy": "numpy"},
    "huggingface": {
        "transformers": "transformers",
        "torch": "torch",
        "numpy": "numpy",
        "tokenizers": "tokenizers",
        "accelerate": "accelerate",
    },
}
NOT_FOUND = re.compile(r"ModuleNotFoundError: No module named '([A-Za-z_]\w*)")


def missing_framework(family: str) -> str | None:
    """Return what pip installs for the framework of a family's containers, or None where it is installed or unknown.

    None, too, where a command may stand for the containers, which then brings what it needs.
    """
    if family not in LIBRARIES or FAMILIES[family].stood_for:
        return None
    module, distribution = next(iter(LIBRARIES[family].items()))
    return None if _is_installed(module) else distribution


def import_hint(line: str, *, family: ContainerFamily | None) -> str | None:
    """Return what to do where a line tells of a failed import of a library that the container on AWS has."""
    found = NOT_FOUND.search(line)
    if found is None or family is None:
        return None
    distribution = LIBRARIES.get(family.name, {}).get(found[1])
    if distribution is None:
        return None
    return (
        f"{distribution} is in AWS's {family.title} container and not installed on this machine: pip install "
        f"{distribution}, into the environment that rehearses"
    )


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
