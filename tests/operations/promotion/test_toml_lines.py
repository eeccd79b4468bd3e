import tomllib

import pytest

from modelyard.operations.failures import Failure
from modelyard.operations.promotion.toml_lines import Edit, Value

VARIANTS = """\
[serving]
instance = "ml.m5.large"                 # what answers

[[serving.variants]]                     # three requests of four
name = "champion"
weight = 3

[[serving.variants]]
name = "challenger"
# model = "churn/…/model.tar.gz"    `yard promote` writes this line

[monitoring]
engine = "drift"
"""


def edit(text: str, *, table: str, key: str, value: Value, index: int | None = None) -> str:
    return Edit(table=table, key=key, value=value, index=index).apply(text)


def test_a_value_is_changed_in_its_line_and_its_comment_stays() -> None:
    changed = edit(VARIANTS, table="serving", key="instance", value="ml.c5.large")
    assert changed == VARIANTS.replace('"ml.m5.large" ', '"ml.c5.large" ')


@pytest.mark.parametrize("before", ["flag = true  # why", "flag = false  # why", "# flag ="])
def test_a_flag_is_written_as_true_or_false(before: str) -> None:
    changed = edit(f"[dev]\n{before}\n", table="dev", key="flag", value=False)
    assert tomllib.loads(changed) == {"dev": {"flag": False}}
    assert ("# why" in changed) == ("# why" in before)


def test_a_value_takes_the_place_that_is_held_free_for_it() -> None:
    changed = edit(VARIANTS, table="serving.variants", index=1, key="model", value="a/b.tar.gz")
    assert 'name = "challenger"\nmodel = "a/b.tar.gz"\n\n[monitoring]' in changed


def test_a_key_that_is_nowhere_is_added_after_the_last_line_of_its_table() -> None:
    changed = edit(VARIANTS, table="serving.variants", index=0, key="model", value="a/b.tar.gz")
    assert 'weight = 3\nmodel = "a/b.tar.gz"\n\n[[serving.variants]]' in changed


def test_the_last_table_takes_a_new_key_before_the_end_of_the_file() -> None:
    changed = edit(VARIANTS, table="monitoring", key="baseline", value="churn/baseline/1")
    assert changed == f'{VARIANTS}baseline = "churn/baseline/1"\n'


def test_only_the_variant_of_the_index_is_changed() -> None:
    changed = tomllib.loads(edit(VARIANTS, table="serving.variants", index=1, key="weight", value=2.5))
    assert [one.get("weight") for one in changed["serving"]["variants"]] == [3, 2.5]


def test_a_whole_number_is_written_without_a_point() -> None:
    assert "weight = 4\n" in edit(VARIANTS, table="serving.variants", index=0, key="weight", value=4.0)


def test_lines_that_end_as_windows_ends_them_stay_so() -> None:
    text = '[serving]\r\ninstance = "a"  # why\r\n'
    assert edit(text, table="serving", key="instance", value="b") == '[serving]\r\ninstance = "b"  # why\r\n'


def test_writing_the_same_value_changes_nothing() -> None:
    assert edit(VARIANTS, table="monitoring", key="engine", value="drift") == VARIANTS


@pytest.mark.parametrize(
    "text",
    [
        'serving = { variants = [{ name = "a" }] }\n',
        '[serving]\nvariants = [{ name = "a" }]\n',
        '[[serving.variants]]\nname = """\n[[serving.variants]]\n"""\nmodel = """\nx"""\n',
    ],
    ids=["inline table", "inline list", "text of several lines"],
)
def test_a_form_whose_line_cannot_be_changed_is_refused_with_the_line_to_write(text: str) -> None:
    with pytest.raises(Failure, match=r'write it so, or set model = "a/b.tar.gz" yourself'):
        edit(text, table="serving.variants", index=0, key="model", value="a/b.tar.gz")


def test_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(Failure, match="batch must be a table of its own with a line for each key"):
        edit(VARIANTS, table="batch", key="model", value="a/b.tar.gz")
