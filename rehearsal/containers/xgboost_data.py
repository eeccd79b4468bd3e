"""Tables as XGBoost's container reads them: CSV without a header, and LIBSVM. An empty cell is a missing value.

What the container takes in silence and makes another table of, a header or a cell of text, is refused here.

Source: sagemaker-xgboost-container cb8df91, `data_utils.py` and `encoder.py`.
"""

import math
from collections.abc import Sequence

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
