"""What happened in the account, in its order: events of stacks, states of an endpoint and of executions."""

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from modelyard.manifest.stack_kinds import StackKey
from modelyard.operations.aws import Aws
from modelyard.operations.certification.record import Event, History
from modelyard.operations.certification.scrubbing import Scrubber
from modelyard.operations.failures import message_of

STACK = "AWS::CloudFormation::Stack"
ABSENT = "absent"
ENTERED = "StateEntered"


class StackEvents:
    """The events of the life's stacks, each once; the stacks are known by what part of the life they are.

    `variant` is the declared name that logical ids contain.
    """

    def __init__(self, *, aws: Aws, scrubber: Scrubber, variant: str) -> None:
        self._aws = aws
        self._scrubber = scrubber
        self._variant = variant
        self._seen: set[str] = set()

    def new(self, stacks: Mapping[StackKey, str]) -> list[Event]:
        """Return what has happened since the last call, the oldest first; `stacks` has each part's stack id."""
        found = []
        for part, identity in stacks.items():
            pages = self._aws.client("cloudformation").get_paginator("describe_stack_events")
            listed = pages.paginate(StackName=identity).build_full_result()["StackEvents"]
            fresh = [one for one in reversed(listed) if one["EventId"] not in self._seen]
            self._seen |= {one["EventId"] for one in fresh}
            found += [self._event(one, part=part) for one in fresh]
        return found

    def _event(self, event: dict[str, Any], *, part: str) -> Event:
        is_stack = event["ResourceType"] == STACK and event.get("PhysicalResourceId") == event["StackId"]
        return Event(
            stack=part,
            resource="stack" if is_stack else shown_id(event["LogicalResourceId"], variant=self._variant),
            kind=event["ResourceType"],
            status=event["ResourceStatus"],
            reason=self._scrubber.text(event.get("ResourceStatusReason", "")),
        )


def shown_id(logical_id: str, *, variant: str) -> str:
    """Return a logical id without the one name in it that an author has chosen."""
    return logical_id.replace("".join(filter(str.isalnum, variant)), "Variant")


class EndpointWatch:
    """The states of an endpoint as they are seen by looking often."""

    def __init__(self, *, aws: Aws, name: str) -> None:
        self._aws = aws
        self._name = name
        self._states: list[str] = []

    def look(self) -> None:
        """Look once."""
        try:
            found = self._aws.client("sagemaker").describe_endpoint(EndpointName=self._name)
            state = str(found["EndpointStatus"])
        except ClientError as error:
            if "Could not find" not in message_of(error):
                raise
            state = ABSENT
        if self._states[-1:] != [state]:
            self._states.append(state)

    @property
    def history(self) -> History:
        """What was seen."""
        return History(subject="endpoint", states=tuple(self._states))


def execution_histories(*, aws: Aws, scrubber: Scrubber, subject: str, arn: str) -> list[History]:
    """Return what each state of an execution went through, by the state's name.

    Branches run at once, so that their order among each other means nothing; a state that several of them have, in the
    same way, is one history.
    """
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    events = {event["id"]: event for page in pages for event in page["events"]}
    of_state: dict[int, list[str]] = defaultdict(list)
    for event in events.values():
        of_state[_owner(event, events=events)].append(event["type"])
    found = set()
    for number, types in of_state.items():
        name = events[number].get("stateEnteredEventDetails", {}).get("name", "")
        where = f"{subject}: {scrubber.text(name)}" if name else subject
        found.add(History(subject=where, states=tuple(kind for kind, _ in groupby(types))))
    return sorted(found, key=lambda history: (history.subject, history.states))


def _owner(event: Mapping[str, Any], *, events: Mapping[int, Mapping[str, Any]]) -> int:
    """The event by which the state was entered that an event belongs to, or the execution's first."""
    while not event["type"].endswith(ENTERED) and event.get("previousEventId", 0) in events:
        event = events[event["previousEventId"]]
    return int(event["id"])
