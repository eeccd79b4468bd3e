"""The end of a life: everything that it made is deleted, and then asked for."""

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from modelyard.manifest.stack_kinds import StackKey
from modelyard.operations.certification.absence import Made, asked_for, made_by
from modelyard.operations.certification.histories import STACK
from modelyard.operations.certification.record import Resource, Step
from modelyard.operations.certification.steps import Life
from modelyard.operations.certification.workspace import STAGE
from modelyard.operations.deployment import find_stack
from modelyard.operations.executions import pauses
from modelyard.operations.failures import Failure, sentence_of
from modelyard.operations.teardown.foundation import find_foundation
from modelyard.operations.teardown.history import history_steps
from modelyard.operations.teardown.steps import Step as Deletion
from modelyard.operations.teardown.steps import steps_of

PARTS: tuple[StackKey, ...] = ("foundation", "training", "serving", "monitoring")
UPDATING = "UPDATE_IN_PROGRESS"

Result = TypeVar("Result")


def tear_down(life: Life, *, step: Step, say: Callable[[str], None]) -> list[Resource]:
    """Delete what the life made, and return what each of its resources' services says of it then.

    What cannot be deleted is said, and the rest is deleted all the same: `yard certify clear` tries again.
    """
    life.find_stacks(*PARTS)
    made: list[Made] = []
    unlisted: list[Resource] = []
    for part, stack in life.stacks.items():
        _await_rest(life, stack=stack, say=say)
        listed = _attempt(partial(made_by, aws=life.aws, part=part, stack=stack), say=say)
        if listed is None:
            unlisted.append(Resource(stack=part, resource="stack", kind=STACK, gone=None, said="never listed"))
        else:
            made += listed
    step.events += _attempt(partial(life.events.new, life.stacks), say=say) or []
    for deletions in (_of_model, _of_foundation):
        for deletion in _attempt(partial(deletions, life), say=say) or []:
            say(deletion.what)
            _attempt(partial(deletion.do, lambda _: None), say=say)
    step.events += _attempt(partial(life.events.new, life.stacks), say=say) or []
    scrubber, variant = life.recorder.scrubber, life.workspace.variant
    return [*unlisted, *(asked_for(one, aws=life.aws, scrubber=scrubber, variant=variant) for one in made)]


def _attempt(action: Callable[[], Result], *, say: Callable[[str], None]) -> Result | None:
    try:
        return action()
    except Failure as failure:
        say(str(failure))
    except (ClientError, BotoCoreError) as error:
        say(sentence_of(error))
    return None


def _of_model(life: Life) -> list[Deletion]:
    history = history_steps(aws=life.aws, experiment=life.endpoint, group=life.endpoint)
    return [*steps_of(life.deployment), *(history if "training" in life.stacks else [])]


def _of_foundation(life: Life) -> list[Deletion]:
    foundation = find_foundation(aws=life.aws, stage=STAGE)
    return [] if foundation is None else list(foundation.steps(destroy_data=True))


def _await_rest(life: Life, *, stack: str, say: Callable[[str], None]) -> None:
    """CloudFormation deletes no stack that it is updating: an update is cancelled, anything else comes to its end."""
    cancelled = False
    for pause in pauses():
        found = find_stack(aws=life.unrecorded, name=stack)
        if found is None or not found.is_changing:
            return
        if found.status == UPDATING and not cancelled:
            cancel = life.unrecorded.client("cloudformation").cancel_update_stack
            _attempt(partial(cancel, StackName=stack), say=say)
            cancelled = True
        time.sleep(pause)
