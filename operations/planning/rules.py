"""All that may stand in a deploy's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelyard.operations.planning import deletions, exports, monitors, naming, serving
from modelyard.operations.planning.comparison import Comparison
from modelyard.operations.planning.obstacles import Obstacle

Rule = Callable[[Comparison], Iterator[Obstacle]]

RULES: tuple[Rule, ...] = (
    naming.replaced_under_its_name,
    naming.made_under_a_taken_name,
    naming.made_of_another_type,
    serving.scaled_variant_changes,
    serving.instance_type_is_not_offered,
    exports.export_in_use_changes,
    monitors.schedule_changes_while_it_runs,
    monitors.schedule_goes_while_it_runs,
    monitors.tag_replaces,
    serving.guarded_variant_is_renamed,
    serving.rolling_has_several_variants,
    deletions.deleted_with_contents,
)


def obstacles(comparison: Comparison) -> tuple[Obstacle, ...]:
    """What every rule finds, the certain first."""
    found = [one for rule in RULES for one in rule(comparison)]
    return tuple(sorted(found, key=lambda one: not one.certain))
