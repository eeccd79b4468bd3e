"""Ask parliament, policy_sentry and checkov, in the environment that has them: `make oracles` makes it.

    .oracles/bin/python maintenance/oracles/ask.py TEMPLATES POLICIES > findings.json

TEMPLATES is a folder, POLICIES a file with a list of `{"owner": ..., "document": ...}`. A finding has the tool, its
check, the owner (of a template `<stack>/<logical id>`), and a detail such as an action. It imports nothing of ours:
these packages need others in versions that contradict those of the rest of the repository.
"""

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Both, before the imports below: parliament asks setuptools for its files, and checkov its publisher for guides.
warnings.simplefilter("ignore")
os.environ["BC_SKIP_MAPPING"] = "TRUE"

import parliament  # noqa: E402
from checkov.cloudformation.runner import Runner  # noqa: E402
from checkov.runner_filter import RunnerFilter  # noqa: E402
from policy_sentry.analysis.expand import expand  # noqa: E402
from policy_sentry.querying.actions import get_action_data  # noqa: E402
from policy_sentry.util.arns import does_arn_match  # noqa: E402

Finding = dict[str, str]


def main(templates: str, policies: str) -> None:
    """Write what the three find as one JSON list."""
    logging.disable(logging.ERROR)
    found: list[Finding] = []
    for policy in json.loads(Path(policies).read_text(encoding="utf-8")):
        for tool, ask in (("parliament", by_parliament), ("policy_sentry", by_policy_sentry)):
            for check, detail in ask(policy["document"]):
                found.append({"tool": tool, "check": check, "owner": policy["owner"], "detail": detail})
    found += by_checkov(Path(templates))
    json.dump(found, sys.stdout, indent=1)


def by_parliament(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what parliament and its community's auditors find in a policy; of a list of actions each by itself."""
    for finding in parliament.analyze_policy_string(json.dumps(document), include_community_auditors=True).findings:
        details = finding.location.get("actions", finding.detail)
        for detail in details if isinstance(details, list) else [details]:
            yield finding.issue, detail if isinstance(detail, str) else json.dumps(detail, sort_keys=True)


def by_policy_sentry(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the actions that policy_sentry does not know or that manage permissions, and resources that do not fit."""
    for statement in document["Statement"]:
        if statement["Effect"] != "Allow":
            continue
        resources = _listed(statement["Resource"])
        fitting: set[str] = set()
        for action in expand(_listed(statement["Action"])):
            service, _, name = action.partition(":")
            rows = get_action_data(service, name)
            if not rows:
                yield "UNKNOWN_ACTION", action
                continue
            fit = {arn for arn in resources if any(_fits(arn, row["resource_arn_format"]) for row in rows[service])}
            if not fit:
                yield "NO_RESOURCE_FITS", f"{action} on {', '.join(resources)}"
            if rows[service][0]["access_level"] == "Permissions management":
                yield "PERMISSIONS_MANAGEMENT", action
            fitting |= fit
        for arn in resources:
            if arn not in fitting:
                yield "NO_ACTION_FITS", arn


def by_checkov(templates: Path) -> list[Finding]:
    """Return what checkov's checks of CloudFormation find in the templates of a folder."""
    runner_filter = RunnerFilter(framework=["cloudformation"])
    report = Runner().run(root_folder=str(templates), runner_filter=runner_filter)
    if report.parsing_errors:
        raise SystemExit(f"checkov cannot read {', '.join(report.parsing_errors)}")
    return [
        {
            "tool": "checkov",
            "check": record.check_id,
            "owner": f"{Path(record.file_path).name.partition('.')[0]}/{record.resource.split('.')[-1]}",
            "detail": record.check_name,
        }
        for record in report.failed_checks
    ]


def _fits(arn: str, arn_format: str) -> bool:
    """Whether an action takes an ARN: one that knows no resource takes `*` alone, and `*` is of every type."""
    return arn == "*" or (arn_format != "*" and does_arn_match(arn, arn_format))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    main(*sys.argv[1:])
