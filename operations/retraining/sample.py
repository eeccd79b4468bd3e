"""What is said of two models on the same held-out rows."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A metric of two models on the same rows; `low` to `high` holds the gain in 95 of 100 such samples.

    A gain above 0 is for the candidate, whichever way the metric goes.
    """

    metric: str
    rows: int
    candidate: float
    promoted: float
    gain: float
    low: float
    high: float
    method: str

    @property
    def is_better(self) -> bool:
        """Whether the candidate is better beyond chance."""
        return self.low > 0

    @property
    def sentence(self) -> str:
        """The result in words."""
        return (
            f"{self.metric} {self.candidate:.4f} against {self.promoted:.4f} on {self.rows} rows: a gain of "
            f"{self.gain:+.4f}, between {self.low:+.4f} and {self.high:+.4f} with 95 % confidence ({self.method})"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A sample of held-out rows, and how the models differ on it, or why that cannot be said."""

    name: str
    difference: Difference | None
    obstacle: str = ""

    @property
    def result(self) -> str:
        """The result in words."""
        return self.obstacle if self.difference is None else self.difference.sentence

    @property
    def sentence(self) -> str:
        """The result of the sample in words."""
        return f"{self.name}: {self.result}"
