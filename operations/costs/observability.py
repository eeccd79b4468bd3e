"""What it costs a month to see what a model does: metrics, alarms, dashboards, traces, logs and the checks' workflows.

Both estimates count by it, that of a manifest and that of templates. Free tiers are left out: they are the account's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from modelyard.operations.costs.prices import HOURS_A_MONTH, Prices

SECONDS_AN_HOUR = 3600
DAYS_A_MONTH = 30
GIGABYTE = 1_000_000_000
MILLION = 1_000_000
# Application Auto Scaling makes two for a policy that tracks a target (user guide, "Target tracking scaling policies").
ALARMS_OF_A_SCALING = 2
# What X-Ray samples unless a rule says otherwise (developer guide, "Configuring sampling rules").
TRACES_A_SECOND, TRACED_SHARE = 1, 0.05
# Assumptions: a line of an API's access log, and the two events that an execution logs of a state with its data.
BYTES_OF_A_CALL = 700
BYTES_OF_A_STATE = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """One item: US dollars a month at least and at most; None where a price or a count is not known."""

    what: str
    least: float | None
    most: float | None
    how: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """What is watched and written down in a month.

    Attributes:
        alarms: Alarms, those of scaling too.
        metrics: Custom metrics.
        dashboards: Dashboards.
        executions: Executions of state machines that a schedule brings about.
        states: States that these pass through, each counted once.
        traced: Whether those executions are traced.
        calls_a_second: Calls of an API that its throttle lets through.
        calls_traced: Whether these are traced.
        log_days: How long logs are kept, in days.
    """

    alarms: int = 0
    metrics: int = 0
    dashboards: int = 0
    executions: float = 0
    states: float = 0
    traced: bool = True
    calls_a_second: float = 0
    calls_traced: bool = False
    log_days: int = 0

    def costs(self, *, prices: Prices) -> Iterator[Cost]:
        """Yield each item that costs anything."""
        counted = {
            "alarms": (self.alarms, prices.alarm),
            "custom metrics": (self.metrics, prices.metric),
            "dashboards": (self.dashboards, prices.dashboard),
        }
        for what, (count, price) in counted.items():
            if count:
                yield Cost(what=what, least=count * price, most=count * price, how=f"{count} of {price:g} each")
        if self.states:
            cost = self.states / MILLION * prices.transitions_million
            how = f"{self.executions:,.0f} executions of scheduled work, {self.states:,.0f} states"
            yield Cost(what="workflows", least=cost, most=cost, how=how)
        least, most = self.executions if self.traced else 0, self._most_traces
        if most:
            price = prices.traces_million / MILLION
            how = f"{prices.traces_million:g} a million; at most {most:,.0f}, as X-Ray samples"
            yield Cost(what="traces", least=least * price, most=most * price, how=how)
        written = self.states * BYTES_OF_A_STATE / GIGABYTE
        called = self.calls_a_second * HOURS_A_MONTH * SECONDS_AN_HOUR * BYTES_OF_A_CALL / GIGABYTE
        if written + called:
            price = prices.log_gb + prices.log_storage_gb * self.log_days / DAYS_A_MONTH
            how = f"{prices.log_gb:g} a GB, and {prices.log_storage_gb:g} a month for {self.log_days} days"
            least, most = written * price, (written + called) * price
            yield Cost(what="logs of workflows and of the API", least=least, most=most, how=how)

    @property
    def _most_traces(self) -> float:
        traces = self.executions if self.traced else 0
        if not self.calls_traced:
            return traces
        first = min(self.calls_a_second, TRACES_A_SECOND)
        sampled = first + TRACED_SHARE * (self.calls_a_second - first)
        return traces + sampled * HOURS_A_MONTH * SECONDS_AN_HOUR


def most_millions(*, rate: float) -> float:
    """Return the most requests of a month that a throttle of so many a second lets through, in millions."""
    return rate * HOURS_A_MONTH * SECONDS_AN_HOUR / MILLION
