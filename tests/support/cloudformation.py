"""Small stacks of the local AWS, made, changed and deleted through CloudFormation's own API."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from support.local_aws import SharedLocalAws

CAPABILITIES = ["CAPABILITY_NAMED_IAM"]


@dataclass(kw_only=True)
class Stacks:
    """Stacks that end with the test."""

    aws: SharedLocalAws
    _names: list[str] = field(default_factory=list)
    _going: list[str] = field(default_factory=list)

    @property
    def client(self) -> Any:
        return self.aws.client("cloudformation")

    def begin(self, resources: Mapping[str, Any], **sections: Any) -> str:
        name = self.aws.name("stack")
        self.client.create_stack(StackName=name, TemplateBody=body(resources, **sections), Capabilities=CAPABILITIES)
        self._names.append(name)
        return name

    def create(self, resources: Mapping[str, Any], **sections: Any) -> str:
        name = self.begin(resources, **sections)
        assert self.settled(name) == "CREATE_COMPLETE", self.reasons(name)
        return name

    def update(self, name: str, resources: Mapping[str, Any], **sections: Any) -> str:
        self.begin_update(name, resources, **sections)
        return self.settled(name)

    def begin_update(self, name: str, resources: Mapping[str, Any], **sections: Any) -> None:
        self.client.update_stack(StackName=name, TemplateBody=body(resources, **sections), Capabilities=CAPABILITIES)

    def delete(self, name: str) -> str:
        arn = self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self.client.delete_stack(StackName=name)
        self._names.remove(name)
        return self.settled(arn)

    def settled(self, name: str) -> str:
        while (status := self.status(name)).endswith("IN_PROGRESS"):
            time.sleep(0.1)
        return status

    def status(self, name: str) -> str:
        return str(self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def physical(self, name: str, logical_id: str) -> str:
        found = self.client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def identities(self, name: str) -> dict[str, str]:
        """Return the physical id of every resource that a stack has now."""
        found = self.client.get_paginator("list_stack_resources").paginate(StackName=name).build_full_result()
        gone = "DELETE_COMPLETE"
        summaries = [one for one in found["StackResourceSummaries"] if one["ResourceStatus"] != gone]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries}

    def reasons(self, name: str) -> str:
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def leave(self) -> None:
        """Begin to delete all that there are, without waiting for that."""
        for name in self._names:
            self._going.append(self.client.describe_stacks(StackName=name)["Stacks"][0]["StackId"])
            self.client.delete_stack(StackName=name)
        self._names.clear()

    def end(self) -> None:
        self.leave()
        for arn in self._going:
            assert self.settled(arn) == "DELETE_COMPLETE"


def body(resources: Mapping[str, Any], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})
