"""What makes an update of an endpoint fail."""

from collections.abc import Iterator

from modelyard.operations.planning.blockers.blocker import Blocker
from modelyard.operations.planning.comparison import Comparison, StackPlan
from modelyard.operations.planning.differences import Action, Change
from modelyard.operations.planning.endpoints import before_after, moved_endpoints, scalings_of
from modelyard.template_checks.placement import instance_types_are_offered, types_are_known_in_the_region
from modelyard.template_checks.rollouts import rolling_moves_one_variant
from modelyard.template_checks.template import table

TOUCHED = frozenset({Action.ADD, Action.REPLACE, Action.UPDATE})


def scaled_variant_changes(comparison: Comparison) -> Iterator[Blocker]:
    """A scaled variant of another instance type, or that is gone.

    UpdateEndpoint refuses either while the scalable target is registered, and CloudFormation removes a target only
    after the endpoint is updated (SageMaker developer guide, "Update endpoints that use automatic scaling").
    """
    for stack, change in moved_endpoints(comparison):
        before, after = before_after(stack, change=change)
        for name, variant in before.variants.items():
            instance, now = variant.get("InstanceType"), after.variants.get(name, {}).get("InstanceType")
            is_removed = name not in after.variants
            changes = is_removed or now != instance
            if changes and stack.old is not None and scalings_of(stack.old, of=before, variant=name):
                fate = "is removed" if is_removed else f"changes its instance type from {instance} to {now}"
                yield Blocker.of(
                    change,
                    kind="scaled variant changes",
                    certain=True,
                    what=f"variant {name} of endpoint {before.name} scales by itself and {fate}, which UpdateEndpoint "
                    "refuses while its scalable target is registered",
                    first="deploy once without [serving].scaling and with the variant as it is, then change it, then "
                    "switch scaling on again",
                )


def instances_become_serverless(comparison: Comparison) -> Iterator[Blocker]:
    """An endpoint of instances that would become serverless.

    "You cannot convert your instance-based, real-time endpoint to a serverless endpoint", and one that was converted
    the other way cannot be rolled back (SageMaker developer guide, "Update a serverless endpoint").
    """
    for stack, change in moved_endpoints(comparison):
        before, after = before_after(stack, change=change)
        was, becomes = (
            any("ServerlessConfig" in variant for variant in spec.variants.values()) for spec in (before, after)
        )
        if becomes and not was:
            yield Blocker.of(
                change,
                kind="instances become serverless",
                certain=True,
                what=f"endpoint {after.name} is served from instances and would become serverless, which "
                "UpdateEndpoint refuses",
                first="declare another model beside it, or delete this endpoint's stack before",
            )


def guarded_variant_is_renamed(comparison: Comparison) -> Iterator[Blocker]:
    """Deployment guardrails want the old variants' names (SageMaker developer guide, "Exclusions")."""
    for stack, change in moved_endpoints(comparison):
        before, after = before_after(stack, change=change)
        names = set(before.variants) ^ set(after.variants)
        if names and table(after.endpoint.properties.get("DeploymentConfig")):
            yield Blocker.of(
                change,
                kind="variant names differ",
                certain=False,
                what=f"endpoint {after.name} would have other variants ({', '.join(sorted(names))} come or go), which "
                "an update with a DeploymentConfig does not take",
                first="keep the variants' names, or deploy this once without [serving].rollout",
            )


def instance_type_is_not_offered(comparison: Comparison) -> Iterator[Blocker]:
    """An instance type that the region does not offer for what it is to do."""
    for stack in comparison.stacks:
        for problem in instance_types_are_offered(stack.new) if stack.new is not None else ():
            change = _touched(stack, key=problem.key) if problem is not None else None
            if problem is not None and change is not None:
                yield Blocker.of(
                    change,
                    kind="instance type is not offered",
                    certain=True,
                    what=f"{change.label} asks for {problem.got}, and must have {problem.allowed}",
                    first=problem.hint,
                )


def type_is_not_in_region(comparison: Comparison) -> Iterator[Blocker]:
    """A type of resource that CloudFormation does not know in the region."""
    for stack in comparison.stacks:
        for problem in types_are_known_in_the_region(stack.new) if stack.new is not None else ():
            change = _touched(stack, key=problem.key) if problem is not None else None
            if problem is not None and change is not None:
                yield Blocker.of(
                    change,
                    kind="type is not in the region",
                    certain=True,
                    what=f"{change.label} is of a type ({problem.got}) that must be {problem.allowed}",
                    first=problem.hint,
                )


def rolling_has_several_variants(comparison: Comparison) -> Iterator[Blocker]:
    """A rolling update of an endpoint with several variants (SageMaker developer guide, "Exclusions")."""
    for stack in comparison.stacks:
        for problem in rolling_moves_one_variant(stack.new) if stack.new is not None else ():
            change = _touched(stack, key=problem.key) if problem is not None else None
            if problem is not None and change is not None and change.action is Action.UPDATE:
                yield Blocker.of(
                    change,
                    kind="rolling with several variants",
                    certain=False,
                    what=f"{change.label} would be updated in batches, which is for one variant of instances",
                    first=problem.hint,
                )


def _touched(stack: StackPlan, *, key: str) -> Change | None:
    """The change that a problem is of: what stays as it is deployed fails nothing."""
    logical_id = key.partition(".")[0]
    return next((one for one in stack.changes if one.logical_id == logical_id and one.action in TOUCHED), None)
