"""MiniStack's CloudFormation: which types it makes, on which threads, and what it says of its stacks.

The CDK CLI asks every five seconds how a deployment goes. On AWS a stack takes minutes; here it would be the asking
that takes the time, so that a question is answered when there is something new to say.
"""

import asyncio
import re
from collections.abc import Callable, Container, Mapping
from functools import cached_property
from typing import Any

from ministack.services import cloudformation as ministack
from ministack.services.cloudformation import handlers, provisioners, stacks

from modelyard.rehearsal.cloud.ministack import app
from modelyard.rehearsal.sagemaker.store import Document

HANDLERS: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
# Their handlers call the local AWS, which could not answer while they are on the thread of the event loop.
CALLING_BACK = re.compile(r"AWS::(SageMaker|ApplicationAutoScaling)::.*|AWS::S3::Bucket")
API_ADDRESS = re.compile(r"https://(?P<api>\w+)\.execute-api\.[\w-]+\.amazonaws\.com(?:\.cn)?(?=/|$)")
IN_PROGRESS = re.compile(rb"<StackStatus>(?!REVIEW)\w+IN_PROGRESS</StackStatus>")
LONGEST_SECONDS = 4.0
STEP_SECONDS = 0.05
# No region has a type that is not here too.
EVERYWHERE = "us-east-1"


class CreateOnlyProperties(Container[object]):
    """The properties of a type that AWS's own schema says replace a resource."""

    def __init__(self, type_: str) -> None:
        self._type = type_

    def __contains__(self, name: object) -> bool:
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        schema = schemas().get_resource_schema(EVERYWHERE, self._type).schema
        return frozenset(path.rpartition("/")[2] for path in schema.get("createOnlyProperties", ()))


def install(*, endpoint: str) -> None:
    """Have types that call back made on threads, stacks give addresses of this machine, and the CLI wait for news."""
    on_thread, resolve_outputs = stacks._runs_on_worker_thread, stacks._resolve_stack_outputs

    def resolve_to_endpoint(*arguments: Any) -> Any:
        outputs, exports = resolve_outputs(*arguments)
        withdraw_exports(stack_id=arguments[-1], exports=exports)
        for output in outputs:
            # AWS's own addresses are somebody else's.
            output["OutputValue"] = API_ADDRESS.sub(
                lambda match: f"{endpoint}/_aws/execute-api/{match['api']}", output["OutputValue"]
            )
        return outputs, exports

    stacks._runs_on_worker_thread = lambda type_: CALLING_BACK.fullmatch(type_) is not None or on_thread(type_)
    stacks._resolve_stack_outputs = resolve_to_endpoint
    app.wrap_handler("cloudformation", answer_with_news)


def withdraw_exports(*, stack_id: str, exports: Mapping[str, Mapping[str, str]]) -> None:
    """Withdraw what a stack exported and no longer does; MiniStack itself only adds what it exports now.

    Raises:
        ValueError: another stack imports what would go or get another value, in AWS's words; the update rolls back.

    """
    published = {name: one["Value"] for name, one in ministack._exports.items() if one["StackId"] == stack_id}
    gone = [name for name in published if name not in exports]
    changed = [name for name in published.keys() & exports.keys() if published[name] != exports[name]["Value"]]
    for how, names in (("deleted", gone), ("updated", changed)):
        for name in names:
            importers = importers_of(name)
            if importers:
                raise ValueError(f"Export {name} cannot be {how} as it is in use by {', '.join(importers)}")
    for name in gone:
        ministack._exports.pop(name)


def importers_of(export: str) -> list[str]:
    """Return the names of the stacks that import an export."""
    return sorted(
        name
        for name, stack in ministack._stacks.items()
        if not stack["StackStatus"].startswith("DELETE") and export in handlers._imported_export_names(stack, name)
    )


def in_progress() -> list[str]:
    """Return the names of the account's stacks on which work is being done."""
    return [
        stack["StackName"]
        for stack in ministack._stacks.values()
        if stack["StackStatus"].endswith("_IN_PROGRESS") and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    ]


def standing_templates() -> list[dict[str, Any]]:
    """Return the templates of the stacks, as they were last deployed, with the resources that there are.

    A resource whose condition does not hold is none of them.
    """
    standing = []
    for stack in list(ministack._stacks._data.values()):
        if stack["StackStatus"] not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
            template, made = stack["_template"], stack.get("_resources", {})
            resources = {name: one for name, one in template.get("Resources", {}).items() if name in made}
            standing.append({**template, "Resources": resources})
    return standing


def fail_unfinished() -> None:
    """Close the work that was being done on stacks when the local AWS was stopped."""
    for stack in ministack._stacks._data.values():
        status = stack["StackStatus"]
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            done = status.removesuffix("_CLEANUP_IN_PROGRESS")
            stack["StackStatus"] = done if done != status else status.replace("_IN_PROGRESS", "_FAILED")
            stack["StackStatusReason"] = "The local AWS was stopped while the stack was being worked on"


def answer_with_news(answer: app.Handler) -> app.Handler:
    """Return a handler that waits a little before it tells the CDK CLI that nothing has changed."""

    async def answer_later(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        result = await answer(method, path, headers, body, query)
        waited = 0.0
        asks_to_wait = b"DescribeStacks" in body and "aws-sdk-js" in headers.get("user-agent", "")
        while asks_to_wait and IN_PROGRESS.search(result[2]) and waited < LONGEST_SECONDS:
            await asyncio.sleep(STEP_SECONDS)
            waited += STEP_SECONDS
            result = await answer(method, path, headers, body, query)
        return result

    return answer_later


def register(type_: str, *, handlers: Mapping[str, Any], tagged: bool = False) -> None:
    """Make a type known.

    One that is `tagged` gets the tags that name its stack among its `Tags`.
    """
    HANDLERS[type_] = dict(handlers)
    provisioners._REPLACING_PROPERTIES[type_] = CreateOnlyProperties(type_)
    if tagged:
        provisioners._STACK_TAG_PROPERTY[type_] = ("Tags", "list")


def forget_types_outside(region: str) -> None:
    """Have the engine not know the types that AWS's own does not know in a region: it refuses a template with one."""
    if region == EVERYWHERE:
        return
    for type_ in set(schemas().get_resource_types(EVERYWHERE)) - set(schemas().get_resource_types(region)):
        HANDLERS.pop(type_, None)


def schemas() -> Any:
    """Return AWS's schemas of the types, as cfn-lint carries them."""
    # Only now: it imports sympy and networkx, which takes as long as the rest of a start.
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    return PROVIDER_SCHEMA_MANAGER


def extend(
    type_: str,
    *,
    before: Callable[[Document], None] | None = None,
    after: Callable[[str, Document], None] | None = None,
) -> None:
    """Have a type's resources made between two steps: the properties before, the physical id and the properties after.

    For properties that MiniStack's own handlers leave out.
    """

    def between(make: Callable[..., Any], *, properties_at: int) -> Callable[..., Any]:
        def make_between(*arguments: Any) -> Any:
            if before is not None:
                before(arguments[properties_at])
            physical_id, attributes = make(*arguments)
            if after is not None:
                after(physical_id, arguments[properties_at])
            return physical_id, attributes

        return make_between

    own = HANDLERS[type_]
    HANDLERS[type_] = own | {
        "create": between(own["create"], properties_at=1),
        "update": between(own["update"], properties_at=2),
    }


def physical_name(*, stack: str, logical_id: str, longest: int) -> str:
    """Return a name for a resource to which the template gives none."""
    return str(provisioners._physical_name(stack, logical_id, max_len=longest))
