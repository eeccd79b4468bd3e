"""Inputs that a job on images of digits must refuse, and what it says of each."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from modelyard.rehearsal.containers.training_results import TrainingResult

# What the channel train holds, the hyperparameters, and the sentence that the job must end with.
Refusals = Mapping[str, tuple[dict[str, object], dict[str, object], str]]


def write_channel(folder: Path, *, images: Any = None, labels: Any = None) -> Path:
    folder.mkdir()
    for name, array in (("images", images), ("labels", labels)):
        if isinstance(array, bytes):
            (folder / f"{name}.npy").write_bytes(array)
        elif array is not None:
            np.save(folder / f"{name}.npy", array)
    return folder


def failure_reasons(
    *, refusals: Refusals, workload: str, train: Callable[..., TrainingResult], folder: Path
) -> dict[str, str | None]:
    def reason(case: str) -> str | None:
        files, hyperparameters, _ = refusals[case]
        channel = write_channel(folder / case.replace(" ", "-"), **files)
        return train(workload, channels={"train": channel}, hyperparameters=hyperparameters).failure_reason

    # Two at a time: most of each is the import of the framework.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(zip(refusals, pool.map(reason, refusals), strict=True))
