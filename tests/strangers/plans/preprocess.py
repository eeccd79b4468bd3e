"""Turn the texts of a table into columns of 0 and 1, before training and before the model."""

import argparse
import csv
import io
import json
import os
import tarfile
from collections import Counter
from pathlib import Path

INPUTS, OUTPUTS = Path(os.environ.get("PROCESSING_INPUTS", ".")), Path(os.environ.get("PROCESSING_OUTPUTS", "."))


def model_fn(model_dir):
    return json.loads((Path(model_dir) / "columns.json").read_text(encoding="utf-8"))


def input_fn(body, content_type):
    if content_type.partition(";")[0] != "text/csv":
        raise ValueError(f"Content-Type must be text/csv, got {content_type}")
    return [row for row in csv.reader(io.StringIO(body)) if row]


def predict_fn(rows, columns):
    return [encoded(row, columns) for row in rows]


def output_fn(rows, accept):
    return "".join(",".join(row) + "\n" for row in rows), "text/csv"


def encoded(row, columns):
    """A row of numbers: those that it has, and for each text that is not rare whether it is that one."""
    if len(row) != len(columns):
        raise ValueError(f"a row must have {len(columns)} cells, got {len(row)}")
    cells = []
    for cell, known in zip(row, columns):
        cells += [cell] if known is None else [str(int(cell == text)) for text in known]
    return cells


def fitted(rows, rarest):
    """Of each column its texts that are not rare, or None for numbers."""
    columns = []
    for cells in zip(*rows):
        counts = Counter(cells)
        known = sorted(text for text, count in counts.items() if text and count >= rarest)
        columns.append(None if all(is_number(cell) for cell in counts) else known)
    return columns


def is_number(cell):
    try:
        float(cell or 0)
    except ValueError:
        return False
    return True


def read(name):
    files = sorted((INPUTS / name).glob("*.csv"))
    return [row for file in files for row in csv.reader(file.open(encoding="utf-8", newline="")) if row]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rarest", type=int, default=1)
    options = parser.parse_args()
    columns = fitted([row[1:] for row in read("train")], options.rarest)
    for name in ("train", "validation"):
        folder = OUTPUTS / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([row[0], *encoded(row[1:], columns)] for row in read(name))
    folder = OUTPUTS / "transformer"
    folder.mkdir(parents=True, exist_ok=True)
    content = json.dumps(columns).encode()
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        entry = tarfile.TarInfo("columns.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        archive.add(__file__, "code/preprocess.py")


if __name__ == "__main__":
    main()
