"""`yard train`."""

from typing import Annotated

import typer

from modelyard.operations.cli.leaderboard import show_leaderboard
from modelyard.operations.cli.options import Model, operator_of
from modelyard.operations.cli.tracking import note_logged
from modelyard.operations.deployment import Deployment
from modelyard.operations.executions import SUCCEEDED, Execution, Machine
from modelyard.operations.jobs import Job
from modelyard.operations.operator import Operator
from modelyard.operations.training.jobs import failures_of, jobs_of, table_of_jobs
from modelyard.operations.training.leaderboard import read_leaderboard
from modelyard.operations.training.request import stale_scripts, training_request

Trials = Annotated[
    list[str] | None, typer.Option("--trial", metavar="NAME", help="Run only this trial; may be repeated.")
]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the trials, and show the leaderboard.")]
Again = Annotated[bool, typer.Option("--again", help="Train even if there is such a run.")]


def train(context: typer.Context, model: Model, trial: Trials = None, wait: Wait = False, again: Again = False) -> None:  # noqa: FBT002 - typer's flags are parameters
    """Run the trials with the deployed training workflow.

    A run with the same code, data and hyperparameters is reused if there is one.
    """
    operator = operator_of(context)
    deployment = operator.deployment(model)
    machine = Machine(aws=operator.aws, arn=deployment.output("training", "TrainingStateMachineArn"))
    arn = _started(
        operator, deployment=deployment, machine=machine, trials=trial if trial is not None else [], again=again
    )
    if not wait:
        operator.screen.emit({"run": arn.rpartition(":")[2], "execution": arn}, rendered=[])
        operator.screen.next_step(f"yard train {model} --wait")
        return
    _follow(operator, deployment=deployment, machine=machine, arn=arn)
    operator.screen.next_step(f"yard promote {model}")


def _started(operator: Operator, *, deployment: Deployment, machine: Machine, trials: list[str], again: bool) -> str:
    bucket = operator.bucket(deployment)
    request = training_request(model=deployment.model, machine=machine, bucket=bucket, trials=trials)
    # A run trains what is deployed, which is not what someone expects who has just changed the script.
    model, scripts = deployment.model, operator.project.scripts
    for script in stale_scripts(model=model, definition=request.definition, scripts=scripts):
        operator.screen.note(
            f"{script} was changed since it was deployed; this run trains the deployed one: "
            f"cdk deploy {deployment.stage}-{model.slug}-training brings yours"
        )
    for place in request.unseen:
        operator.screen.note(f"not looked at: {place}; a run with other data there has the same name")
    earlier = None if again else request.earlier(machine=machine)
    if earlier is not None:
        state = "has succeeded" if earlier.is_over else "is running"
        operator.screen.note(
            f"The same code, data and hyperparameters: run {earlier.name} {state} (--again repeats it)"
        )
        return earlier.arn
    arn = machine.start(name=request.name(moment=operator.aws.now()), payload=request.input)
    operator.screen.note(f"Started run {arn.rpartition(':')[2]}")
    return arn


def _follow(operator: Operator, *, deployment: Deployment, machine: Machine, arn: str) -> None:
    model = deployment.model

    def jobs(execution: Execution) -> list[Job]:
        return jobs_of(
            aws=operator.aws, model=model, stage=deployment.stage, run=execution.name, since=execution.started
        )

    try:
        with operator.screen.live() as view:

            def seen(execution: Execution) -> None:
                table = table_of_jobs(jobs(execution), run=execution.name)
                states = ", ".join(f"{row[0]} {row[1]}" for row in table.rows)
                view.update(rendered=table.rendered, line=f"{execution.status}: {states or 'no job yet'}")

            execution = machine.follow(arn, seen=seen)
    except KeyboardInterrupt:
        operator.screen.note(f"No longer followed; the run goes on in AWS: yard train {model.name} --wait")
        raise
    if execution.status != SUCCEEDED:
        for failure in failures_of(aws=operator.aws, jobs=jobs(execution)):
            operator.screen.notes(failure.lines)
    execution.result(what="The run")
    board = read_leaderboard(model=model, bucket=operator.bucket(deployment), run=execution.output["run"])
    show_leaderboard(operator, board=board)
    note_logged(operator, deployment=deployment, boards=[board])
