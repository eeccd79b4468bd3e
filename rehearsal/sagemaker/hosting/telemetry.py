"""What is written down of an endpoint's work: captures, metrics and logs."""

import threading
from dataclasses import dataclass

from modelyard.rehearsal.sagemaker.hosting.capture import CaptureWriter, Destination
from modelyard.rehearsal.sagemaker.hosting.container_logs import ContainerLogs, LogStream
from modelyard.rehearsal.sagemaker.hosting.measurements import Measurements
from modelyard.rehearsal.sagemaker.platform import Platform

# So that captured records are there a few seconds after a request, though the clock's minute is not over.
FLUSH_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """The three of them, shared by all endpoints."""

    capture: CaptureWriter
    measurements: Measurements
    logs: ContainerLogs

    @classmethod
    def of(cls, *, platform: Platform, seed: int) -> "Telemetry":
        """Make them for a platform, each writing as the role whose work it is."""
        logs = ContainerLogs(
            client_of=lambda role: platform.role_client(role_arn=role, service="logs"), now=platform.clock.now
        )

        def lost(destination: Destination, count: int, error: str) -> None:
            stream = f"{destination.variant}/data-capture"
            role = destination.role_arn
            logs.take(
                stream=LogStream(endpoint=destination.endpoint, stream=stream, role_arn=role),
                line=f"{count} captured records are lost: {error}",
            )

        capture = CaptureWriter(
            client_of=lambda role: platform.role_client(role_arn=role, service="s3"), lost=lost, seed=seed
        )
        measurements = Measurements(cloudwatch=lambda: platform.own_client("cloudwatch"))
        return cls(capture=capture, measurements=measurements, logs=logs)

    def flush(self) -> None:
        """Write everything that waits."""
        self.capture.flush()
        self.measurements.flush()
        self.logs.flush()


class Flusher:
    """Writes captures and logs every few real seconds; metrics go out by the clock's minute alone."""

    def __init__(self, *, instruments: Telemetry, seconds: float = FLUSH_SECONDS) -> None:
        self._instruments = instruments
        self._seconds = seconds
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._go, name="flusher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, once more, and end."""
        self._closing.set()
        self._thread.join()
        self._instruments.flush()

    def _go(self) -> None:
        while not self._closing.wait(self._seconds):
            self._instruments.capture.flush()
            self._instruments.logs.flush()
