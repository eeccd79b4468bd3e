"""The loopback: its addresses, and processes whose AWS clients know of nothing else.

A shell may have profiles, tokens, endpoints of single services and a proxy of its user's: each of them outranks or
bends what a local AWS is reached by.
"""

import os
import re
import shlex
from collections.abc import Mapping

# Written out and not parsed: what one parser takes for the host, another takes for a user's name.
ADDRESS = re.compile(r"http://127\.0\.0\.1:([0-9]{1,5})")
LAST_PORT = 65_535
NEVER_BY_PROXY = ("127.0.0.1", "localhost", "::1")
# AWS_ENDPOINT_URL_S3 and 400 others are variables of the SDKs, so that a list of names would never be whole.
USER_PREFIXES = ("AWS_", "BOTO")
# What the CDK's command takes in place of --role-arn; what its proxy agent reads before NO_PROXY.
USER_NAMES = ("CDK_ROLE_ARN", "npm_config_no_proxy", "NPM_CONFIG_NO_PROXY")
# Without them the SDKs read ~/.aws and ask for a machine's role, and the CDK's command reads ~/.cdk.json.
NO_SETTINGS_OF_THE_USER: Mapping[str, str] = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "CDK_PROFILE": "",
    "CDK_PROXY": "",
}
# What a process needs of a shell that names a local AWS.
NAMING_A_LOCAL_AWS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
)


def is_loopback(url: str) -> bool:
    """Return whether a URL is `http://127.0.0.1:PORT` and nothing more: no user, path or query."""
    found = ADDRESS.fullmatch(url)
    return found is not None and 0 < int(found[1]) <= LAST_PORT


def isolated(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without the user's settings of AWS, in which no proxy is asked for the loopback.

    A proxy stays, for a program may need it for other addresses, and so does what is reached without it.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(USER_PREFIXES) and name not in USER_NAMES
    }
    # What is reached without a proxy: programs read the one name or the other, so what stands in both counts.
    own = [host for name in ("no_proxy", "NO_PROXY") for host in re.split(r"[,\s]+", environment.get(name, "")) if host]
    bypassed = "*" if "*" in own else ",".join(dict.fromkeys([*NEVER_BY_PROXY, *own]))
    return {**kept, **NO_SETTINGS_OF_THE_USER, "no_proxy": bypassed, "NO_PROXY": bypassed}


def isolate_process(*, settings: Mapping[str, str]) -> None:
    """Isolate this process, and what it starts from now on, and set variables of its own."""
    kept = isolated(os.environ)
    os.environ.clear()
    os.environ.update({**kept, **settings})


def isolate_from_user() -> None:
    """Isolate this process if its environment names a local AWS; on the way to AWS leave it as it is."""
    if is_loopback(os.environ.get("AWS_ENDPOINT_URL", "")):
        isolate_process(settings={name: os.environ[name] for name in NAMING_A_LOCAL_AWS if name in os.environ})


def shell_lines(settings: Mapping[str, str]) -> list[str]:
    """Lines for sh, bash or zsh that unset and bypass what `isolated` does, and set variables.

    A second time they change nothing.
    """
    ours, pattern = ",".join(NEVER_BY_PROXY), "|".join(USER_PREFIXES)
    return [
        f"unset {' '.join(USER_NAMES)} $(env | sed -nE 's/^(({pattern})[A-Za-z0-9_]*)=.*/\\1/p')",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        'case ",${no_proxy-},${NO_PROXY-}," in',
        "  *,\\*,*) no_proxy='*' ;;",
        f"  ,{ours}*) ;;",
        f"  *) no_proxy={ours}${{no_proxy:+,$no_proxy}}${{NO_PROXY:+,$NO_PROXY}} ;;",
        "esac",
        'export no_proxy NO_PROXY="$no_proxy"',
    ]
