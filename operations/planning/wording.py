"""The plan's sentences, the same on the screen and in a pull request."""

from modelyard.operations.planning.costs import CostChange
from modelyard.operations.planning.differences import Action, Change
from modelyard.operations.planning.endpoints import Rollout

MINUTE = 60
# Each is a copy of an API's operations, under an id of its own for each change of them: so nothing is ever replaced.
DEPLOYMENT = "AWS::ApiGateway::Deployment"
DEPLOYED = {
    Action.ADD: "is added: the operations of the API as they are now, which its stage serves from then on",
    Action.REMOVE: "is removed: the operations of the API as they were, which nobody is served any more",
}


def change_sentence(change: Change) -> str:
    """Return what happens to a resource, and for what."""
    if change.type == DEPLOYMENT and change.action in DEPLOYED:
        return f"{change.label} {DEPLOYED[change.action]}"
    match change.action:
        case Action.REPLACE:
            said = f"is replaced for {_listed(change.forcing)}"
        case Action.UPDATE:
            said = f"is updated in place: {_listed(change.properties)}"
        case Action.UNKNOWN:
            said = f"changes ({_listed(change.properties)}); AWS publishes no schema that says how"
        case Action.ABANDON:
            said = "is left behind: it is retained, and no stack owns it any more"
        case Action.REFUSED:
            said = "would become another type"
        case _:
            said = f"is {change.action}"
    after = f", after {_listed(change.following)}" if change.following else ""
    return f"{change.label} {said}{after}"


def rollout_sentence(rollout: Rollout) -> str:
    """Return how an endpoint moves, for how long, and with how many instances."""
    begins = _times(rollout.instances, "instance", "instances")
    count = "The count of instances is kept" if rollout.keeps_count else f"It begins again with {begins}"
    weights = "the weights too" if rollout.keeps_weights else "the weights are the template's"
    nothing = f" {_listed(rollout.without_effect)} changes without effect." if rollout.without_effect else ""
    return f"{rollout.endpoint} moves {_way(rollout)}. {_watched(rollout)} {count}, {weights}.{nothing}"


def duration(seconds: int) -> str:
    """Seconds as people say them, exactly."""
    if seconds == 0:
        return "no time"
    minutes, rest = divmod(seconds, MINUTE)
    parts = [f"{minutes} min"] if minutes else []
    return " ".join([*parts, *([f"{rest} s"] if rest else [])])


def money(cost: CostChange) -> str:
    """Return how much more or less a month."""
    if cost.least is None or cost.most is None:
        return "unknown: the table of prices lacks it, or its count is the data's"
    if cost.least == cost.most:
        return f"{cost.least:+,.2f}"
    return f"{cost.least:+,.2f} to {cost.most:+,.2f}"


def total(costs: tuple[CostChange, ...]) -> str:
    """Return all items together, without those of unknown price."""
    least = sum(one.least for one in costs if one.least is not None)
    most = sum(one.most for one in costs if one.most is not None)
    return f"{least:+,.2f} to {most:+,.2f}" if round(least - most, 2) else f"{least:+,.2f}"


def _way(rollout: Rollout) -> str:
    match rollout.strategy:
        case "rolling":
            return f"by rolling update, {rollout.first_share} at a time ({_times(rollout.steps, 'batch', 'batches')})"
        case "canary":
            return f"by blue/green, canary: {rollout.first_share} first, then the rest"
        case "linear":
            return f"by blue/green, linear: {rollout.first_share} at a time ({_times(rollout.steps, 'step', 'steps')})"
        case _:
            return "by blue/green, all at once"


def _watched(rollout: Rollout) -> str:
    if rollout.bake_seconds == 0:
        return "It does not bake: nothing is watched, and a model that answers badly stays."
    last = (
        f" + {duration(rollout.termination_seconds)} before the old fleet ends" if rollout.termination_seconds else ""
    )
    steps = f"{rollout.steps} x {duration(rollout.wait_seconds)}{last}"
    bake = f"It bakes {duration(rollout.bake_seconds)} in all ({steps}), beside the start of its instances"
    if rollout.alarms == 0:
        return f"{bake}, and no alarm watches it."
    verb = "brings" if rollout.alarms == 1 else "bring"
    return f"{bake}, and {_times(rollout.alarms, 'alarm', 'alarms')} {verb} the old fleet back."


def _times(count: int, one: str, several: str) -> str:
    return f"{count} {one if count == 1 else several}"


def _listed(names: tuple[str, ...]) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last
