"""The lines that CloudWatch reads: one JSON object a metric."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Emitter:
    """Whose metrics they are, and their time (ISO 8601, UTC); a batch job has no endpoint."""

    endpoint: str | None
    schedule: str | None
    time: str

    def line(self, *, name: str, value: dict[str, object]) -> str:
        """Return one metric, keys in the order of AWS's documentation."""
        named = (("Endpoint", self.endpoint), ("MonitoringSchedule", self.schedule))
        dimensions = [{"Name": key, "Value": value} for key, value in named if value is not None]
        metric = {
            "MetricName": name,
            "Timestamp": self.time,
            "Dimensions": dimensions,
            **value,
            "Unit": "Count",
        }
        return json.dumps(metric)
