"""How many values of each type a column has, and the type that deequ infers from them."""

from dataclasses import dataclass
from enum import StrEnum

from modelyard.drift.errors import DriftError


class InferredType(StrEnum):
    """The types of statistics.json.

    Boolean is what deequ infers; the analyzer's files know only the other four, and a column of booleans is
    written as String there.
    """

    INTEGRAL = "Integral"
    FRACTIONAL = "Fractional"
    STRING = "String"
    BOOLEAN = "Boolean"
    UNKNOWN = "Unknown"

    @property
    def numeric(self) -> bool:
        """Whether the column has moments and a sketch."""
        return self in (InferredType.INTEGRAL, InferredType.FRACTIONAL)

    @property
    def reported(self) -> "InferredType":
        """The type as the files give it."""
        return InferredType.STRING if self is InferredType.BOOLEAN else self


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeCounts:
    """How many values of each type a column has."""

    missing: int
    fractional: int = 0
    integral: int = 0
    boolean: int = 0
    string: int = 0

    def __post_init__(self) -> None:
        if min(self.missing, self.fractional, self.integral, self.boolean, self.string) < 0:
            raise DriftError(f"counts of values must be 0 or more, got {self}; count the column again")

    @property
    def present(self) -> int:
        """How many values are not missing."""
        return self.fractional + self.integral + self.boolean + self.string

    @property
    def inferred(self) -> InferredType:
        """The type of the column by deequ's determineType."""
        if self.present == 0:
            return InferredType.UNKNOWN
        if self.string > 0 or (self.boolean > 0 and self.fractional + self.integral > 0):
            return InferredType.STRING
        if self.boolean > 0:
            return InferredType.BOOLEAN
        return InferredType.FRACTIONAL if self.fractional > 0 else InferredType.INTEGRAL

    def merge(self, other: "TypeCounts") -> "TypeCounts":
        """Return the counts of both."""
        return TypeCounts(
            missing=self.missing + other.missing,
            fractional=self.fractional + other.fractional,
            integral=self.integral + other.integral,
            boolean=self.boolean + other.boolean,
            string=self.string + other.string,
        )

    def of_type(self, *, inferred: InferredType) -> int:
        """Return how many values are of the type; an integer's text is not Fractional, nor is any Unknown."""
        return {
            InferredType.FRACTIONAL: self.fractional,
            InferredType.INTEGRAL: self.integral,
            InferredType.BOOLEAN: self.boolean,
            InferredType.STRING: self.string + self.boolean,
            InferredType.UNKNOWN: 0,
        }[inferred]
