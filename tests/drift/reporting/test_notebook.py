import re
from pathlib import Path

import polars
import pytest

from modelyard.drift import Check, baseline, check, profile
from modelyard.drift.analysis import Baseline
from modelyard.drift.profiling.profile import Profile
from modelyard.drift.reading.source import Format, Source, profiled
from support.browsers import FLAGS, Browser, browser_driver

TRAIN = polars.DataFrame(
    {
        "n": range(400),
        "<b>bold</b>": [number / 7 for number in range(400)],
        "city": ["Wien", "Graz\u202e", "<script>x</script>", "NA"] * 100,
        "infinite": [1.0, float("inf")] * 200,
    }
)
LIVE = TRAIN.with_columns(polars.col("n") * 2 + 100, city=polars.lit("Linz"))
Shown = Profile | Baseline | Check


def shown() -> list[Shown]:
    base = baseline(TRAIN)
    return [profile(TRAIN), base, check(LIVE, baseline=base), check(TRAIN, baseline=base)]


def html(value: Shown) -> str:
    return value._repr_html_()


@pytest.mark.parametrize("number", range(4))
def test_a_cell_needs_neither_a_script_nor_a_network(number: int) -> None:
    found = html(shown()[number])
    assert "<script" not in found
    assert re.findall(r"https?:|url\(|@import|\son\w+=|src=|href=", found) == []


@pytest.mark.parametrize("number", range(4))
def test_names_and_values_are_shown_and_obeyed_by_nobody(number: int) -> None:
    found = html(shown()[number])
    assert "&lt;b&gt;bold&lt;/b&gt;" in found
    assert "\u202e" not in found


def test_a_profile_shows_moments_of_numbers() -> None:
    row = re.search(r'<th scope="row">n</th>(.*?)</tr>', html(profile(TRAIN)))
    assert row is not None
    assert re.findall(r"<td>([^<]*)</td>", row[1]) == ["Integral", "100.0%", "397", "199.5", "115.47", "0", "399"]


def test_a_baseline_shows_which_columns_break_it() -> None:
    assert "<b>infinite</b> does not keep to its own baseline: a value is infinite" in html(baseline(TRAIN))


def test_a_check_begins_with_its_answer_and_the_columns_that_violate() -> None:
    found = html(check(LIVE, baseline=baseline(TRAIN)))
    assert re.search(r'<p class="bad"><b>3 violations</b> 400 rows, 4 columns</p>', found) is not None
    assert re.findall(r'<th scope="row">([^<]+)</th>', found) == ["n", "city", "&lt;b&gt;bold&lt;/b&gt;", "infinite"]


def test_a_check_without_violations_says_so() -> None:
    assert '<p class="good"><b>No violations</b>' in html(check(TRAIN, baseline=baseline(TRAIN)))


def test_a_check_of_nothing_is_no_data() -> None:
    assert '<p class="plain"><b>No data</b>' in html(check(TRAIN.clear(), baseline=baseline(TRAIN)))


def test_records_that_could_not_be_read_are_shown(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": 1}\nno JSON\n')
    found = html(profiled(source=Source(path=tmp_path / "a.json", format=Format.JSON_LINES)))
    assert "<li>1 records could not be read: 1 because they are not JSON.</li>" in found


def test_of_many_columns_two_hundred_are_shown_and_the_others_counted() -> None:
    wide = polars.DataFrame({f"c{number}": [number] for number in range(203)})
    found = html(profile(wide))
    assert found.count('<th scope="row">') == 200
    assert "… and 3 more columns." in found


def test_a_browser_draws_live_data_over_the_baseline_without_a_message(tmp_path: Path) -> None:
    page = tmp_path / "cells.html"
    cells = "".join(map(html, shown()))
    page.write_text(f"<!doctype html><meta charset=utf-8><title>cells</title><body>{cells}", encoding="utf-8")
    with browser_driver() as port:
        browser = Browser(port=port, flags=[*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"], options={})
        try:
            browser.open(page)
            assert browser.log() == []
            cell = "document.querySelectorAll('.modelyard-drift')[2].querySelector('tbody svg')"
            size = f"const box = {cell}.getBoundingClientRect(); return [box.width, box.height]"
            assert browser.run(size) == [168, 36]
            filled = f"return [...{cell}.querySelectorAll('rect')].map((bar) => bar.getAttribute('fill') === 'none')"
            assert set(browser.run(filled)) == {True, False}  # type: ignore[call-overload]
            assert browser.run("return document.querySelectorAll('script, b b').length") == 0
        finally:
            browser.close()
