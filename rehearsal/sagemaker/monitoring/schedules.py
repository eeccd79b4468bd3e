"""Monitoring schedules: they tick on the clock, and each tick is a run."""

import threading
from collections.abc import Callable
from datetime import datetime

from modelyard.rehearsal.clock import Timer
from modelyard.rehearsal.sagemaker.errors import in_use, invalid, not_found
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.monitoring.analyses import analysis_of
from modelyard.rehearsal.sagemaker.monitoring.captures import captures_traffic, served_config
from modelyard.rehearsal.sagemaker.monitoring.definitions import DATA_QUALITY
from modelyard.rehearsal.sagemaker.monitoring.executions import Executions, Processing
from modelyard.rehearsal.sagemaker.monitoring.timetable import Timetable
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document, Table

KIND = "MonitoringSchedule"


class MonitoringSchedules:
    """The operations on monitoring schedules and their executions.

    Source: CreateMonitoringSchedule, DescribeMonitoringSchedule, ListMonitoringSchedules, UpdateMonitoringSchedule,
    StartMonitoringSchedule, StopMonitoringSchedule, DeleteMonitoringSchedule and ListMonitoringExecutions in the
    SageMaker API reference. A schedule is Scheduled as soon as it is made: the moment of Pending is left out.
    """

    def __init__(self, *, platform: Platform, processing: Processing, flush: Callable[[], None] = lambda: None) -> None:
        self._platform = platform
        self._executions = Executions(platform=platform, processing=processing, flush=flush)
        self._due: dict[str, Timer] = {}
        self._threads: list[threading.Thread] = []
        self._closed = False

    @operation
    def create_monitoring_schedule(self, request: Document) -> Document:
        """Keep a schedule, and have it run when it is due.

        Raises:
            ServiceError: ResourceInUse, the name is taken; ValidationException, the endpoint is not there or captures
                nothing, or the schedule or its definition cannot be run; ResourceNotFound, there is no such definition.

        """
        name = request["MonitoringScheduleName"]
        with self._platform.store.lock:
            if self._table.find(name) is not None:
                raise in_use(f"Monitoring Schedule {schedule_arn(platform=self._platform, name=name)} already exists")
            now = self._platform.clock.now()
            document: Document = {
                "MonitoringScheduleName": name,
                "MonitoringScheduleArn": schedule_arn(platform=self._platform, name=name),
                "MonitoringScheduleStatus": "Scheduled",
                "CreationTime": now,
                "LastModifiedTime": now,
                **self._checked(request["MonitoringScheduleConfig"]),
            }
            self._table.add(name, document)
        self._begin(document)
        return {"MonitoringScheduleArn": document["MonitoringScheduleArn"]}

    @operation
    def describe_monitoring_schedule(self, request: Document) -> Document:
        """Return a schedule with its last run.

        Raises:
            ServiceError: ResourceNotFound, there is no such schedule.

        """
        document = self._find(request)
        runs = self._executions.of(document["MonitoringScheduleName"])
        return {**document, **({"LastMonitoringExecutionSummary": runs[-1]} if runs else {})}

    @operation
    def list_monitoring_schedules(self, request: Document) -> Document:
        """Return the schedules that are asked for."""
        summaries = []
        for document in self._table.documents():
            definition = document["MonitoringScheduleConfig"].get("MonitoringJobDefinitionName")
            summaries.append(
                document if definition is None else {**document, "MonitoringJobDefinitionName": definition}
            )
        return page(
            request,
            _filtered(request, summaries),
            member="MonitoringScheduleSummaries",
            name="MonitoringScheduleName",
            status="MonitoringScheduleStatus",
        )

    @operation
    def update_monitoring_schedule(self, request: Document) -> Document:
        """Give a schedule another configuration.

        Raises:
            ServiceError: ResourceNotFound, there is no such schedule or definition; ValidationException, a run has not
                ended, or as `create_monitoring_schedule`.

        """
        document = self._find(request)
        self._refuse_while_running(document)
        config = self._checked(request["MonitoringScheduleConfig"])
        with self._platform.store.lock:
            document |= {**config, "LastModifiedTime": self._platform.clock.now()}
        self._cancel(document["MonitoringScheduleName"])
        if document["MonitoringScheduleStatus"] == "Scheduled":
            self._begin(document)
        return {"MonitoringScheduleArn": document["MonitoringScheduleArn"]}

    @operation
    def start_monitoring_schedule(self, request: Document) -> Document:
        """Have a stopped schedule run again.

        Raises:
            ServiceError: ResourceNotFound, there is no such schedule; ValidationException, it is not stopped.

        """
        document = self._find(request)
        self._set_status(document, status="Scheduled", only_from="Stopped")
        self._begin(document)
        return {}

    @operation
    def stop_monitoring_schedule(self, request: Document) -> Document:
        """Have a schedule run no more; a run that goes on ends by itself.

        Raises:
            ServiceError: ResourceNotFound, there is no such schedule; ValidationException, it is stopped already.

        """
        document = self._find(request)
        self._set_status(document, status="Stopped", only_from="Scheduled")
        self._cancel(document["MonitoringScheduleName"])
        return {}

    @operation
    def delete_monitoring_schedule(self, request: Document) -> Document:
        """Forget a schedule; what is known of its runs is kept.

        Raises:
            ServiceError: ResourceNotFound, there is no such schedule; ValidationException, a run has not ended.

        """
        document = self._find(request)
        self._refuse_while_running(document)
        self._cancel(document["MonitoringScheduleName"])
        self._table.remove(document["MonitoringScheduleName"])
        return {}

    @operation
    def list_monitoring_executions(self, request: Document) -> Document:
        """Return the runs that are asked for, also of schedules that are no more."""
        members = {"ScheduledTime": "ScheduledTime", "Status": "MonitoringExecutionStatus"}
        member = members.get(request.get("SortBy", "CreationTime"), "CreationTime")
        after, before = request.get("ScheduledTimeAfter"), request.get("ScheduledTimeBefore")
        executions = [
            execution
            for execution in _filtered(request, self._executions.all())
            if (after is None or execution["ScheduledTime"] >= after)
            and (before is None or execution["ScheduledTime"] <= before)
        ]
        return page(
            request,
            executions,
            member="MonitoringExecutionSummaries",
            name="MonitoringScheduleName",
            status="MonitoringExecutionStatus",
            order=lambda execution: execution[member],
        )

    def resume(self) -> None:
        """Have the schedules of an earlier run of the local AWS run again, and close the runs that had not ended."""
        for execution in self._executions.unfinished():
            self._executions.fail(execution, reason="The local AWS was stopped while the execution ran")
        for document in self._table.documents():
            if document["MonitoringScheduleStatus"] == "Scheduled" and _timetable(document).recurs:
                self._begin(document)

    def close(self) -> None:
        """Start no further run, and wait for those that go on: the processing jobs must be closed before."""
        self._closed = True
        for name in list(self._due):
            self._cancel(name)
        for thread in self._threads:
            thread.join()

    @property
    def _table(self) -> Table:
        return self._platform.store.table(KIND)

    def _find(self, request: Document) -> Document:
        document = self._table.find(request["MonitoringScheduleName"])
        if document is None:
            arn = schedule_arn(platform=self._platform, name=request["MonitoringScheduleName"])
            raise not_found(f"Monitoring Schedule {arn} does not exist")
        return document

    def _checked(self, config: Document) -> Document:
        """Return what a schedule's document says of its configuration."""
        Timetable.read(config.get("ScheduleConfig", {}))
        endpoint = analysis_of(platform=self._platform, config=config).endpoint_name
        endpoint_config = served_config(platform=self._platform, endpoint=endpoint)
        if endpoint_config is None:
            raise invalid(f'Could not find endpoint "{self._platform.arn(kind="endpoint", name=endpoint.lower())}".')
        if not captures_traffic(endpoint_config):
            raise invalid(f"Endpoint {endpoint} must have data capture enabled to be monitored; give its config one")
        kind = config.get("MonitoringType", DATA_QUALITY.name)
        return {"MonitoringScheduleConfig": config, "MonitoringType": kind, "EndpointName": endpoint}

    def _set_status(self, document: Document, *, status: str, only_from: str) -> None:
        with self._platform.store.lock:
            if document["MonitoringScheduleStatus"] != only_from:
                name, now = document["MonitoringScheduleName"], document["MonitoringScheduleStatus"]
                raise invalid(f"Monitoring schedule {name} must be {only_from} to become {status}, it is {now}")
            document |= {"MonitoringScheduleStatus": status, "LastModifiedTime": self._platform.clock.now()}

    def _refuse_while_running(self, document: Document) -> None:
        name = document["MonitoringScheduleName"]
        for execution in self._executions.running(name):
            status = execution["MonitoringExecutionStatus"]
            raise invalid(f"Monitoring schedule {name} has an execution in status {status}; stop it or await its end")

    def _begin(self, document: Document) -> None:
        """Run now if that is all that the schedule does, else when it is due for the first time."""
        timetable, now = _timetable(document), self._platform.clock.now()
        if timetable.recurs:
            self._schedule_run(document, moment=timetable.after(now))
        else:
            self._run(document, due=now)

    def _schedule_run(self, document: Document, *, moment: datetime) -> None:
        def tick() -> None:
            self._schedule_run(document, moment=_timetable(document).after(moment))
            self._run(document, due=moment)

        if not self._closed:
            self._due[document["MonitoringScheduleName"]] = self._platform.clock.at(moment=moment, run=tick)

    def _cancel(self, name: str) -> None:
        if name in self._due:
            self._due.pop(name).cancel()

    def _run(self, document: Document, *, due: datetime) -> None:
        schedule = dict(document)
        execution = self._executions.add(schedule=schedule, due=due)
        name = f"monitoring {schedule['MonitoringScheduleName']}"
        work = self._platform.clock.run_in_background(
            lambda: self._executions.run(schedule=schedule, execution=execution), name=name
        )
        self._threads = [thread for thread in self._threads if thread.is_alive()] + [work]


def schedule_arn(*, platform: Platform, name: str) -> str:
    """Return a schedule's ARN; SageMaker writes names in ARNs in lower case."""
    return platform.arn(kind="monitoring-schedule", name=name.lower())


def _timetable(document: Document) -> Timetable:
    return Timetable.read(document["MonitoringScheduleConfig"].get("ScheduleConfig", {}))


def _filtered(request: Document, documents: list[Document]) -> list[Document]:
    """Return the documents with the values that a request asks for."""
    filters = {
        "MonitoringScheduleName": request.get("MonitoringScheduleName"),
        "EndpointName": request.get("EndpointName"),
        "MonitoringJobDefinitionName": request.get("MonitoringJobDefinitionName"),
        "MonitoringType": request.get("MonitoringTypeEquals"),
    }
    for member, value in filters.items():
        if value is not None:
            documents = [document for document in documents if document.get(member) == value]
    return documents
