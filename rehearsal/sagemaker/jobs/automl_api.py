"""AutoML jobs: the operations of the API, each job a search by real training jobs.

Source: "CreateAutoMLJobV2" and its like in the SageMaker API reference.
"""

import copy

from modelyard.rehearsal.sagemaker.jobs.automl_requests import AutoMLPlan
from modelyard.rehearsal.sagemaker.jobs.automl_task import AutoMLTask
from modelyard.rehearsal.sagemaker.jobs.job_api import JobApi
from modelyard.rehearsal.sagemaker.jobs.progress import AUTOML
from modelyard.rehearsal.sagemaker.jobs.search_jobs import Training
from modelyard.rehearsal.sagemaker.listing import page
from modelyard.rehearsal.sagemaker.operations import operation
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.rehearsal.sagemaker.store import Document

# What the service keeps of a job beside what it describes.
CANDIDATES = "_Candidates"


class AutoMLApi(JobApi):
    """The operations on AutoML jobs for tables, whose training jobs are those of `training`.

    The service tells nobody's event bus of them, as on AWS.
    """

    def __init__(self, *, platform: Platform, training: Training) -> None:
        super().__init__(platform=platform, kind=AUTOML)
        self._training = training

    @operation
    def create_auto_ml_job_v2(self, request: Document) -> Document:
        """Start a search.

        Raises:
            ServiceError: ValidationException for what cannot be run here, ResourceInUse for a name that is taken.

        """
        plan = AutoMLPlan(request=copy.deepcopy(request))
        self._platform.role_client(role_arn=request["RoleArn"], service="s3")
        document = self._document(
            request, also={"AutoMLJobSecondaryStatus": "Starting", "AutoMLProblemTypeConfigName": "Tabular"}
        )
        task = AutoMLTask(platform=self._platform, document=document, plan=plan, training=self._training)
        return {"AutoMLJobArn": self._start(document=document, task=task)}

    @operation
    def describe_auto_ml_job_v2(self, request: Document) -> Document:
        """Describe a search; ServiceError (ValidationException) if there is none of that name."""
        return {name: value for name, value in self._describe(request).items() if name != CANDIDATES}

    @operation
    def list_auto_ml_jobs(self, request: Document) -> Document:
        """List the searches."""
        return self._list(request)

    @operation
    def list_candidates_for_auto_ml_job(self, request: Document) -> Document:
        """List what a search has tried, by the objective if asked; ServiceError if there is no such search."""
        candidates = self._describe(request).get(CANDIDATES, [])
        if "CandidateNameEquals" in request:
            candidates = [one for one in candidates if one["CandidateName"] == request["CandidateNameEquals"]]
        order = None
        if request.get("SortBy") == "FinalObjectiveMetricValue":
            candidates = [one for one in candidates if "FinalAutoMLJobObjectiveMetric" in one]
            values = sorted({one["FinalAutoMLJobObjectiveMetric"]["Value"] for one in candidates})
            # `page` sorts by texts: each value's rank, in a length that sorts as numbers do.
            ranks = {value: f"{rank:06}" for rank, value in enumerate(values)}

            def order(one: Document) -> object:
                return ranks[one["FinalAutoMLJobObjectiveMetric"]["Value"]]

        return page(
            request, candidates, member="Candidates", name="CandidateName", status="CandidateStatus", order=order
        )

    @operation
    def stop_auto_ml_job(self, request: Document) -> Document:
        """Stop a search and the training job that runs.

        Raises:
            ServiceError: ValidationException, there is no such search or it has ended.

        """
        return self._stop(request)
