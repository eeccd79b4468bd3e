"""A local AWS for any client: started until Ctrl-C, and found again by its address."""

import os
import signal
import threading
import urllib.error

from rich.console import Console
from rich.text import Text

from modelyard.rehearsal.session import Reach, Rehearsal, RehearsalError
from modelyard.shared.loopback import shell_lines


def serve(*, region: str, console: Console) -> None:
    """Start a local AWS, print how it is reached, and wait for SIGINT or SIGTERM.

    Raises:
        RehearsalError: it did not start, or it ended by itself.

    """
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    with Rehearsal(region=region, on_line=lambda line: console.print(line, style="dim")) as rehearsal:
        _introduce(reach=rehearsal.reach, console=console)
        while rehearsal.running and not ending.wait(0.5):
            continue
        if not ending.is_set():
            raise RehearsalError("the local AWS ended by itself; what it said stands above")


def reached() -> Reach:
    """Return how the rehearsal is reached that the environment names.

    Raises:
        RehearsalError: it names none, or one that is not on the loopback or does not answer.

    """
    if "AWS_ENDPOINT_URL" not in os.environ:
        raise RehearsalError(
            "AWS_ENDPOINT_URL must name a rehearsal, it is not set; copy what `modelyard-rehearsal serve` prints"
        )
    reach = Reach(
        endpoint=os.environ["AWS_ENDPOINT_URL"],
        secret=os.environ.get("AWS_SECRET_ACCESS_KEY", ""),
        region=os.environ.get("AWS_REGION", "us-east-1"),
    )
    try:
        reach.now()
    except (urllib.error.URLError, ValueError) as error:
        raise RehearsalError(
            f"no rehearsal answers at {reach.endpoint}: {error}; start one with `modelyard-rehearsal serve`"
        ) from error
    return reach


def _introduce(*, reach: Reach, console: Console) -> None:
    console.print(
        Text.assemble("A local AWS answers at ", (reach.endpoint, "bold"), ". In another terminal (sh, bash or zsh):\n")
    )
    for line in shell_lines(reach.variables()):
        console.print(line)
    console.print(
        "\nThen cdk, aws, boto3, sagemaker-core, yard and notebooks reach it as they are:\n"
        f"  cdk bootstrap aws://{reach.account}/{reach.region}\n"
        "  cdk deploy --all -c model=churn\n"
        "  python -m modelyard.rehearsal advance 1h\n\nCtrl-C ends it, and everything in it."
    )
