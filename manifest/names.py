"""How names for AWS are made from the user's."""

import re

MODEL_NAME = re.compile(r"(?=.{1,24}$)[a-z][a-z0-9]*([-_][a-z0-9]+)*")
STAGE_NAME = re.compile(r"[a-z][a-z0-9]{0,9}")

# An endpoint, a schedule and a job carry stage, model and more: `<stage>-<model>--<trial>-<run>`. A run that a person
# or a schedule started is named by its time, `20261122-101500`; the rest is room for a word.
LONGEST_STAGE = 10
LONGEST_MODEL = 24
LONGEST_RUN = 20


# Between a model's name and what follows it in a job's: no model's name holds it, so that `dev-churn--*` in a policy
# means the jobs of `churn` and not those of `churn-forest`.
MARK = "--"


def dashed(name: str) -> str:
    """Return the name as AWS takes it: SageMaker and CloudFormation know no underscore."""
    return name.replace("_", "-")
