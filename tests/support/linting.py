"""cfn-lint over templates, its rules read once: they take longer to read than to ask."""

import functools
import json
from collections.abc import Mapping
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ConfigMixIn
from cfnlint.runner import Runner

REGIONS = ["us-east-1"]


@functools.cache
def _rules() -> Any:
    return Runner(ConfigMixIn(regions=REGIONS)).rules


def findings(template: Mapping[str, Any]) -> list[str]:
    """What the linter says of a template: errors and warnings."""
    return [str(match) for match in lint(json.dumps(template), rules=_rules(), regions=REGIONS)]


def findings_in(regions: list[str], template: Mapping[str, Any], *, rules: str) -> list[str]:
    """What the rules whose ids begin so say of a template in some regions."""
    found = lint(json.dumps(template), rules=_rules(), regions=regions)
    return [str(match) for match in found if match.rule.id.startswith(rules)]
