"""The page in a real Chromium, driven through its own driver on the loopback interface."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from modelyard.drift.analysis import read_baseline, write_baseline, write_check
from modelyard.drift.reading.source import Format, Source, profiled
from modelyard.drift.reporting.files import write_report
from modelyard.drift.source_analysis import check
from support.browsers import FLAGS, Browser, browser_driver

FEATURES = 3000


@pytest.fixture(scope="module")
def driver() -> Iterator[int]:
    with browser_driver() as port:
        yield port


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of a small data set with violations, of one of thousands of features, and of a check without sketches."""
    folder = tmp_path_factory.mktemp("pages")
    small = make_report(folder, "small", features=6, runs=3)
    shutil.copy(small, folder / "small.html")
    shutil.copy(make_report(folder, "large", features=FEATURES, runs=1), folder / "large.html")
    shutil.copy(make_report(folder, "bare", features=6, runs=1, sketches=False), folder / "bare.html")
    return folder


def make_report(folder: Path, name: str, *, features: int, runs: int, sketches: bool = True) -> Path:
    made = folder / name
    made.mkdir()
    generator = np.random.default_rng(11)
    header = ",".join(["<b>bold</b>", *(f"feature {n}" for n in range(1, features))])
    save(made / "train.csv", header, generator.normal(size=(300, features)))
    write_baseline(profile=profiled(source=Source(path=made / "train.csv", format=Format.CSV)), folder=made / "base")
    folders = []
    for number in range(runs):
        live = generator.normal(size=(300, features))
        live[:, 2] += 3 * number + 1
        save(made / "live.csv", header, live)
        checked = check(
            source=Source(path=made / "live.csv", format=Format.CSV),
            baseline=read_baseline(folder=made / "base"),
        )
        folders.append(made / f"run-{number}")
        write_check(check=checked, folder=folders[-1], sketches=sketches)
    write_report(runs=folders, baseline=made / "base", page=made / "report.html")
    return made / "report.html"


def save(path: Path, header: str, rows: np.ndarray) -> None:
    np.savetxt(path, rows, fmt="%.4f", delimiter=",", header=header, comments="")


@pytest.fixture(scope="module")
def open_browser(driver: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Browser]]:
    """One browser of each kind, opened on a page anew for each test."""
    opened: dict[str, Browser] = {}

    def start(page: Path, **options: object) -> Browser:
        kind = json.dumps(options)
        if kind not in opened:
            flags = [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]
            opened[kind] = Browser(port=driver, flags=flags, options=options)
        opened[kind].open(page)
        return opened[kind]

    yield start
    for browser in opened.values():
        browser.close()


OpenBrowser = Callable[..., Browser]


def test_the_page_opens_without_a_message_in_the_console(pages: Path, open_browser: OpenBrowser) -> None:
    assert open_browser(pages / "small.html").log() == []


