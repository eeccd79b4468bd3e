"""Say of each apple whether it is ripe: 1, or 0."""

import csv
import io
import json
import math
import os
from pathlib import Path


def model_fn(model_dir):
    return json.loads((Path(model_dir) / "apples.json").read_text(encoding="utf-8"))


def input_fn(body, content_type):
    return [[float(cell) for cell in row] for row in csv.reader(io.StringIO(body)) if row]


def predict_fn(rows, model):
    sums = [
        model["bias"] + sum(weight * cell for weight, cell in zip(model["weights"], row, strict=True)) for row in rows
    ]
    return [1 / (1 + math.exp(-value)) for value in sums]


def output_fn(probabilities, accept):
    threshold = float(os.environ["THRESHOLD"])
    return "".join(f"{int(value > threshold)}\n" for value in probabilities), "text/csv"
