"""What CloudFormation's own schemas say of a type: which change replaces a resource, and what names it.

The schemas are AWS's (docs/decisions/0302): cfn-lint carries those of every region.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

ANY_REGION = "us-east-1"
PROPERTIES = "/properties/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """A type: the paths that cannot be changed in place, and the property that names a resource, if one does."""

    type: str
    create_only: frozenset[tuple[str, ...]]
    named_by: str | None
    tag_property: str
    tags_updatable: bool

    @property
    def frozen(self) -> frozenset[str]:
        """The top properties that cannot be changed in place, in whole or in part."""
        return frozenset(path[0] for path in self.create_only)


@cache
def schema_of(type_: str, *, region: str | None = None) -> Schema | None:
    """Return the schema of a type, or None for one that AWS publishes none of."""
    # Here and not above: it takes half a second, which no other command should wait for.
    from cfnlint.schema import ResourceNotFoundError
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        document = PROVIDER_SCHEMA_MANAGER.get_resource_schema(
            region if region is not None else ANY_REGION, type_
        ).schema
    except ResourceNotFoundError:
        return None
    tagging: dict[str, Any] = document.get("tagging", {})
    pointers: list[str] = document.get("createOnlyProperties", [])
    paths = frozenset(tuple(one.removeprefix(PROPERTIES).split("/")) for one in pointers)
    return Schema(
        type=type_,
        create_only=paths,
        named_by=_named_by(type_, create_only=paths),
        tag_property=tagging.get("tagProperty", "/properties/Tags").removeprefix(PROPERTIES),
        tags_updatable=tagging.get("tagUpdatable", True),
    )


def _named_by(type_: str, *, create_only: frozenset[tuple[str, ...]]) -> str | None:
    """The create-only property that is called after the type, such as JobDefinitionName of a DataQualityJobDefinition.

    The longest, for a bucket has a BucketName and other types a Name. What belongs to an API is named within that, and
    the name is anybody's in another.
    """
    if ("RestApiId",) in create_only:
        return None
    kind = type_.rpartition("::")[2]
    tops = [path[0] for path in create_only if len(path) == 1 and path[0].endswith("Name")]
    return max((top for top in tops if kind.endswith(top.removesuffix("Name"))), key=len, default=None)
