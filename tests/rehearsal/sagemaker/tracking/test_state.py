"""What was logged to an app is there in the next local AWS that is given the same folder."""

from pathlib import Path

from modelyard.rehearsal.session import Rehearsal
from support.local_aws import SharedLocalAws
from support.tracking import App, await_app, needs_mlflow, start_app

LOG = """
import json, mlflow
mlflow.set_experiment("kept")
with mlflow.start_run(run_name="first"):
    mlflow.log_metric("auc", 0.75)
print(json.dumps("logged"))
"""
FIND = """
import json, mlflow
print(json.dumps([run.data.metrics for run in mlflow.search_runs(experiment_names=["kept"], output_format="list")]))
"""


@needs_mlflow
def test_runs_are_kept(tmp_path: Path) -> None:
    with Rehearsal(state=tmp_path) as rehearsal:
        app = start_app(SharedLocalAws(connection=rehearsal.connection))
        app.run(LOG)
    with Rehearsal(state=tmp_path) as rehearsal:
        again = SharedLocalAws(connection=rehearsal.connection)
        assert await_app(again, arn=app.arn) == "Created"
        assert App(local_aws=again, arn=app.arn, bucket=app.bucket).run(FIND) == [{"auc": 0.75}]
