"""MiniStack, as a rehearsal needs it: on loopback, without anyone's credentials, with IAM enforced.

What it reads from the environment it reads when it is imported, so `prepare` comes before any other module of
this package.
"""

import hashlib
import hmac
from collections.abc import Mapping

from modelyard.shared.loopback import isolate_process

# In the environment of the process: its arguments can be read by every other.
SECRET = "MODELYARD_REHEARSAL_SECRET"  # noqa: S105 - the name of a variable
# Where MLflow's client for SageMaker finds an app, when it is not where it is on AWS (sagemaker-mlflow 0.5.0).
MLFLOW_ENDPOINT = "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"
SETTINGS: Mapping[str, str] = {
    "AUTH": "true",
    "BIND_HOST": "127.0.0.1",
    # Otherwise a broker listens on all addresses of the machine.
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
    # A retry that waits seconds on AWS would only be waited for here.
    "SFN_WAIT_SCALE": "0.02",
    "DOCKER_HOST": "unix:///nonexistent",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
}


def prepare(*, key: str, secret: str, region: str) -> None:
    """Set this process's environment; the key and secret become the account's own credentials."""
    own = account_variables(key=key, secret=secret, region=region)
    # The last: whose account is meant by a caller who names none, such as a user of a user pool.
    places = {"MINISTACK_REGION": region, "MINISTACK_ACCOUNT_ID": key}
    isolate_process(settings={**SETTINGS, **places, **own})


def account_variables(*, key: str, secret: str, region: str) -> dict[str, str]:
    """Return variables that give any AWS client these credentials, in this region."""
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def page_key(*, secret: str) -> str:
    """Return the key by which the page reads what there is; nothing can be signed with it."""
    return hmac.new(secret.encode(), b"what the page of the local AWS reads", hashlib.sha256).hexdigest()[:32]
