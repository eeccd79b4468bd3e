"""All that may stand in a deploy's way."""

from collections.abc import Callable, Iterator

from modelyard.operations.planning.blockers import deletions, endpoints, exports, monitors, names
from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison

Rule = Callable[[Comparison], Iterator[Blocker]]

RULES: tuple[Rule, ...] = (
    names.replaced_under_its_name,
    names.made_under_a_taken_name,
    names.made_of_another_type,
    endpoints.scaled_variant_changes,
    endpoints.instances_become_serverless,
    endpoints.instance_type_is_not_offered,
    endpoints.type_is_not_in_region,
    exports.export_in_use_changes,
    monitors.schedule_changes_while_it_runs,
    monitors.schedule_goes_while_it_runs,
    monitors.tag_replaces,
    endpoints.guarded_variant_is_renamed,
    endpoints.rolling_has_several_variants,
    deletions.deleted_with_contents,
    deletions.expiry_ends,
    deletions.runs_are_forgotten,
)


def blockers(comparison: Comparison) -> tuple[Blocker, ...]:
    """What every rule finds, the certain first."""
    found = [one for rule in RULES for one in rule(comparison)]
    return tuple(sorted(found, key=lambda one: not one.certain))
