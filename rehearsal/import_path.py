"""From where `modelyard` is imported: what the processes of the local AWS need to import it too."""

import importlib.util
import os
from pathlib import Path

import modelyard


def import_path() -> str:
    """Return the folders that hold `modelyard`, as PYTHONPATH takes them.

    They are a clone, site-packages, or several where the distributions are installed in different places. Links are
    not followed: in a clone the rooms below modelyard/ are links to folders that are imported by no other name.
    """
    return os.pathsep.join(dict.fromkeys(str(Path(folder).absolute().parent) for folder in modelyard.__path__))


def analyzer_root() -> Path:
    """Return the folder from which `modelyard.drift` is imported."""
    spec = importlib.util.find_spec("modelyard.drift")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("modelyard.drift is not installed; pip install modelyard-drift")
    return Path(spec.origin).absolute().parents[2]
