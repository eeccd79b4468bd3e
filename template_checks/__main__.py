"""`python -m modelyard.template_checks TEMPLATE.json ...`: hold any CloudFormation templates to the rules."""

import argparse
import json
import sys
from pathlib import Path

from modelyard.drift.escaping import for_terminal
from modelyard.template_checks.rules import check_templates
from modelyard.template_checks.template import Template


def main() -> int:
    """Print a sentence for each problem; 1 where there is one, 2 where a file cannot be read."""
    usage = "%(prog)s [-h] [--region REGION] TEMPLATE.json ..."  # argparse would break its own at the terminal's width
    parser = argparse.ArgumentParser(prog="template_checks", usage=usage, description=__doc__)
    parser.add_argument("templates", nargs="+", type=Path, metavar="TEMPLATE.json")
    parser.add_argument("--region", help="check against what this region offers")
    arguments = parser.parse_args()
    try:
        templates = [_read(path, region=arguments.region) for path in arguments.templates]
    except (OSError, ValueError) as error:
        told = for_terminal(str(error))
        sys.stderr.write(f"a template must be a readable file of JSON, got {told}; name others\n")
        return 2
    problems = check_templates(templates)
    sys.stdout.writelines(f"{for_terminal(problem.sentence)}\n" for problem in problems)
    return 1 if problems else 0


def _read(path: Path, *, region: str | None) -> Template:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{error} in {path}") from error
    if not isinstance(body, dict):
        raise ValueError(f"no JSON object in {path}")  # noqa: TRY004 - what is wrong is the file, not the program
    return Template(name=str(path), body=body, region=region)


if __name__ == "__main__":
    sys.exit(main())
