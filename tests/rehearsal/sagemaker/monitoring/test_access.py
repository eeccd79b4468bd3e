"""Model Monitor, closed to an account."""

import botocore.exceptions
import pytest

from modelyard.rehearsal.session import Rehearsal


def test_a_control_closes_model_monitor_to_an_account() -> None:
    with Rehearsal() as rehearsal:
        rehearsal.connection.close_model_monitor()
        sagemaker = rehearsal.connection.client("sagemaker")
        with pytest.raises(botocore.exceptions.ClientError, match="closed to new customers"):
            sagemaker.create_monitoring_schedule(
                MonitoringScheduleName="one",
                MonitoringScheduleConfig={"MonitoringJobDefinitionName": "one", "MonitoringType": "DataQuality"},
            )
        assert sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"] == []
