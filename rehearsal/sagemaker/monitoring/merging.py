"""What a run of model quality needs before it can measure: what proved true, and the captures merged with it."""

from dataclasses import replace

from modelyard.rehearsal.sagemaker.monitoring.captures import HOUR_FOLDER, Captures, folders_with_data
from modelyard.rehearsal.sagemaker.monitoring.requests import Run, Truth
from modelyard.rehearsal.sagemaker.platform import Platform
from modelyard.shared.s3_uri import S3Uri


def truth_of(*, platform: Platform, run: Run) -> Truth:
    """Return what proved true in the hours of a run's window, which are those of its captures too.

    A run without any ends here as one without captures does. How AWS ends it is not known.

    Raises:
        NothingToAnalyze: there is nothing in any of the hours, or the monitor's role may not look.

    """
    uri = str(run.analysis.ground_truth)
    hours = [f"{hour:{HOUR_FOLDER}}" for hour in run.window.hours()]
    found = folders_with_data(platform=platform, analysis=run.analysis, captures=_place(uri), folders=hours)
    return Truth(uri=uri, folders=found)


def merged(*, platform: Platform, run: Run) -> Run:
    """Return the run over what its merging has left, which lies as its captures do.

    Raises:
        NothingToAnalyze: nothing could be merged, or the monitor's role may not look.

    """
    place = replace(_place(run.merged_uri), endpoint=run.captures.endpoint, variants=run.captures.variants)
    found = folders_with_data(platform=platform, analysis=run.analysis, captures=place, folders=run.folders)
    return replace(run, captures=place, folders=found)


def _place(uri: str) -> Captures:
    """Return a place in S3 whose folders are by hour alone."""
    return Captures(place=S3Uri.parse(uri), endpoint="", variants=())