def test_the_page_asks_nothing_of_the_network(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    assert browser.run("return performance.getEntriesByType('resource').length") == 0


def test_the_verdict_is_the_first_heading(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    assert browser.run("return document.querySelector('h1,h2,h3').textContent") == ("1 violation in 1 feature")


def test_the_feature_with_a_violation_is_first_and_open(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    assert browser.run("return document.querySelector('details[open] summary b').textContent") == "feature 2"


def test_live_data_are_drawn_over_the_baseline(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    count = "document.querySelector('#list details[open] svg').querySelectorAll('.{}').length"
    assert browser.run(f"return [{count.format('bar-live')}, {count.format('bar-base')}]") == [24, 24]


def test_where_no_distribution_was_kept_of_live_data_the_page_says_so(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "bare.html")
    words = "return document.querySelector('#list details[open] figcaption').textContent"
    assert browser.run(words) == "Share of the values of the baseline; of the live ones no distribution was kept"


def test_the_trend_has_a_point_for_each_run(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    assert browser.run("return document.querySelector('details[open]').querySelectorAll('.dot').length") == 3


def test_a_name_that_is_html_is_shown_as_text(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    assert browser.run("return [...document.querySelectorAll('summary b')].map((node) => node.innerHTML)[1]") == (
        "&lt;b&gt;bold&lt;/b&gt;"
    )


def test_finding_part_of_a_name_leaves_those_features(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "large.html")
    browser.run("document.getElementById('find').focus()")
    browser.press(*"feature 2999")
    assert browser.run("return document.getElementById('count').textContent") == f"1 of {FEATURES}"


def test_a_feature_opens_with_the_keyboard(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "large.html")
    browser.run("[...document.querySelectorAll('summary')].at(-1).focus()")
    browser.press("\ue007")
    time.sleep(0.2)
    assert browser.run("return [...document.querySelectorAll('details')].at(-1).querySelectorAll('svg').length") == 1


def test_thousands_of_features_are_shown_in_less_than_two_seconds(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "large.html")
    assert browser.run("return performance.getEntriesByType('navigation')[0].domComplete") < 2000  # type: ignore[operator]


def test_only_a_batch_of_thousands_of_features_is_made_at_first(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "large.html")
    assert browser.run("return document.querySelectorAll('#list details').length") == 50


def test_more_features_come_on_request_and_take_the_focus(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "large.html")
    browser.run("document.getElementById('more').click()")
    script = "const all = [...document.querySelectorAll('#list details')];"
    assert browser.run(script + "return [all.length, document.activeElement === all[50].firstChild]") == [
        100,
        True,
    ]


def test_a_phone_need_not_scroll_sideways(pages: Path, open_browser: OpenBrowser) -> None:
    metrics = {"width": 360, "height": 740, "pixelRatio": 2.0}
    browser = open_browser(pages / "small.html", mobileEmulation={"deviceMetrics": metrics})
    assert browser.run("return document.documentElement.scrollWidth") == 360


CONTRAST = """
const light = (text) => { const [r, g, b] = text.match(/[0-9.]+/g).map((part) => { const share = part / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152
  * g + 0.0722 * b; };
const pair = (front, back) => { const [a, b] = [light(front), light(back)].sort((x, y) => y - x); return (a
+ 0.05) / (b + 0.05); }; const style = (selector) => getComputedStyle(document.querySelector(selector));
return Math.min(pair(style('body').color, style('body').backgroundColor), pair(style('h1').color,
style('.verdict').backgroundColor),
  pair(style('small').color, style('body').backgroundColor), pair(style('.badge').color,
  style('.badge').backgroundColor));
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_in_dark(pages: Path, open_browser: OpenBrowser, scheme: str) -> None:
    browser = open_browser(pages / "small.html")
    browser.emulate("prefers-color-scheme", scheme)
    assert browser.run(CONTRAST) >= 4.5  # type: ignore[operator]


def test_the_dark_page_is_dark(pages: Path, open_browser: OpenBrowser) -> None:
    browser = open_browser(pages / "small.html")
    browser.emulate("prefers-color-scheme", "dark")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"


# A name in each place of the page: the title, the findings, the trend, the cards and what is drawn in them.
HOSTILE = ["user\u202efdp.exe", "\x1b[31mred", "a\x85b", "\u2066x\u2069", "<script>document.title='taken'</script>"]


HOSTILE += ["<img src=x onerror=\"document.title='taken'\">", "\u200bhidden", "'\">&lt;"]


def test_a_page_shows_hostile_names_and_obeys_none(tmp_path: Path, open_browser: OpenBrowser) -> None:
    names = ",".join('"' + name.replace('"', '""') + '"' for name in HOSTILE)
    for file, value in (("train.csv", "1"), ("live.csv", "\u202ev<b>")):
        rows = [",".join([value] * len(HOSTILE))] * 3
        (tmp_path / file).write_text("\n".join([names, *rows, ""]), encoding="utf-8")
    write_baseline(
        profile=profiled(source=Source(path=tmp_path / "train.csv", format=Format.CSV)), folder=tmp_path / "b"
    )
    baseline = read_baseline(folder=tmp_path / "b")
    runs = [tmp_path / "run\u202e1", tmp_path / "run<b>2"]
    for run in runs:
        live = Source(path=tmp_path / "live.csv", format=Format.CSV)
        write_check(check=check(source=live, baseline=baseline), folder=run)
    write_report(runs=runs, baseline=tmp_path / "b", page=tmp_path / "report.html")
    browser = open_browser(tmp_path / "report.html")
    browser.run("for (const card of document.querySelectorAll('#list details')) card.open = true")
    told = "document.documentElement.textContent + [...document.querySelectorAll('*')]"
    told += ".flatMap((one) => [...one.attributes].map((each) => each.value)).join('')"
    assert browser.run(rf"return ({told}).match(/[^\P{{C}}\n]|[\u2028\u2029]/gu)") is None
    shown = browser.run("return [...document.querySelectorAll('#list summary b')].map((one) => one.textContent)")
    assert isinstance(shown, list)
    assert set(shown) >= {"user\\u202efdp.exe", "\\u001b[31mred", "a\\u0085b", *HOSTILE[4:6]}
    assert browser.run("return document.title") == "Drift: 8 violations in 8 features"
    assert browser.run("return document.querySelectorAll('main script, main img').length") == 0
