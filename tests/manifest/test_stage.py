from typing import Any

import pytest

from modelyard.manifest.problems import Invalid
from modelyard.manifest.stage import LOG_DAYS, Stage, Vpc

CHECK = "check it against the AWS console"
SUBNETS = {"subnet-0a1b2c3d": "eu-west-1a", "subnet-1a1b2c3d": "eu-west-1b"}
GROUPS = ("sg-0a1b2c3d",)


def subnets(count: int) -> dict[str, str]:
    return {f"subnet-{number:08x}": f"eu-west-1{'abc'[number % 3]}" for number in range(count)}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"account": "12345678901"}, f'account must be twelve digits in quotes, got "12345678901"; {CHECK}'),
        (
            {"account": "1234-5678-9012"},
            f'account must be twelve digits in quotes, got "1234-5678-9012"; {CHECK}',
        ),
        ({"region": "Ireland"}, f'region must be a region such as eu-west-1, got "Ireland"; {CHECK}'),
        ({"region": "eu-west-1a"}, f'region must be a region such as eu-west-1, got "eu-west-1a"; {CHECK}'),
        (
            {"region": None},
            "region must be given when account is, got nothing; give both or neither",
        ),
        (
            {"alert_email": "the team"},
            'alert_email must be an e-mail address, got "the team"; name one that is read',
        ),
        ({"bootstrap_key": "alias/cdk"}, f'bootstrap_key must be the ARN of a key of KMS, got "alias/cdk"; {CHECK}'),
        (
            {"retired_models": ("Old.toml",)},
            'retired_models must be names of models, got "Old.toml"; leave out .toml',
        ),
        (
            {"capture_days": 0},
            "capture_days must be between 1 and 3650, got 0; choose a number within the bounds",
        ),
        (
            {"capture_days": 3651},
            "capture_days must be between 1 and 3650, got 3651; choose a number within the bounds",
        ),
        (
            {"log_days": 10},
            f"log_days must be one of {', '.join(map(str, LOG_DAYS))}, got 10; choose the next longer one",
        ),
    ],
)
def test_a_stage_refuses_what_aws_does_not_know(values: dict[str, Any], sentence: str) -> None:
    given = {"account": "123456789012", "region": "eu-west-1", **values}

    with pytest.raises(Invalid) as refused:
        Stage(name="prod", **given)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"region": "us-gov-west-1"},
        {"region": "us-isob-east-1"},
        {"region": "cn-north-1", "account": "123456789012"},
        {"alert_email": "ml-on-call@example.com"},
        {"capture_days": 1},
        {"capture_days": 3650},
        {"log_days": 1},
        {"log_days": 3653},
    ],
)
def test_a_stage_takes_what_aws_knows(values: dict[str, Any]) -> None:
    stage = Stage(name="prod", **values)

    assert {key: getattr(stage, key) for key in values} == values


@pytest.mark.parametrize("name", ["", "Prod", "1prod", "pre-prod", "pre_prod", "elevenchars"])
def test_a_stage_refuses_a_name_that_cannot_begin_every_name(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        Stage(name=name)

    assert str(refused.value) == (
        f'name must be a word of at most ten lower-case letters, got "{name}"; it begins every name in AWS'
    )


@pytest.mark.parametrize("name", ["p", "dev2", "tencharsss"])
def test_a_stage_takes_a_short_word_as_its_name(name: str) -> None:
    stage = Stage(name=name)

    assert stage.name == name


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"subnets": dict.fromkeys(SUBNETS, "eu-west-1a")},
            'subnets must be in at least two availability zones, got ["eu-west-1a"]; add a subnet of another zone',
        ),
        ({"subnets": subnets(17)}, "subnets must be a list of 2 to 16, got 17; name two subnets or more"),
        (
            {"subnets": {**SUBNETS, "my-subnet": "eu-west-1c"}},
            f'subnets must be ids such as subnet-0a1b2c3d, got "my-subnet"; {CHECK}',
        ),
        (
            {"subnets": {**SUBNETS, "subnet-0a1b2c3d4": "eu-west-1c"}},
            f'subnets must be ids such as subnet-0a1b2c3d, got "subnet-0a1b2c3d4"; {CHECK}',
        ),
        (
            {"security_groups": ()},
            "security_groups must be a list of 1 to 5, got 0; name one to five groups",
        ),
        (
            {"security_groups": GROUPS * 6},
            "security_groups must be a list of 1 to 5, got 6; name one to five groups",
        ),
        (
            {"security_groups": ("default",)},
            f'security_groups must be ids such as sg-0a1b2c3d, got "default"; {CHECK}',
        ),
        (
            {"security_groups": ("sg-0a1b2c3d4e5f60718a",)},
            f'security_groups must be ids such as sg-0a1b2c3d, got "sg-0a1b2c3d4e5f60718a"; {CHECK}',
        ),
    ],
)
def test_a_network_refuses_what_an_endpoint_cannot_use(values: dict[str, Any], sentence: str) -> None:
    given = {"subnets": SUBNETS, "security_groups": GROUPS, **values}

    with pytest.raises(Invalid) as refused:
        Vpc(**given)

    assert str(refused.value) == sentence


def test_a_network_of_one_subnet_lacks_a_subnet_and_a_zone() -> None:
    with pytest.raises(Invalid) as refused:
        Vpc(subnets=subnets(1), security_groups=GROUPS)

    assert [problem.allowed for problem in refused.value.problems] == [
        "a list of 2 to 16",
        "in at least two availability zones",
    ]


def test_a_network_takes_ids_of_eight_digits_and_of_seventeen() -> None:
    longer = {"subnet-0a1b2c3d4e5f60718": "eu-west-1c"}

    vpc = Vpc(subnets=SUBNETS | longer, security_groups=(*GROUPS, "sg-0a1b2c3d4e5f60718"))

    assert set(longer) < set(vpc.subnets)


@pytest.mark.parametrize("count", [2, 16])
def test_a_network_takes_subnets_of_two_zones(count: int) -> None:
    vpc = Vpc(subnets=subnets(count), security_groups=GROUPS * 5)

    assert len(vpc.subnets) == count
