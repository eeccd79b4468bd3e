"""What commands of a model's life tell MLflow, in a stage that tracks; a run or a promotion does not hang on it."""

from collections.abc import Iterable

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.operations.deployment import Deployment
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.operator import Operator
from modelyard.operations.screen.words import counted
from modelyard.operations.tracking.aliases import aliases_sentence, set_aliases, wanted_aliases
from modelyard.operations.tracking.app import tracking_app
from modelyard.operations.tracking.runs import log_all_runs, log_runs
from modelyard.operations.training.leaderboard import Leaderboard


def note_logged(operator: Operator, *, deployment: Deployment, boards: Iterable[Leaderboard]) -> None:
    """Log the trials of runs, and say so; what keeps them from being logged is said too, and is no failure."""
    app = tracking_app(deployment)
    if app is None:
        return
    name = deployment.model.name
    try:
        _, logged = log_runs(app, deployment=deployment, boards=boards)
    except (Failure, BotoCoreError, ClientError) as error:
        operator.screen.note(
            f"Not logged to MLflow: {_said(error)}; this does it later: yard leaderboard {name} --open"
        )
        return
    if logged:
        operator.screen.note(f"{counted(logged, 'trial')} logged to MLflow: yard leaderboard {name} --open")


def note_aliases(operator: Operator, *, deployment: Deployment) -> None:
    """Have MLflow's aliases follow the manifest as it is now, and say so, or why not."""
    app = tracking_app(deployment)
    if app is None:
        return
    name = deployment.model.endpoint(stage=deployment.stage)
    try:
        versions = set_aliases(app, deployment=deployment, wanted=wanted_aliases(deployment.model))
    except (Failure, BotoCoreError, ClientError) as error:
        later = f"once this is deployed, yard verify {deployment.model.name} does it"
        operator.screen.note(f"MLflow's aliases are not set: {_said(error)}; {later}")
        return
    operator.screen.note(aliases_sentence(versions, name=name))


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, Failure) else sentence_of(error)


def screen_url(operator: Operator, *, deployment: Deployment) -> str:
    """Log what of the model's runs is not in MLflow yet, and return the address of its experiment there.

    Raises:
        Failure: the stage does not track, or MLflow refuses something.
    """
    app = tracking_app(deployment)
    if app is None:
        raise Failure(
            f"--open shows the trials in MLflow, and {deployment.stage} has none; add tracking = {{}} to "
            f"[{deployment.stage}] in stages.toml and cdk deploy {deployment.name_of('foundation')}, or draw them: "
            f"yard plot {deployment.model.name} --open"
        )
    experiment, logged = log_all_runs(app, deployment=deployment)
    if logged:
        operator.screen.note(f"{counted(logged, 'trial')} logged to MLflow that were not there yet")
    return f"{app.url()}{experiment.place}"
