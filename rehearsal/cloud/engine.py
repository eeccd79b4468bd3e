"""MiniStack, as a rehearsal needs it: on loopback, without anyone's credentials, with IAM enforced.

What it reads from the environment it reads when it is imported, so `prepare` comes before any other module of
this package.
"""

import os
from collections.abc import Mapping

_SETTINGS: Mapping[str, str] = {
    "AUTH": "true",
    "BIND_HOST": "127.0.0.1",
    # Otherwise a broker listens on all addresses of the machine.
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_REGION": "us-east-1",
    # A retry that waits seconds on AWS would only be waited for here.
    "SFN_WAIT_SCALE": "0.02",
    "DOCKER_HOST": "unix:///nonexistent",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
}
_SECRETS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")


def prepare(*, key: str, secret: str, region: str) -> None:
    """Set this process's environment; the key and secret become the account's own credentials."""
    for name in _SECRETS:
        os.environ.pop(name, None)
    os.environ.update(_SETTINGS)
    os.environ.update(isolated(key=key, secret=secret, region=region))
    os.environ["MINISTACK_REGION"] = region
    # Whose account they ask who name none: the users of its user pools.
    os.environ["MINISTACK_ACCOUNT_ID"] = key


def isolated(*, key: str, secret: str, region: str) -> dict[str, str]:
    """Return variables that keep any AWS client from every profile and credential but these."""
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
