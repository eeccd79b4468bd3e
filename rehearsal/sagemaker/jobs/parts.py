"""All kinds of jobs of one platform, made together and ended together."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rehearsal.sagemaker.jobs.processing import ProcessingJobs
from rehearsal.sagemaker.jobs.training import TrainingJobs
from rehearsal.sagemaker.jobs.transform import TransformJobs
from rehearsal.sagemaker.jobs.tuning import TuningJobs
from rehearsal.sagemaker.platform import Platform
from rehearsal.sagemaker.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Jobs:
    """The parts of the API for jobs; leaving the context ends every job."""

    training: TrainingJobs
    tuning: TuningJobs
    processing: ProcessingJobs
    transform: TransformJobs

    @classmethod
    def of(
        cls,
        *,
        platform: Platform,
        on_trial_component: Callable[[Document, str], None] = lambda _document, _kind: None,
    ) -> Self:
        """Make the parts; `on_trial_component` is told of jobs with an ExperimentConfig at their start and end."""
        training = TrainingJobs(platform=platform, on_trial_component=on_trial_component)
        return cls(
            training=training,
            tuning=TuningJobs(platform=platform, training=training),
            processing=ProcessingJobs(platform=platform, on_trial_component=on_trial_component),
            transform=TransformJobs(platform=platform, on_trial_component=on_trial_component),
        )

    @property
    def parts(self) -> list[object]:
        """The parts, for the service's door."""
        return [self.training, self.tuning, self.processing, self.transform]

    def close(self) -> None:
        """End every job: searches first, so that they start no more."""
        for part in (self.tuning, self.training, self.processing, self.transform):
            part.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
