"""`yard teardown`."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated

import typer

from modelyard.manifest import Stage
from modelyard.manifest.stack_kinds import MODEL_STACK_KINDS
from modelyard.operations.bucket import DataBucket
from modelyard.operations.cli.options import AnyModel, operator_of
from modelyard.operations.deployment import Deployment, imported_group
from modelyard.operations.failures import Failure
from modelyard.operations.operator import Operator
from modelyard.operations.teardown import leftovers
from modelyard.operations.teardown.foundation import Foundation, find_foundation
from modelyard.operations.teardown.history import history_steps, packages_step
from modelyard.operations.teardown.leftovers import Leftover, table_of_leftovers
from modelyard.operations.teardown.resources import resource_steps
from modelyard.operations.teardown.steps import Step, fleet_steps, steps_of, undeclared_steps

Yes = Annotated[bool, typer.Option("--yes", help="Delete; without it, only list what would be deleted.")]
History = Annotated[bool, typer.Option("--history", help="Also delete the experiment and the registered models.")]
DestroyData = Annotated[
    str | None,
    typer.Option("--destroy-data", metavar="STAGE", help="Also delete the stage's data, if it has removal = destroy."),
]


def teardown(
    context: typer.Context,
    model: AnyModel = None,
    yes: Yes = False,  # noqa: FBT002 - typer's flags are parameters
    history: History = False,  # noqa: FBT002
    destroy_data: DestroyData = None,
) -> int:
    """Delete a model's stacks, or the whole stage, declared or not.

    With them goes what carries their tags and is in no stack. Without --yes it only lists what it would delete. Exits
    with 1 if anything is left that should not be.
    """
    operator = operator_of(context)
    stage = operator.project.stage
    if destroy_data is not None:
        _check_destroys_data(stage, named=destroy_data, model=model)
    found = operator.undeclared_stacks(model=model)
    undeclared = () if found is None else found
    tagged = operator.undeclared_resources(stacks=found, model=model)
    resources = () if tagged is None else tagged
    deployments = operator.deployments(model=model, undeclared=undeclared, resources=resources)
    # Read before anything goes: what is kept is looked for by the names that it gives.
    foundation = find_foundation(aws=operator.aws, stage=stage.name)

    # What is of no kind of the app's may import from stacks that are, and none of those from it.
    of_a_kind = {deployment.name_of(kind.key) for deployment in deployments for kind in MODEL_STACK_KINDS}
    others = [one for one in undeclared if one.name not in of_a_kind]
    steps = [
        *resource_steps(aws=operator.aws, resources=resources),
        *undeclared_steps(aws=operator.aws, stacks=others),
    ]
    steps += [step for deployment in deployments for step in _model_steps(deployment, history=history)]
    if model is None:
        steps += fleet_steps(aws=operator.aws, stage=stage.name)
        if foundation is not None:
            steps += foundation.steps(destroy_data=destroy_data is not None)
        elif destroy_data is not None:
            operator.screen.note("The foundation is gone: what it kept was listed then, and is deleted by those names")
    if not yes:
        rendered = [f"would {step.what}" for step in steps] if steps else ["There is nothing to delete"]
        operator.screen.emit({"would": [step.what for step in steps]}, rendered=[*rendered])
        if steps:
            operator.screen.next_step("the same with --yes")
        return 0

    # One after the other; what was interrupted or failed goes on where it was when it is asked for again.
    with operator.screen.live() as view:
        for number, step in enumerate(steps, 1):
            head = f"{number} of {len(steps)}: {step.what}"
            view.update(rendered=head, line=head)

            def seen(word: str, head: str = head) -> None:
                view.update(rendered=f"{head}\n  {word}", line=f"  {word}")

            step.do(seen)

    left = [one for deployment in deployments for one in leftovers.of_model(deployment=deployment)]
    still = operator.undeclared_resources(stacks=found, model=model) if resources else ()
    left += leftovers.of_resources(() if still is None else still)
    if foundation is not None:
        left += _leftovers(operator, foundation=foundation, model=model, destroyed=destroy_data is not None)
    shown = table_of_leftovers(left).rendered if left else "Nothing is left"
    operator.screen.emit([dataclasses.asdict(one) for one in left], rendered=[shown])
    return 1 if any(not one.kept for one in left) else 0


def _check_destroys_data(stage: Stage, *, named: str, model: str | None) -> None:
    if named != stage.name or stage.removal != "destroy":
        raise Failure(
            f'--destroy-data must name the stage ({stage.name}), whose removal in stages.toml must be "destroy", got '
            f"{named} with removal {stage.removal}; deploy that first, with -c destroy_data={stage.name}"
        )
    if model is not None:
        raise Failure("--destroy-data is for the whole stage; leave MODEL out, or leave --destroy-data out")


def _model_steps(deployment: Deployment, *, history: bool) -> list[Step]:
    """Experiment and registry outlive the stack that named them, under the name that the app always gives them."""
    steps = list(steps_of(deployment))
    if not history:
        return steps
    training = deployment.find("training")
    outputs = training.outputs if training is not None else {}
    fixed = deployment.model.endpoint(stage=deployment.stage)
    experiment, group = outputs.get("ExperimentName", fixed), outputs.get("ModelPackageGroupName", fixed)
    steps += history_steps(aws=deployment.aws, experiment=experiment, group=group)
    if deployment.model.training is None:
        steps.append(packages_step(aws=deployment.aws, group=imported_group(fixed)))
    return steps


def _leftovers(operator: Operator, *, foundation: Foundation, model: str | None, destroyed: bool) -> Iterator[Leftover]:
    """What a foundation that stays keeps of one model, or what one that went has left, by the names that it gave."""
    if model is None:
        yield from (leftovers.of_bucket(bucket=bucket, destroyed=destroyed) for bucket in foundation.standing())
        key = foundation.stack.outputs.get("DataKeyArn")
        if key is not None:
            yield from leftovers.of_key(aws=operator.aws, arn=key, destroyed=destroyed)
        yield from leftovers.of_log_role(aws=operator.aws, foundation=foundation.stack.name, destroyed=destroyed)
    elif foundation.stack.stands:
        bucket = DataBucket(aws=operator.aws, name=foundation.stack.output("DataBucketName"))
        if bucket.is_there():
            yield from leftovers.of_data(bucket=bucket, prefix=f"{model}/")
        yield from leftovers.of_key(aws=operator.aws, arn=foundation.stack.output("DataKeyArn"))
