"""Whether it fits, and what to do where it does not."""

from modelyard.operations.quotas.account import Account, Quota
from modelyard.operations.quotas.limits import Kind, limits
from modelyard.operations.quotas.needs import Need
from modelyard.operations.quotas.usage import Usage
from modelyard.operations.quotas.verdict import Line, code_of_lines, lines_of

NOBODY = Account(quotas={}, unreachable={})


def quota(*, service: str, name: str, value: float, adjustable: bool = True) -> Account:
    """An account with one quota."""
    one = Quota(service=service, code="L-1", name=name, value=value, adjustable=adjustable)
    return Account(quotas={service: (one,)}, unreachable={})


def line(kind: Kind, count: int, *, instance: str = "", account: Account = NOBODY, others: int | None = None) -> Line:
    """The verdict on one need."""
    need = Need(kind=kind, count=count, instance=instance)
    used = {} if others is None else {(kind, instance): others}
    (found,) = lines_of(needs=[need], limits=limits(), account=account, used=used)
    return found


def test_what_others_use_counts_too() -> None:
    verdicts = [line("roles", 600, others=others).verdict for others in (400, 401)]

    assert verdicts == ["fits", "too small"]


def test_instances_of_an_unknown_type_may_be_of_any() -> None:
    need = Need(kind="hosting", count=5, instance="ml.m5.large")
    used: Usage = {("endpoints", ""): 2, ("hosting", "ml.m5.large"): 1, ("hosting", ""): 2}
    (found,) = lines_of(needs=[need], limits=limits(), account=NOBODY, used=used)

    assert found.others == 3


def test_the_account_s_quota_comes_before_the_default() -> None:
    found = line("roles", 1500, account=quota(service="iam", name="Roles per account", value=5000))

    assert (found.allowed, found.origin, found.verdict) == (5000, "account", "fits")


def test_instances_are_looked_up_by_their_type() -> None:
    account = quota(service="sagemaker", name="ml.m5.large for endpoint usage", value=4)

    assert line("hosting", 5, instance="ml.m5.large", account=account).verdict == "too small"
    assert line("hosting", 5, instance="ml.m5.xlarge", account=account).verdict == "not known"


def test_training_and_spot_training_are_different_quotas() -> None:
    account = quota(service="sagemaker", name="ml.m5.large for spot training job usage", value=4)

    assert line("training", 1, instance="ml.m5.large", account=account).allowed is None
    assert line("spot", 1, instance="ml.m5.large", account=account).allowed == 4


def test_what_is_too_small_is_said_with_the_quota_s_code_and_where_to_ask() -> None:
    found = line("roles", 709, account=quota(service="iam", name="Roles per account", value=500))

    assert found.hint == (
        'IAM roles: 709 are needed, 500 are allowed; ask for 709 of "Roles per account" (L-1) '
        "at https://console.aws.amazon.com/servicequotas/home/services/iam/quotas/L-1"
    )


def test_a_quota_that_cannot_be_raised_is_said_to_be_one() -> None:
    account = quota(service="iam", name="Roles per account", value=500, adjustable=False)

    assert line("roles", 709, account=account).hint == (
        "IAM roles: 709 are needed, 500 are allowed, and L-1 cannot be raised; "
        "deploy some models in another account or region"
    )


def test_a_default_is_said_with_its_source() -> None:
    assert line("roles", 1001).hint == (
        "IAM roles: 1001 are needed, 1000 are allowed by default (IAM user guide, IAM and AWS STS quotas); "
        "ask for more in the Service Quotas console, or deploy some models in another account or region"
    )


def test_a_limit_of_all_accounts_is_said_to_be_fixed() -> None:
    assert line("lifecycle", 1002).hint == (
        "lifecycle rules of the data bucket: 1002 are needed, 1000 are allowed by default "
        "(S3 API reference, LifecycleConfiguration); it cannot be raised, "
        "or deploy some models in another account or region"
    )


def test_the_command_ends_with_1_when_one_thing_does_not_fit() -> None:
    fits, unknown, wrong = line("roles", 1), line("endpoints", 1), line("roles", 1001)

    assert [code_of_lines([fits, unknown]), code_of_lines([fits, wrong])] == [0, 1]


def test_the_table_of_limits_says_when_and_where_it_was_read() -> None:
    assert limits().date == "2026-11-22"
    assert all(one.source for one in limits().by_kind.values() if one.default is not None)
