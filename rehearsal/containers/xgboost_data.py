"""Tables as XGBoost's container reads them: CSV without a header, LIBSVM, and Parquet. An empty cell is missing.

What the container takes in silence and makes another table of, a header or a cell of text, is refused here.

Source: sagemaker-xgboost-container cb8df91, `data_utils.py` and `encoder.py`.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The container asks csv.Sniffer, which finds one of these in the first line of numbers.
DELIMITERS = ",\t;|"


def csv_table(lines: Sequence[str]) -> NDArray[np.float64]:
    """Return a table of numbers; what divides the cells is told from the first line.

    Raises:
        ValueError: a cell is no number, or the rows are not equally long, or there is none.

    """
    rows = [line for line in lines if line.strip()]
    delimiter = next((one for one in DELIMITERS if rows and one in rows[0]), ",")
    cells = [[float(text) if text.strip() else math.nan for text in row.split(delimiter)] for row in rows]
    widths = {len(row) for row in cells}
    if len(widths) != 1:
        raise ValueError(f"rows must be equally long and at least one, got the lengths {sorted(widths)}")
    return np.array(cells, dtype=np.float64)


def libsvm_table(lines: Sequence[str]) -> tuple[list[float], NDArray[np.float64]]:
    """Return the labels and the features of lines such as `1 0:0.5 7:2`; what a line does not name is missing.

    Raises:
        ValueError: a line is of another form, or there is none.

    """
    labels, rows = [], []
    for line in lines:
        label, *cells = line.split()
        labels.append(float(label))
        rows.append({int(index): float(value) for index, value in (cell.split(":") for cell in cells)})
    if not rows:
        raise ValueError("there must be a line, got none")
    table = np.full((len(rows), 1 + max((index for row in rows for index in row), default=0)), math.nan)
    for number, row in enumerate(rows):
        table[number, list(row)] = list(row.values())
    return labels, table


def parquet_table(paths: Sequence[Path]) -> NDArray[np.float64]:
    """Return the columns of files that all have the same; a null is a missing value.

    Raises:
        ValueError: a file is no Parquet, a column holds no numbers, the files have other columns, or there is none.

    """
    # Only here: to load it takes longer than to train on a small table, and few channels need it.
    import polars

    if not paths:
        raise ValueError("there must be a file, got none")
    try:
        table = polars.concat([polars.read_parquet(path) for path in paths], how="vertical_relaxed")
    except polars.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error
    texts = [name for name, kind in table.schema.items() if not (kind.is_numeric() or kind == polars.Boolean)]
    if texts:
        raise ValueError(f"the column {texts[0]} must hold numbers, it is {table.schema[texts[0]]}")
    numbers: NDArray[np.float64] = table.cast(polars.Float64).fill_null(math.nan).to_numpy()
    return numbers
