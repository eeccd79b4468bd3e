"""What a role must be allowed to do with the keys that a job or an endpoint names.

SageMaker encrypts volumes through a grant, and what a job leaves with the key that is named for it. That a role needs
both is what the developer guide says ("How to use SageMaker AI execution roles", KMS of each operation); in which
words AWS refuses one that has not is not known: here the job fails with IAM's own.
"""

from collections.abc import Iterator
from typing import Any

from modelyard.rehearsal.sagemaker.platform import Platform

FOR_AWS = {"kms:GrantIsForAWSResource": "true"}


def require_keys(*, platform: Platform, role_arn: str, request: object) -> None:
    """Hold a role to the keys of a request: those of volumes, and those of what is left in S3.

    Raises:
        ServiceError: AccessDeniedException, it may not use one of them.

    """
    for key in sorted(set(_named(request, member="VolumeKmsKeyId"))):
        require_volume_key(platform=platform, role_arn=role_arn, key=key)
    for key in sorted(set(_named(request, member="KmsKeyId"))):
        platform.require(role_arn=role_arn, action="kms:Encrypt", resource=key, context={})


def require_volume_key(*, platform: Platform, role_arn: str, key: str) -> None:
    """Hold a role to the key of a volume; raises as `require_keys` does."""
    platform.require(role_arn=role_arn, action="kms:CreateGrant", resource=key, context=FOR_AWS)


def _named(value: Any, *, member: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == member and isinstance(item, str):
                yield item
            else:
                yield from _named(item, member=member)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, member=member)
