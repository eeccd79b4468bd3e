"""The labels of a session as training data: converted, and put into a channel beside what is there."""

import shutil
import tempfile
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.channel import Channel
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.augmented import read_augmented
from modelyard.operations.data.converting import converted
from modelyard.operations.data.schema import DATASETS, declared
from modelyard.operations.failures import Failure

CHANNEL = "train"


def label_channel(model: Model) -> Channel | None:
    """Return the channel that labels are put into: `train`, else the first; None where that is no folder."""
    channels = model.training.stored_channels if model.training is not None else {}
    channel = channels.get(CHANNEL, next(iter(channels.values()), None))
    is_folder = channel is not None and model.layout.dataset(path=channel.path).endswith("/")
    return channel if is_folder else None


def push_labels(manifest: Path, *, model: Model, bucket: DataBucket) -> list[str]:
    """Put the rows of a manifest into the channel `train`, else the first, and return the keys of the objects.

    Raises:
        Failure: the model has no channel whose data are a folder of rows, or the manifest is not what it declares.
    """
    channel = label_channel(model)
    if channel is None:
        raise Failure(
            f"{model.name} must have a channel of a folder in the data bucket for labels to be pushed, it has none; "
            f"put {manifest} where its data are"
        )
    if model.data is None and read_augmented(manifest).is_of_references:
        raise Failure(
            f"{manifest} is of images, which are one array for all of a channel: put it into a folder of datasets, "
            f"with the others' manifests, and push that: yard data push {model.name} FOLDER"
        )
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "datasets"
        place = folder / channel.path.removeprefix(DATASETS)
        place.mkdir(parents=True)
        copy = Path(shutil.copy(manifest, place))
        dataset = next(one for one in declared(model=model, folder=folder) if one.path == channel.path)
        conversion = converted(copy, dataset=dataset, data=model.data, into=Path(work), read=lambda _: None)
        keys = {dataset.key_of(file=copy.with_name(name), model=model): file for name, file in conversion.files}
        for key, file in keys.items():
            bucket.upload(file=file, key=key, notes={}, sent=lambda _: None)
    return [*keys]
