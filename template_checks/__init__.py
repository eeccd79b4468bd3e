"""Rules about SageMaker that no schema knows and no linter asks, held against finished templates.

The manifest refuses what a user gets wrong, with file and key; these refuse what a change of the code would. They read
plain templates, ours or another's: `python -m modelyard.template_checks TEMPLATE.json ...`.

The numbers S01 to S25 are those of `docs/template-checks.md`, which gives the source of each.
"""

from modelyard.template_checks.rules import RULES, check_templates

__all__ = ["RULES", "check_templates"]
