"""The `[preprocessing]` table: a processing job before the trials, and the transformer that it may fit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

from modelyard.manifest import catalogue
from modelyard.manifest.hyperparameters import Hyperparameter, hyperparameter_text
from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import (
    LONGEST_SCRIPT,
    MEDIA_TYPE,
    AtMost,
    Between,
    Container,
    Count,
    DataPath,
    Declared,
    Each,
    EachValue,
    Instance,
    Matches,
)
from modelyard.manifest.training import LARGEST_VOLUME_GB
from modelyard.shared.container_families import FAMILIES

# Limits of CreateProcessingJob (SageMaker API reference): of ten inputs one is the script's archive, and each parameter
# is two of a hundred arguments.
MOST_INPUTS = 10 - 1
MOST_OUTPUTS = 10
MOST_PARAMETERS = 100 // 2
LONGEST_ARGUMENT = 256
LONGEST_RUNTIME_MINUTES = 777_600 // 60
# The name of the script's file stands in a word of the entry point, which is as long as an argument.
LONGEST_PROGRAM = 64
CODE = "code"

INPUT_NAME = Matches(
    re.compile(rf"(?!{CODE}$)[A-Za-z0-9_][A-Za-z0-9._-]{{0,63}}"),
    form=f"names of at most 64 letters, digits, dots, _ and -, others than {CODE}",
    hint=f"it becomes a folder of the job, beside that of the script, which is {CODE}",
)
PARAMETER_NAME = Matches(
    re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"),
    form="names of at most 64 letters, digits, dots, _ and -",
    hint="the script is given them as --NAME VALUE",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preprocessing(Declared):
    """A script that prepares the data of the trials, in a processing job before them.

    `inputs` are datasets of the data bucket; each is a folder of its name for the script. What the script writes into
    a folder is an output of that name, which `training.channels` and `training.baseline_dataset` read as
    `preprocessing/NAME`. `parameters` are given as arguments and recorded with each trial. Code and data that have been
    prepared before are not prepared again.

    With `transformer` the script also leaves what it has fitted as `transformer/model.tar.gz`, with its own functions
    below `code/`. Behind an endpoint and in batch it stands before the model, in the same container, and hands on what
    it answers as `content_type`.
    """

    container: Annotated[str, Container("training")]
    script: Annotated[str, AtMost(LONGEST_SCRIPT)]
    instance: Annotated[str, Instance("processing")]
    inputs: Annotated[
        dict[str, str],
        Count(1, MOST_INPUTS, hint="name the datasets to prepare"),
        Each(INPUT_NAME),
        EachValue(DataPath()),
    ]
    parameters: Annotated[
        dict[str, Hyperparameter],
        Count(0, MOST_PARAMETERS, hint="leave some to the script's defaults"),
        Each(PARAMETER_NAME),
        EachValue(AtMost(LONGEST_ARGUMENT)),
    ] = field(default_factory=dict)
    transformer: bool = False
    content_type: Annotated[str, MEDIA_TYPE] = "text/csv"
    volume_gb: Annotated[int, Between(1, LARGEST_VOLUME_GB)] = 30
    max_runtime_minutes: Annotated[int, Between(1, LONGEST_RUNTIME_MINUTES)] = 60

    def check_combination(self) -> Iterable[Problem | None]:
        """See `Declared`."""
        family = FAMILIES.get(catalogue.family_of(self.container))
        yield problem_if(
            len(self.program) > LONGEST_PROGRAM,
            key="script",
            allowed=f"a file whose name has at most {LONGEST_PROGRAM} characters",
            got=self.program,
            hint="shorten it",
        )
        yield problem_if(
            self.transformer and family is not None and family.serving_program is not None,
            key="transformer",
            allowed=f"false for {family.name if family is not None else ''}, whose server runs no function before it",
            got=True,
            hint="prepare with another container, such as sklearn",
        )
        if self.transformer and family is not None:
            # A family of training alone has no image that answers.
            yield Container("inference").problem(key="container", value=self.container)

    @property
    def program(self) -> str:
        """The name of the script's file."""
        return self.script.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The parameters as a command line has them."""
        return tuple(
            word
            for name, value in self.parameters.items()
            for word in (f"--{name}", hyperparameter_text(value, for_script=False))
        )
