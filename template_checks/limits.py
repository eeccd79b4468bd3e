"""What CloudFormation takes of one template."""

from collections.abc import Iterator

from modelyard.manifest.problems import Problem, problem_if
from modelyard.template_checks.template import Template

# CloudFormation quotas, template sent by way of S3.
MOST_RESOURCES = 500
MOST_OUTPUTS = 200
MOST_BYTES = 1_000_000


def template_fits_cloudformation(template: Template) -> Iterator[Problem | None]:
    """S18: at most 500 resources, 200 outputs and a million bytes."""
    found = {
        "Resources": (len(template.section("Resources")), MOST_RESOURCES),
        "Outputs": (len(template.section("Outputs")), MOST_OUTPUTS),
        "Bytes": (template.size, MOST_BYTES),
    }
    for key, (count, most) in found.items():
        yield problem_if(
            count > most, key=key, allowed=f"at most {most} in one template", got=count, hint="split the stack"
        )
