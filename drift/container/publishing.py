"""Who emits a run's metrics, and when."""

from datetime import UTC, datetime

from modelyard.drift.container.contract import Publication
from modelyard.drift.documents.cloudwatch_metrics import Emitter


def emitter(*, publication: Publication) -> Emitter:
    """Return the emitter; its time is the given one, else now."""
    now = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    time = publication.time if publication.time is not None else now
    return Emitter(endpoint=publication.endpoint, schedule=publication.schedule, time=time)
