"""The sample of a model in the data bucket: where a deploy runs, the project's data are seldom at hand."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from modelyard.manifest import Model
from modelyard.manifest.data import DataFormat
from modelyard.operations.bucket import DataBucket
from modelyard.operations.data.own import DATA, OwnData, absence, check_sampled
from modelyard.operations.data.rows import SUFFIXES
from modelyard.operations.data.schema import DATASETS
from modelyard.operations.failures import Failure

# Records are asked for one at a time: the first file of a sample that is no larger has enough of them.
MOST_BYTES = 64 * 1024 * 1024


@contextmanager
def local_copy(key: str, *, bucket: DataBucket, file: Path) -> Iterator[Path]:
    """Copy an object to a file, and name the object in what is said of the file for the time of the `with`.

    Raises:
        Failure: as the body of the `with` does.
    """
    content = bucket.read(key)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if content is not None else b"")
    try:
        yield file
    except Failure as failure:
        raise Failure(str(failure).replace(str(file), bucket.uri(key))) from failure


@dataclass(frozen=True, kw_only=True)
class StoredSample:
    """Traffic made of the sample's first file in the bucket, to which `yard data push` has sent it."""

    model: Model
    bucket: DataBucket
    drifted: bool = False

    def traffic(self) -> tuple[tuple[str, str], ...]:
        """Return rows as `OwnData` does.

        Raises:
            Failure: there is no such file, or it is not what the manifest says.
        """
        check_sampled(self.model)
        found = next(self._files(), None)
        if found is None:
            stored = self.bucket.uri(f"{self.model.name}/{DATASETS}")
            raise Failure(absence(self.model, where=f"{DATA}/{self.model.name}/ or {stored}"))
        path, key = found
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / path.removeprefix(DATASETS)
            # A dataset is a folder, or a single file of its name.
            single = key == self.model.layout.dataset(path=path)
            file = place if single else place / f"sample.{self._form}"
            with local_copy(key, bucket=self.bucket, file=file):
                return OwnData(model=self.model, folder=Path(folder), drifted=self.drifted).traffic()

    @property
    def _form(self) -> DataFormat:
        return self.model.data.format if self.model.data is not None else "csv"

    def _files(self) -> Iterator[tuple[str, str]]:
        """The path of a dataset and the key of a file of it, those of the sample first."""
        data, training = self.model.data, self.model.training
        named = [data.sample] if data is not None else []
        if training is not None:
            named += [
                training.stored_baseline_dataset,
                *(channel.path for channel in training.stored_channels.values()),
            ]
        for path in (path for path in named if path is not None):
            for stored in self.bucket.objects(self.model.layout.dataset(path=path)):
                if stored.key.endswith(SUFFIXES[self._form]) and 0 < stored.size <= MOST_BYTES:
                    yield path, stored.key
