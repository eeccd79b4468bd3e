"""The `[data]` table: what the columns of a model's data are, and in which format its files have them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import Between, Count, DataPath, Declared, Matches

Kind = Literal["number", "integer", "text"]
DataFormat = Literal["csv", "jsonl", "parquet"]

MOST_COLUMNS = 10_000

COLUMN_NAME = Matches(
    re.compile(r"\S(.{0,253}\S)?"),
    form="a name of at most 255 characters, without spaces at its ends",
    hint="name it as the header, the keys or the schema of the data do",
)
# AttributeNames of S3DataSource (API reference); one that ends so is read as an object's URI, or as metadata.
LABEL_ATTRIBUTE = Matches(
    re.compile(r"(?!.*-(ref|metadata)$).{1,256}"),
    form="a name of 1 to 256 characters that does not end with -ref or -metadata",
    hint="name it as the manifest does",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column(Declared):
    """A column of the data.

    `missing` says whether cells may be missing: empty in CSV; null, or no such key, in JSON lines; null in Parquet.
    """

    name: Annotated[str, COLUMN_NAME]
    kind: Kind
    missing: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Data(Declared):
    """What the data are; `yard data describe` writes this table from a file.

    `columns` stand in the order of the training data, the label among them; CSV without a header has them in this
    order, and requests without the label. The baseline dataset has the label first, as a check reads the answer before
    the request. `sample` is the dataset whose records checks and traffic send, by default the baseline dataset, else
    the first channel. In augmented manifests `label_attribute` names the labels, by default those of the name of
    `label`, else the only ones; labels whose confidence is below `min_confidence` are left out.
    """

    columns: Annotated[tuple[Column, ...], Count(1, MOST_COLUMNS, hint="list the columns: yard data describe FILE")]
    label: str | None = None
    format: DataFormat = "csv"
    sample: Annotated[str | None, DataPath()] = None
    label_attribute: Annotated[str | None, LABEL_ATTRIBUTE] = None
    min_confidence: Annotated[float | None, Between(0, 1)] = None

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        names = [column.name for column in self.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        return (
            problem_if(bool(twice), key="columns.name", allowed="different", got=twice, hint="name each column once"),
            problem_if(
                self.label is not None and self.label not in names,
                key="label",
                allowed=f"one of the columns ({', '.join(names)})",
                got=self.label,
                hint="name one of them, or list the label's column too",
            ),
            *(
                problem_if(
                    self.label is None and given is not None,
                    key=key,
                    allowed="left out without label",
                    got=given,
                    hint="name the label's column, which these labels fill",
                )
                for key, given in (("label_attribute", self.label_attribute), ("min_confidence", self.min_confidence))
            ),
            problem_if(
                names == [self.label],
                key="columns",
                allowed="more than the label alone",
                got=names,
                hint="list the columns that are sent",
            ),
        )

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns of a request: all but the label."""
        return tuple(column for column in self.columns if column.name != self.label)

    @property
    def label_kind(self) -> Kind | None:
        """The kind of the label; None where there is none."""
        return next((column.kind for column in self.columns if column.name == self.label), None)

    @property
    def label_first(self) -> tuple[Column, ...]:
        """The columns of the baseline dataset."""
        return (*(column for column in self.columns if column.name == self.label), *self.features)
