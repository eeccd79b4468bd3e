"""Hyperparameters as a manifest may have them: of all trials, of one, or the ranges of a search."""

import json
import re

from modelyard.manifest.rules import AtMost, Each, EachValue, Matches

Hyperparameter = bool | int | float | str

# Limits of CreateTrainingJob (SageMaker API reference).
MOST_HYPERPARAMETERS = 100
LONGEST_HYPERPARAMETER = 2500

# The API takes any line of text; these are the names that jobs, logs and command lines take as well.
HYPERPARAMETER_NAME = Matches(
    re.compile(r"[A-Za-z0-9_.:/@+-]{1,256}"),
    form="names of at most 256 letters, digits and _ . : / @ + -",
    hint="name them as the script reads them",
)
HYPERPARAMETERS = (Each(HYPERPARAMETER_NAME), EachValue(AtMost(LONGEST_HYPERPARAMETER)))


def hyperparameter_text(value: Hyperparameter, *, for_script: bool) -> str:
    """Return a hyperparameter as a job is given it: JSON for a script, whose container parses each, else plain.

    Source: sagemaker-training-toolkit, `mapping.decode`; a text that is no JSON is taken as it is.
    """
    if for_script:
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
