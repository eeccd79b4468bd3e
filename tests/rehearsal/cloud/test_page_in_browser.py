"""The page of the local AWS in a real Chromium."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from modelyard.rehearsal.session import ACCOUNT, Connection, Rehearsal
from support.browsers import FLAGS, Browser, browser_driver
from support.endpoints import Endpoints
from support.jobs import XGBOOST, JobRequests
from support.local_aws import SharedLocalAws

HOSTILE = "<script>document.title = 'run'</script><img src=x onerror=\"document.title = 'run'\">"
TEXT = "return document.getElementById(arguments[0]).textContent"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser_driver() as driver:
        flags = [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]
        opened = Browser(port=driver, flags=flags, options={})
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def filled(local_aws: SharedLocalAws) -> Iterator[SharedLocalAws]:
    """A local AWS in which something of each kind is there, with texts that would be HTML."""
    jobs = JobRequests(local_aws=local_aws, bucket=local_aws.bucket())
    host = Endpoints(aws=local_aws, bucket=jobs.bucket, role=jobs.role())
    host.served()
    nowhere = {"train": jobs.uri(HOSTILE)}
    jobs.train(jobs.fit(name=local_aws.name("train"), image=XGBOOST, role=None, channels=nowhere))
    alarm = {"Namespace": "test", "MetricName": "any", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    # It is looked at while nothing is measured, and stays as it is set.
    comparison = {"Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore"}
    local_aws.client("cloudwatch").put_metric_alarm(AlarmName=HOSTILE, **alarm, **comparison)
    local_aws.client("cloudwatch").set_alarm_state(AlarmName=HOSTILE, StateValue="ALARM", StateReason=HOSTILE)
    with pytest.raises(Exception, match="Could not find"):
        local_aws.client("sagemaker").describe_model(ModelName="absent")
    yield local_aws
    host.end()


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def visit(browser: Browser, connection: Connection, *, page: str | None = None) -> None:
    # From another page: the same address with another fragment would not be read anew.
    browser.visit("about:blank")
    browser.visit(connection.page if page is None else page)
    until(lambda: browser.run(TEXT, "account") == ACCOUNT or browser.run(TEXT, "status"))


def test_the_page_opens_without_a_message_in_the_console(browser: Browser, filled: SharedLocalAws) -> None:
    browser.log()
    visit(browser, filled.connection)
    assert browser.log() == []


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("jobs", "training jobFailed"),
        ("endpoints", "InServiceprimary: 1 instance"),
        ("buckets", "test-bucket"),
        ("alarms", "ALARM"),
        ("refusals", 'Could not find model "arn:aws:sagemaker'),
    ],
)
def test_the_page_shows_what_is_there(browser: Browser, filled: SharedLocalAws, table: str, content: str) -> None:
    visit(browser, filled.connection)
    assert content in str(browser.run(TEXT, f"table-{table}"))


def test_names_and_reasons_are_shown_as_they_are_and_never_run(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection)
    for table in ("alarms", "jobs"):
        assert HOSTILE in str(browser.run(TEXT, f"table-{table}"))
    assert browser.run("return [document.title, document.querySelectorAll('img').length]") == ["Local AWS", 0]


def test_what_changes_is_shown_without_a_reload(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection)
    name = filled.bucket()
    until(lambda: f"{name}0" in str(browser.run(TEXT, "table-buckets")))
    day = filled.advance(seconds=86_400).strftime("%Y-%m-%d")
    until(lambda: str(browser.run(TEXT, "clock")).startswith(day))


def test_nothing_is_asked_while_nobody_looks(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection)
    browser.run("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})")
    time.sleep(2.5)
    count = "return performance.getEntriesByName(location.origin + '/_rehearsal/overview').length"
    before = browser.run(count)
    time.sleep(2.5)
    assert browser.run(count) == before
    browser.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    until(lambda: int(str(browser.run(count))) > int(str(before)))


def test_without_its_key_the_page_shows_nothing_and_says_what_to_open(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection, page=f"{filled.connection.endpoint}/")
    assert str(browser.run(TEXT, "status")).startswith("This page needs its key")
    assert browser.run("return document.querySelectorAll('table').length") == 0


def test_a_local_aws_that_has_ended_is_said_and_the_last_that_is_known_stays(browser: Browser) -> None:
    with Rehearsal() as rehearsal:
        rehearsal.connection.client("s3").create_bucket(Bucket="last-bucket")
        visit(browser, rehearsal.connection)
    until(lambda: "does not answer any more" in str(browser.run(TEXT, "status")))
    assert "last-bucket" in str(browser.run(TEXT, "table-buckets"))


def test_every_table_has_a_caption_and_headings_of_rows_and_columns(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection)
    without = (
        "return [...document.querySelectorAll('table')].filter(table => !table.caption.textContent"
        " || [...table.rows].some((row, index) => row.cells[0].scope !== (index ? 'row' : 'col'))).length"
    )
    assert browser.run("return document.querySelectorAll('table').length > 4")
    assert browser.run(without) == 0


def test_the_keyboard_reaches_a_table_by_its_link(browser: Browser, filled: SharedLocalAws) -> None:
    visit(browser, filled.connection)
    browser.run("document.getElementById('link-alarms').focus()")
    browser.press("\ue007")
    assert browser.run("return document.activeElement.id") == "heading-alarms"
    assert browser.run("return location.hash.length") == 33


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Browser, filled: SharedLocalAws, scheme: str) -> None:
    browser.emulate("prefers-color-scheme", scheme)
    visit(browser, filled.connection)
    assert browser.run(CONTRAST) == []


def test_a_narrow_window_needs_no_scrolling_sideways(browser: Browser, filled: SharedLocalAws) -> None:
    size = {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    metrics = {"cmd": "Emulation.setDeviceMetricsOverride", "params": size}
    browser.call("POST", f"{browser.session}/goog/cdp/execute", metrics)
    visit(browser, filled.connection)
    assert browser.run("return document.documentElement.scrollWidth <= 400")
    browser.call(
        "POST", f"{browser.session}/goog/cdp/execute", {"cmd": "Emulation.clearDeviceMetricsOverride", "params": {}}
    )


# Elements whose own text has less than 4.5 to 1 (WCAG 2.2, 1.4.3).
CONTRAST = """
const light = colour => {
  const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = element => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (colour !== "rgba(0, 0, 0, 0)") return colour;
  }
  return "rgb(255, 255, 255)";
};
return [...document.body.querySelectorAll("*")].filter(element => {
  const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  if (!own || !element.checkVisibility()) return false;
  const [one, other] = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05) < 4.5;
}).map(element => element.outerHTML.slice(0, 80));
"""
