"""The way to AWS: clients, and the time that AWS has."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

# With pauses of up to 1, 2, 4, 8 and 16 seconds between them.
MOST_ATTEMPTS = 6
CONNECT_SECONDS = 10
# SageMaker itself waits a minute for a model (API reference, InvokeEndpoint).
READ_SECONDS = 70
# For what a command can do without.
BRIEF_SECONDS = 4


class Aws:
    """Clients of one account and region: whichever the environment or the region given names.

    Calls that AWS throttles are tried again with growing pauses (boto3 guide, "Retries", standard mode). Nothing here
    knows which AWS it is: the SDK itself follows `AWS_ENDPOINT_URL`. `on_session` is given the SDK's session before it
    makes a client.
    """

    def __init__(self, *, region: str | None = None, on_session: Callable[[Any], None] = lambda _: None) -> None:
        self._region = region
        self._on_session = on_session
        self._clients: dict[tuple[str, int], Any] = {}

    def client(self, service: str, *, connections: int = 10) -> Any:
        """Return a client, made when first asked for; `connections` is how many threads may call at once."""
        key = (service, connections)
        if key not in self._clients:
            from botocore.config import Config

            self._clients[key] = self._session.client(
                service,
                config=Config(
                    retries={"mode": "standard", "total_max_attempts": MOST_ATTEMPTS},
                    connect_timeout=CONNECT_SECONDS,
                    read_timeout=READ_SECONDS,
                    max_pool_connections=connections,
                    user_agent_extra="modelyard-yard",
                ),
            )
        return self._clients[key]

    def brief_client(self, service: str, *, region: str) -> Any:
        """Return a client of another region that gives up within seconds, for what a command can do without."""
        from botocore.config import Config

        once = Config(retries={"total_max_attempts": 1}, connect_timeout=BRIEF_SECONDS, read_timeout=BRIEF_SECONDS)
        return self._session.client(service, region_name=region, config=once)

    def now(self) -> datetime:
        """Return the time as AWS has it, to the second: a laptop's clock may be wrong, and AWS files by its own."""
        answer = self.client("sts").get_caller_identity()
        return moment_of(answer)

    @property
    def named_region(self) -> str | None:
        """The region that was given by name, None where the environment says it."""
        return self._region

    @property
    def account(self) -> str:
        """The account that the credentials belong to."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def credentials(self) -> Any:
        """What requests are signed with, for a request that no client of the SDK makes."""
        return self._session.get_credentials().get_frozen_credentials()

    @property
    def region(self) -> str:
        """The region that is called."""
        return str(self.client("sts").meta.region_name)

    @cached_property
    def _session(self) -> Any:
        import boto3  # here and not above: `yard --help` needs none of it

        session = boto3.session.Session(region_name=self._region)
        self._on_session(session)
        return session


def moment_of(answer: dict[str, Any]) -> datetime:
    """Return when an answer was given, by the clock of who gave it (HTTP's Date)."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).astimezone(UTC)
