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
from modelyard.operations.failures import says_absent

STACK = "AWS::CloudFormation::Stack"
ENDPOINT = "endpoint"
ABSENT = "absent"
NAMED = ("stateEnteredEventDetails", "stateExitedEventDetails")


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
            kind=self._scrubber.text(event["ResourceType"]),
            status=self._scrubber.code(event["ResourceStatus"]),
            reason=self._scrubber.text(event.get("ResourceStatusReason", "")),
        )


def shown_id(logical_id: str, *, variant: str) -> str:
    """Return a logical id without the one name in it that an author has chosen."""
    return logical_id.replace("".join(filter(str.isalnum, variant)), "Variant")


class EndpointWatch:
    """The states of an endpoint as they are seen by looking often: those that more than one look has seen."""

    def __init__(self, *, aws: Aws, scrubber: Scrubber, name: str) -> None:
        self._aws = aws
        self._scrubber = scrubber
        self._name = name
        self._looks: list[str] = []

    def look(self) -> None:
        """Look once."""
        try:
            found = self._aws.client("sagemaker").describe_endpoint(EndpointName=self._name)
            state = self._scrubber.code(found["EndpointStatus"])
        except ClientError as error:
            if not says_absent(error):
                raise
            state = ABSENT
        self._looks.append(state)

    @property
    def history(self) -> History:
        """What was seen; whether a look falls into a state that is over at once is chance, but for the last."""
        seen = [(state, len(list(looks))) for state, looks in groupby(self._looks)]
        lasting = [state for number, (state, count) in enumerate(seen, 1) if count > 1 or number == len(seen)]
        return History(subject=ENDPOINT, states=tuple(state for state, _ in groupby(lasting)))


def execution_histories(*, aws: Aws, scrubber: Scrubber, subject: str, arn: str) -> list[History]:
    """Return in which order an execution entered its states, what became of each, and which other events there were.

    Branches run at once: only that a state was entered before another for the first time says something, and events
    without a state's name have no order.
    """
    pages = aws.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    of_state: dict[str, list[str]] = defaultdict(list)
    for event in (event for page in pages for event in page["events"]):
        details = [
            event[member] for member in ("stateEnteredEventDetails", "stateExitedEventDetails") if member in event
        ]
        name = scrubber.text(details[0]["name"]) if details else ""
        kind = scrubber.code(event["type"])
        if kind not in of_state[name]:
            of_state[name].append(kind)
    others = tuple(sorted(of_state.pop("", [])))
    return [
        History(subject=subject, states=tuple(of_state)),
        *(History(subject=f"{subject}, {name}", states=tuple(types)) for name, types in of_state.items()),
        History(subject=f"{subject}, events of no state", states=others),
    ]
