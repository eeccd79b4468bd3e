"""What a serving container is told: the code of the model's own archive, and its variables."""

import re
from collections.abc import Iterator, Mapping

from modelyard.manifest.problems import Problem, problem_if
from modelyard.manifest.rules import AtMost, Count, Each, EachValue, Matches
from modelyard.shared.container_families import (
    LOG_LEVEL,
    NO_BUILD_ISOLATION,
    PACKED_PROGRAM,
    PROGRAM,
    REGION,
    SUBMIT_DIRECTORY,
)

# The variables that templates set, and what to write in their place.
OWN_VARIABLES: Mapping[str, str] = {
    **dict.fromkeys((PROGRAM, SUBMIT_DIRECTORY), "write serving.script or serving.program"),
    **dict.fromkeys((LOG_LEVEL, REGION, *NO_BUILD_ISOLATION), "remove it"),
}
# Limits of ContainerDefinition (SageMaker API reference). Of 100 variables some are the templates' own: those above,
# and the one that says in what a monitored endpoint answers.
MOST_VARIABLES = 100 - len(OWN_VARIABLES) - 1
LONGEST_VARIABLE = 1024
LONGEST_ENVIRONMENT = 32 * 1024
SMALLER = "put what is more into the model's archive"

ENVIRONMENT = (
    Count(0, MOST_VARIABLES, hint=SMALLER),
    Each(
        Matches(
            re.compile(rf"[a-zA-Z_][a-zA-Z0-9_]{{0,{LONGEST_VARIABLE - 1}}}"),
            form="names of letters, digits and _ that begin with no digit",
            hint="name them as the container reads them",
        )
    ),
    EachValue(AtMost(LONGEST_VARIABLE)),
)
PACKED_FILE = Matches(
    re.compile(r"[A-Za-z_]\w{0,127}\.py", re.ASCII),
    form="the name of a .py file at the top of code/ in the model's archive",
    hint=f"such as {PACKED_PROGRAM}",
)


def container_problems(
    *, script: str | None, program: str | None, environment: Mapping[str, str]
) -> Iterator[Problem | None]:
    """Yield what is wrong with a container's code and variables beside each other."""
    yield problem_if(
        script is not None and program is not None,
        key="program",
        allowed="left out beside script",
        got=program,
        hint="name a script of the project, or the file that the model's archive holds",
    )
    for name, hint in OWN_VARIABLES.items():
        if name in environment:
            yield own_variable(key=f"environment.{name}", got=environment[name], hint=hint)
    size = sum(len(f"{name}{value}".encode()) for name, value in environment.items())
    yield problem_if(
        size > LONGEST_ENVIRONMENT,
        key="environment",
        allowed=f"at most {LONGEST_ENVIRONMENT} bytes of names and values",
        got=size,
        hint=SMALLER,
    )


def own_variable(*, key: str, got: str, hint: str) -> Problem:
    """Return that a variable is not the manifest's to set."""
    return Problem(key=key, allowed="left out, as the template sets it", got=got, hint=hint)
