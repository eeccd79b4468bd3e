"""The page of `yard label` in a real browser, by its keyboard."""

import base64
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.labelling.journal import Journal, begin_or_resume
from support.browsers import FLAGS, Browser, browser_driver
from support.labelling import HOSTILE, label_server, session

# WebDriver's codes of keys (W3C WebDriver, "Keyboard actions").
ENTER, LEFT, RIGHT = "\ue007", "\ue012", "\ue014"
TEXT = "return document.getElementById(arguments[0]).textContent"
WIDTHS = {"wide": 1200, "narrow": 320}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_driver() as driver:
        profile = f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"
        browser = Browser(port=driver, flags=[*FLAGS, profile, "--window-size=1200,900"], options={})
        yield browser
        browser.close()


def until(condition: Callable[[], Any], *, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be within ten seconds"
        time.sleep(0.02)


def text(browser: Browser, name: str) -> str:
    return str(browser.run(TEXT, name))


def visit(browser: Browser, url: str) -> None:
    browser.visit("about:blank")
    browser.visit(url)
    until(lambda: text(browser, "progress-text") or text(browser, "status"))


def press(browser: Browser, key: str, journal: Journal) -> None:
    """Press a key that decides something, and wait until it is on disk and on the page."""
    before = journal.revision
    browser.press(key)
    until(lambda: journal.revision > before)
    time.sleep(0.1)


def decided(journal: Journal) -> dict[int, str]:
    return {item: action.label for item, action in journal.answers.items()}


def test_a_session_is_labelled_by_the_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        browser.log()
        visit(browser, server.url)
        assert text(browser, "record") == "Record 1 of 4"
        press(browser, "2", journal)
        press(browser, " ", journal)
        press(browser, RIGHT, journal)
        assert decided(journal) == {0: "yes", 1: "", 2: ""}
        press(browser, "u", journal)
        assert text(browser, "record") == "Record 3 of 4"
        press(browser, "1", journal)
        press(browser, "1", journal)
        until(lambda: text(browser, "end-title") == "All are decided")
        assert decided(journal) == {0: "yes", 1: "", 2: "no", 3: "no"}
        assert text(browser, "summary") == "3 labelled, 1 skipped (no: 2, yes: 1). Finish writes them."
        browser.press(ENTER)
        until(lambda: text(browser, "end-title") == "Finished")
        assert server.closed.wait(5)
        assert browser.log() == []


def test_one_goes_back_and_decides_otherwise(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        press(browser, "1", journal)
        browser.press(LEFT)
        until(lambda: text(browser, "record") == "Record 1 of 4")
        assert browser.run("return document.querySelector('[aria-pressed=true]').dataset.class") == "no"
        press(browser, "2", journal)
        assert decided(journal) == {0: "yes"}
        assert text(browser, "record") == "Record 2 of 4"


def test_a_key_that_is_no_class_decides_nothing(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        browser.press("3", "x", ENTER)
        time.sleep(0.3)
        assert journal.actions == []
        assert text(browser, "record") == "Record 1 of 4"


def test_the_answer_is_hidden_until_it_is_asked_for_and_that_is_noted(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        assert "0.70" not in str(browser.source())
        press(browser, "1", journal)
        browser.press("a")
        until(lambda: text(browser, "answer"))
        assert text(browser, "answer") == "The model answered 0.71, with a certainty of 71 %"
        press(browser, "1", journal)
        assert [action.seen for action in journal.actions] == [False, True]


def test_numbers_are_typed(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session(classes=())) as (server, journal):
        visit(browser, server.url)
        browser.press("1", "2", ".", "5")
        press(browser, ENTER, journal)
        press(browser, " ", journal)
        browser.press("-", ENTER)
        until(lambda: text(browser, "status") == "a label must be a number, got -; correct it")
        assert decided(journal) == {0: "12.5", 1: ""}


def test_more_than_nine_classes_are_chosen_by_their_number(browser: Browser, tmp_path: Path) -> None:
    classes = tuple(f"class {number}" for number in range(1, 13))
    with label_server(tmp_path, session(classes=classes)) as (server, journal):
        visit(browser, server.url)
        browser.press("1", "2")
        press(browser, ENTER, journal)
        assert decided(journal) == {0: "class 12"}
        browser.press("1", "3", ENTER)
        until(lambda: text(browser, "status") == "write a number from 1 to 12")


def test_a_tab_that_is_behind_changes_nothing_and_is_brought_up_to_date(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        # As another tab would.
        server.act({"act": "label", "item": 0, "label": "yes", "revision": 0})
        browser.press("1")
        until(lambda: text(browser, "record") == "Record 2 of 4")
        assert decided(journal) == {0: "yes"}
        assert text(browser, "status").startswith("somebody went on in another tab")


def test_a_session_goes_on_where_it_was(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        press(browser, "2", journal)
    with begin_or_resume(tmp_path / "labels.journal", begin=None) as journal:
        assert decided(journal) == {0: "yes"}
    with label_server(tmp_path, session()) as (server, journal):
        visit(browser, server.url)
        assert text(browser, "record") == "Record 2 of 4"
        assert text(browser, "progress-text") == "1 of 4 decided: 1 labelled, 0 skipped"


def test_names_and_values_are_shown_as_they_are_and_never_run(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, _):
        visit(browser, server.url)
        assert HOSTILE in text(browser, "cells")
        assert browser.run("return document.querySelectorAll('dl img').length") == 0


def test_an_image_is_shown_as_one(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session(picture=True)) as (server, _):
        visit(browser, server.url)
        until(lambda: browser.run("return document.getElementById('picture').naturalWidth") == 28)
        assert browser.run("return document.getElementById('cells').hidden") is True


def test_without_the_key_the_page_shows_nothing(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, _):
        visit(browser, server.url.partition("#")[0])
        assert text(browser, "status").startswith("the key is missing or another's")
        assert text(browser, "cells") == ""


def test_when_the_command_has_ended_the_page_says_so(browser: Browser, tmp_path: Path) -> None:
    with label_server(tmp_path, session()) as (server, _):
        visit(browser, server.url)
    browser.press("1")
    until(lambda: text(browser, "status").startswith("yard label does not answer; is it still running?"))


@pytest.mark.parametrize("width", list(WIDTHS))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(browser: Browser, tmp_path: Path, width: str, scheme: str) -> None:
    with label_server(tmp_path, session(count=3)) as (server, _):
        size = {"width": WIDTHS[width], "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.call(
            "POST",
            f"{browser.session}/goog/cdp/execute",
            {"cmd": "Emulation.setDeviceMetricsOverride", "params": size},
        )
        browser.emulate("prefers-color-scheme", scheme)
        visit(browser, server.url)
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth") is True
        if (folder := os.environ.get("SCREENSHOTS")) is not None:
            picture = base64.b64decode(browser.call("GET", f"{browser.session}/screenshot"))  # type: ignore[arg-type]
            (Path(folder) / f"label-{width}-{scheme}.png").write_bytes(picture)
        browser.call(
            "POST",
            f"{browser.session}/goog/cdp/execute",
            {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}},
        )
        browser.emulate("prefers-color-scheme", "light")
