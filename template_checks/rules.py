"""All rules, and how they are asked of the templates of an app."""

from collections.abc import Callable, Iterator, Sequence

from modelyard.manifest.problems import Problem
from modelyard.template_checks import (
    endpoints,
    limits,
    monitors,
    names,
    permissions,
    placement,
    roles,
    rollouts,
    scaling,
    texts,
    workflows,
)
from modelyard.template_checks.template import Template

Rule = Callable[[Template], Iterator[Problem | None]]

RULES: dict[str, Rule] = {
    "S01": names.no_name_that_blocks_replacement,
    "S02": endpoints.variant_names_are_constant_and_differ,
    "S03": names.names_fit_sagemaker,
    "S04": endpoints.variants_are_few_and_serverless_alone,
    "S05": endpoints.serverless_has_nothing_of_instances,
    "S06": endpoints.one_shadow_beside_one_variant,
    "S07": placement.instance_types_are_offered,
    "S08": scaling.scaled_variants_keep_their_count,
    "S09": rollouts.one_watched_policy_that_can_end,
    "S10": rollouts.rolling_moves_one_variant,
    "S11": monitors.schedules_are_sagemakers,
    "S12": monitors.monitored_endpoints_capture,
    "S13": roles.roles_have_their_policies_first,
    "S14": placement.networks_span_zones_and_outlive_endpoints,
    "S15": names.no_tag_that_replaces,
    "S16": names.what_cannot_be_deleted_is_retained,
    "S17": roles.endpoints_are_named_by_reference,
    "S18": limits.template_fits_cloudformation,
    "S19": placement.artifacts_and_images_are_where_sagemaker_looks,
    "S20": scaling.scaling_uses_its_own_role,
    "S21": permissions.roles_may_no_more_than_their_work,
    "S22": permissions.policies_name_who_comes_and_for_what,
    "S23": texts.texts_are_only_texts,
    "S24": workflows.retries_name_errors_of_their_service,
    "S25": placement.types_are_known_in_the_region,
}


def check_templates(templates: Sequence[Template]) -> list[Problem]:
    """Return every problem of every template, each with its rule's number and the stack it is in.

    S12 looks across templates: a monitor may watch an endpoint of another stack.
    """
    endpoints_of_app = monitors.endpoints_by_name(templates)
    return [
        Problem(
            key=f"{number} {problem.key}",
            allowed=problem.allowed,
            got=problem.got,
            hint=problem.hint,
            file=template.name,
        )
        for template in templates
        for number, rule in RULES.items()
        for problem in (monitors.across(template, endpoints_of_app) if number == "S12" else rule(template))
        if problem is not None
    ]
