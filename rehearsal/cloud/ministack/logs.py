"""MiniStack's CloudWatch Logs: a stack does not take over a log group that is there already.

MiniStack's engine puts an empty one in its place. On AWS the stack fails, which is why none may own the log groups that
a service makes by itself.
"""

import json
from typing import Any

from ministack.services import cloudwatch_logs

from modelyard.rehearsal.cloud.ministack import cloudformation
from modelyard.rehearsal.sagemaker.store import Document

LOG_GROUP = "AWS::Logs::LogGroup"


def install() -> None:
    """Have a log group made only where there is none."""
    make = cloudformation.HANDLERS[LOG_GROUP]["create"]

    def make_new(logical_id: str, properties: Document, *stack: Any) -> tuple[str, Document]:
        name = properties.get("LogGroupName")
        if name in cloudwatch_logs._log_groups:
            identifier = json.dumps({"/properties/LogGroupName": name}, separators=(",", ":"))
            raise ValueError(f"Resource of type '{LOG_GROUP}' with identifier '{identifier}' already exists.")
        physical_id, attributes = make(logical_id, properties, *stack)
        return physical_id, attributes

    cloudformation.HANDLERS[LOG_GROUP] = {**cloudformation.HANDLERS[LOG_GROUP], "create": make_new}
