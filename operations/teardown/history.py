"""What a model's stacks keep when they go: its experiment and its registered models, deleted when asked for."""

from typing import Any

from modelyard.operations.aws import Aws
from modelyard.operations.teardown.steps import Seen, Step


def history_steps(*, aws: Aws, experiment: str, group: str) -> list[Step]:
    """Delete an experiment with all in it, and a group with all its versions."""
    sagemaker = aws.client("sagemaker")

    def forget_experiment(seen: Seen) -> None:
        """From the inside out: an experiment with trials cannot be deleted, nor a trial with components."""
        known = [one["ExperimentName"] for one in _all(sagemaker, "list_experiments", "ExperimentSummaries")]
        if experiment not in known:
            return
        for trial in _all(sagemaker, "list_trials", "TrialSummaries", ExperimentName=experiment):
            name = trial["TrialName"]
            seen(f"trial {name}")
            for one in _all(sagemaker, "list_trial_components", "TrialComponentSummaries", TrialName=name):
                component = one["TrialComponentName"]
                sagemaker.disassociate_trial_component(TrialComponentName=component, TrialName=name)
                # Several trials carry what was prepared for all of them.
                if not _all(sagemaker, "list_trials", "TrialSummaries", TrialComponentName=component):
                    sagemaker.delete_trial_component(TrialComponentName=component)
            sagemaker.delete_trial(TrialName=name)
        sagemaker.delete_experiment(ExperimentName=experiment)

    what = f"delete the experiment {experiment} with its trials"
    return [Step(what=what, do=forget_experiment), packages_step(aws=aws, group=group)]


def packages_step(*, aws: Aws, group: str) -> Step:
    """Delete a group of registered models with all its versions."""
    sagemaker = aws.client("sagemaker")

    def forget_packages(seen: Seen) -> None:
        groups = _all(sagemaker, "list_model_package_groups", "ModelPackageGroupSummaryList", NameContains=group)
        if group not in [one["ModelPackageGroupName"] for one in groups]:
            return
        for package in _all(sagemaker, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=group):
            seen(f"model package {package['ModelPackageArn'].rpartition('/')[2]}")
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)

    return Step(what=f"delete the model package group {group} with its versions", do=forget_packages)


def _all(sagemaker: Any, operation: str, member: str, **asked: str) -> list[dict[str, Any]]:
    """A listing as a whole, read before anything of it is deleted."""
    return list(sagemaker.get_paginator(operation).paginate(**asked).build_full_result().get(member, []))
