"""The prices of `yard cost`: asked of a price list over HTTP, and the table where none answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from modelyard.operations.costs.prices import TABLE
from support.yard import Ran, Yard

DATE = "2026-11-20T00:00:00Z"


def product(*, use: str, attribute: str, dollars: str) -> str:
    dimension = {"unit": "Hrs", "pricePerUnit": {"USD": dollars}}
    terms = {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}}
    attributes = {attribute: use}
    return json.dumps({"product": {"attributes": attributes}, "terms": terms, "publicationDate": DATE})


class PriceLists:
    """A server that answers for each type of instance with its products, and notes what was asked."""

    def __init__(self) -> None:
        self.products: dict[str, list[str]] = {}
        self.asked: list[dict[str, Any]] = []
        lists = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                lists.asked.append(asked)
                found = lists.products.get(lists.filters(asked)["instanceName"], [])
                body = json.dumps({"FormatVersion": "aws_v1", "PriceList": found}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that it overrides
                """Keep the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @staticmethod
    def filters(asked: dict[str, Any]) -> dict[str, str]:
        return {one["Field"]: one["Value"] for one in asked["Filters"]}


@pytest.fixture
def lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceLists]:
    made = PriceLists()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", f"http://127.0.0.1:{made.server.server_address[1]}")
    yield made
    made.server.shutdown()
    made.server.server_close()


def cost(yard: Yard, *arguments: str) -> Ran:
    return yard("cost", "churn_forest", "--json", *arguments)


def price_of(ran: Ran, what: str) -> float:
    return next(float(one["least"]) for one in ran.document["items"] if one["what"] == what)


def test_the_local_aws_has_no_price_list_and_the_table_is_used_with_a_word_of_it(yard: Yard) -> None:
    said = cost(yard)
    assert said.code == 0
    assert "Prices are from the table, because the pricing API cannot be reached: " in said.err
    assert said.document["prices"] == {
        "date": "2025-01-01",
        "region": "us-east-1",
        "note": "approximate and not verified",
    }


def test_where_nobody_answers_the_table_is_used(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", "http://127.0.0.1:9")
    said = cost(yard)
    assert said.code == 0
    assert "cannot be reached: Could not connect to the endpoint URL" in said.err


def test_the_screen_says_that_the_table_is_not_verified(yard: Yard) -> None:
    said = yard("cost", "churn_forest")
    assert "by us-east-1's prices of 2025-01-01, approximate and not verified" in " ".join(said.out.split())


def test_a_table_of_one_s_own_is_used_and_nobody_is_asked(yard: Yard, lists: PriceLists, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TABLE.read_text().replace("approximate and not verified", "as agreed"))
    said = cost(yard, "--prices", str(own))
    assert said.document["prices"]["note"] == "as agreed"
    assert lists.asked == []


def test_a_price_list_is_asked_for_each_type_in_the_region_that_is_called(yard: Yard, lists: PriceLists) -> None:
    cost(yard, "--region", "eu-west-3")
    assert [lists.filters(asked) for asked in lists.asked] == [
        {"instanceName": name, "regionCode": "eu-west-3", "productFamily": "ML Instance"}
        for name in ("ml.m5.large", "ml.m5.xlarge")
    ]


@pytest.mark.parametrize(("attribute", "use"), [("component", "Hosting"), ("platoinstancetype", "hosting")])
def test_the_price_of_hosting_is_taken_with_the_day_on_which_it_was_published(
    yard: Yard, lists: PriceLists, attribute: str, use: str
) -> None:
    other = product(use="Notebook", attribute=attribute, dollars="9")
    lists.products["ml.m5.large"] = [other, product(use=use, attribute=attribute, dollars="1")]
    lists.products["ml.m5.xlarge"] = lists.products["ml.m5.large"]
    said = cost(yard)
    assert price_of(said, "endpoint, champion") == 730
    assert (said.document["prices"]["date"], said.document["prices"]["region"]) == ("2026-11-20", "us-east-1")
    assert said.document["prices"]["note"].startswith("asked of AWS for instances; key and storage are the table's of ")


def test_a_type_that_the_price_list_does_not_have_is_the_table_s_and_named(yard: Yard, lists: PriceLists) -> None:
    lists.products["ml.m5.large"] = [product(use="Hosting", attribute="component", dollars="1")]
    said = cost(yard)
    assert "Prices are from the table where the pricing API has none: ml.m5.xlarge\n" in said.err
    assert price_of(said, "checks") == pytest.approx(730 * 3 / 60 * 0.23)


def test_a_price_list_without_any_of_the_types_leaves_the_table(yard: Yard, lists: PriceLists) -> None:
    said = cost(yard)
    assert "Prices are from the table, because the pricing API has none of these instances in this region\n" in said.err
    assert said.document["prices"]["date"] == "2025-01-01"
