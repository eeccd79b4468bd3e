"""Clients of the SDK that reach a local AWS with the credentials they are given, whatever the environment says.

All are made from one session: a session reads AWS's models of its services anew, which takes a hundred times as long
as to make a client of one that was read.
"""

import os
import threading
from functools import cache
from typing import Any

import boto3
import botocore.config
import botocore.session

# botocore's own defaults, each without the variable and the key of a profile that would outrank it.
DEFAULTS_ONLY = {
    name: (None, None, default, conversion)
    for name, (_, _, default, conversion) in botocore.session.Session.SESSION_VARIABLES.items()
} | dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
# A session is no safe place for two threads at once; its clients are.
MAKING = threading.Lock()


def make_client(
    service: str,
    *,
    endpoint: str,
    region: str,
    key: str,
    secret: str,
    token: str | None = None,
    config: botocore.config.Config | None = None,
) -> Any:
    """Return a boto3 client of a service."""
    with MAKING:
        return _session().client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=config,
        )


@cache
def _session() -> boto3.session.Session:
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=DEFAULTS_ONLY))
