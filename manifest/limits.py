"""The `[monitoring.limits]` table: what a check allows, in place of what the baseline suggests."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import Between, Declared

# Two columns whose shares are far apart in every bin come to some 18, for a share of zero counts as 0.0001.
LARGEST_PSI = 20
LARGEST_STATISTIC = 1_000_000
DIGITS = 12
# Where the template of a check says which limits it has.
LIMITS_METADATA = "Limits"
FOLDER = re.compile(rf"/limits-[0-9a-f]{{{DIGITS}}}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measures(Declared):
    """Measures of the engine `drift` beyond AWS's; one that is left out is not checked.

    A violation is a `psi`, `jensen_shannon` or `prediction_drift` above its threshold, or a
    `kolmogorov_smirnov_p_value` below it. `new_categories` and `vanished_categories` are switches.
    """

    psi: Annotated[float | None, Between(0, LARGEST_PSI)] = None
    jensen_shannon: Annotated[float | None, Between(0, 1)] = None
    kolmogorov_smirnov_p_value: Annotated[float | None, Between(0, 1)] = None
    prediction_drift: Annotated[float | None, Between(0, 1)] = None
    new_categories: bool | None = None
    vanished_categories: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds(Declared):
    """The limits that all columns or one of them may have, by their names in constraints.json."""

    completeness: Annotated[float | None, Between(0, 1)] = None
    datatype_check_threshold: Annotated[float | None, Between(0, 1)] = None
    domain_content_threshold: Annotated[float | None, Between(0, 1)] = None
    comparison_threshold: Annotated[float | None, Between(0, 1)] = None
    categorical_comparison_threshold: Annotated[float | None, Between(0, LARGEST_STATISTIC)] = None
    measures: Measures | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnLimits(Thresholds):
    """The limits of one column, where they differ from those of all columns.

    `inferred_type` is the type that its values must have, where the baseline's own values mislead: a label of 0 and 1
    is Integral, the probability that takes its place in the traffic is Fractional.
    """

    inferred_type: Literal["Integral", "Fractional"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits(Thresholds):
    """What a check allows, by the names of constraints.json; what is left out stays as the baseline suggests it.

    `completeness` is the least share of values that are present, `datatype_check_threshold` the least share of a
    column's type, `domain_content_threshold` the least share inside a column's known categories.
    `comparison_threshold` is the largest distance between the distributions of numbers,
    `categorical_comparison_threshold` of categories: by LInfinity the largest difference of a share, by ChiSquared the
    least p-value or, with Simple, the largest statistic. `comparison_method` Robust allows for what chance explains,
    Simple does not. `ignore` lists columns that are not checked; `columns` has limits of single columns. `yard promote`
    writes them into the baseline that it promotes, and `yard limits` into the promoted one when they change.
    """

    comparison_method: Literal["Robust", "Simple"] | None = None
    categorical_drift_method: Literal["LInfinity", "ChiSquared"] | None = None
    ignore: tuple[str, ...] = ()
    columns: dict[str, ColumnLimits] = field(default_factory=dict)

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        # ChiSquared with Robust compares a p-value, LInfinity a difference of shares: neither is above 1.
        statistic = (self.categorical_drift_method, self.comparison_method) == ("ChiSquared", "Simple")
        return (
            *(
                problem_if(
                    limit is not None and limit > 1 and not statistic,
                    key=f"{place}categorical_comparison_threshold",
                    allowed="between 0 and 1 without ChiSquared and Simple",
                    got=limit,
                    hint="lower it: no distance is above 1",
                )
                for place, one in self._places()
                for limit in (one.categorical_comparison_threshold,)
            ),
            *(
                problem_if(
                    name in self.columns,
                    key="ignore",
                    allowed="columns without limits of their own",
                    got=name,
                    hint=f'take it from the list or remove columns."{name}"',
                )
                for name in self.ignore
            ),
        )

    def _places(self) -> list[tuple[str, Thresholds]]:
        return [("", self), *((f'columns."{name}".', one) for name, one in self.columns.items())]

    @property
    def measured(self) -> list[str]:
        """The keys of the tables of measures that are given, of all columns and of single ones."""
        return [f"{place}measures" for place, one in self._places() if one.measures is not None]

    @property
    def named_columns(self) -> list[str]:
        """Every column that has limits of its own or is ignored."""
        return list(dict.fromkeys([*self.columns, *self.ignore]))

    @property
    def document(self) -> Mapping[str, Any]:
        """What is declared, as TOML has it: nothing that was left out."""
        return _given(dataclasses.asdict(self))

    @property
    def folder(self) -> str:
        """The folder of a baseline with these limits."""
        return limits_folder(self.document)


def limits_folder(limits: Mapping[str, Any]) -> str:
    """Return the folder of a baseline with the limits of a document.

    Others have another, so that what a deployed check reads never changes.
    """
    digest = hashlib.sha256(json.dumps(limits, sort_keys=True).encode()).hexdigest()
    return f"limits-{digest[:DIGITS]}"


def with_limits(baseline: str, *, limits: Mapping[str, Any] | None) -> str:
    """Return the prefix of a baseline with the limits of a document, in place of those that it may have had."""
    suggested = FOLDER.sub("", baseline)
    return suggested if limits is None else f"{suggested}/{limits_folder(limits)}"


def _given(table: Mapping[str, Any]) -> dict[str, Any]:
    values = {
        key: _given(value) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else value
        for key, value in table.items()
    }
    return {key: value for key, value in values.items() if value not in (None, [], {})}
