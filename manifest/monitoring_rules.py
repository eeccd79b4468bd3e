"""What `[monitoring]` and the tables that it watches must be to one another."""

from modelyard.manifest.answer import Answer
from modelyard.manifest.monitoring import MOST_FOLDERS, Monitoring, truth_folders
from modelyard.manifest.problems import NOTHING, Problem, problem_if
from modelyard.manifest.serving import Serving
from modelyard.manifest.training import Training

BOTH = frozenset({"Input", "Output"})


def monitoring_problems(
    *,
    monitoring: Monitoring,
    serving: Serving | None,
    training: Training | None,
    answer: Answer | None,
    json_container: str | None,
) -> tuple[Problem | None, ...]:
    """Return what is wrong with what is watched; `json_container` is one that is asked in CSV, and answers in JSON."""
    capture = serving.capture if serving is not None else None
    serverless = serving is not None and serving.serverless is not None
    return (
        problem_if(
            json_container is not None,
            key="monitoring",
            allowed=f"left out where {json_container} is asked in CSV: it answers in JSON by itself",
            got=f"engine {monitoring.engine}",
            hint='say format = "jsonl" under [data] and send JSON: no monitor reads an answer otherwise encoded',
        ),
        problem_if(
            serverless,
            key="monitoring",
            allowed="left out when [serving] is serverless, which captures nothing",
            got=f"engine {monitoring.engine}",
            hint="serve from instances to monitor",
        ),
        problem_if(
            capture is None and not serverless,
            key="monitoring",
            allowed="left out when [serving] captures nothing",
            got=f"engine {monitoring.engine}",
            hint="add capture to [serving]: the check reads what was captured",
        ),
        problem_if(
            capture is not None and set(capture.mode) != BOTH,
            key="serving.capture.mode",
            allowed="Input and Output when traffic is monitored",
            got=list(capture.mode) if capture is not None else NOTHING,
            hint="the check compares both with the baseline, whose first column is the label",
        ),
        *_folder_problems(monitoring=monitoring, serving=serving),
        *(answer.monitoring_problems(engine=monitoring.engine) if answer is not None else ()),
        *_quality_problems(monitoring=monitoring, answer=answer),
        problem_if(
            monitoring.baseline is None and training is not None and training.baseline_dataset is None,
            key="training.baseline_dataset",
            allowed="given when traffic is monitored against no baseline yet",
            got=NOTHING,
            hint="name the training data with a header, or give monitoring.baseline",
        ),
    )


def _quality_problems(*, monitoring: Monitoring, answer: Answer | None) -> tuple[Problem | None, ...]:
    places = () if monitoring.quality is None else monitoring.quality.place_problems(answer)
    return tuple(None if one is None else one.below(path="monitoring.quality") for one in places)


def _folder_problems(*, monitoring: Monitoring, serving: Serving | None) -> tuple[Problem | None, ...]:
    """The job of the engine drift takes captures and what proved true, ten inputs in all."""
    if monitoring.engine != "drift":
        return ()
    quality = monitoring.quality
    variants = len(serving.variants) if serving is not None else 1
    folders = variants * monitoring.period_hours // monitoring.folder_hours
    hours = max(monitoring.most_folders // variants, 1)
    beside = "six folders of captures at most, beside earlier windows"
    return (
        problem_if(
            folders > monitoring.most_folders,
            key="monitoring.schedule",
            allowed=f"daily, or at most every {hours} hours, with drift and {variants} variants",
            got=monitoring.schedule,
            hint=f"a check reads {beside if monitoring.earlier_windows else 'eight folders of captures at most'}",
        ),
        problem_if(
            quality is not None
            and folders <= MOST_FOLDERS
            and truth_folders(monitoring=monitoring, room=MOST_FOLDERS - folders) is None,
            key="monitoring.quality",
            allowed=f"left out where a check reads {folders} folders of captures",
            got=quality.problem_type if quality is not None else NOTHING,
            hint=f"check more often, for what proved true needs some of {MOST_FOLDERS} folders too",
        ),
    )
