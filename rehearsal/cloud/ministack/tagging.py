"""MiniStack's Resource Groups Tagging API: SageMaker's resources are among those that it finds, in pages.

Source: GetResources in the Resource Groups Tagging API reference.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from ministack.services import tagging

from modelyard.rehearsal.sagemaker.errors import ServiceError
from modelyard.rehearsal.sagemaker.listing import cut
from modelyard.rehearsal.sagemaker.store import Document

# Returns ARNs, each with its tags.
Tagged = Callable[[], Iterable[tuple[str, list[Document]]]]
# The most that a request may ask for. How many come where it does not say is not documented.
LONGEST_PAGE = 100
ITEMS = "ResourceTagMappingList"


def install(*, sagemaker: Tagged) -> None:
    """Have SageMaker's resources found beside those of MiniStack's own services."""
    find = tagging._HANDLERS["GetResources"]

    def find_page(request: Document) -> Any:
        status, headers, body = find(request)
        found = json.loads(body).get(ITEMS, [])
        if status != 200:
            return status, headers, body
        asked = {"MaxResults": request.get("ResourcesPerPage", LONGEST_PAGE)}
        if request.get("PaginationToken"):
            asked["NextToken"] = request["PaginationToken"]
        try:
            page = cut(asked, found, member=ITEMS)
        except ServiceError as error:
            return tagging._invalid_parameter(error.message)
        return tagging._json({ITEMS: page[ITEMS], "PaginationToken": page.get("NextToken", "")})

    tagging._HANDLERS["GetResources"] = find_page
    tagging._COLLECTORS["sagemaker"] = sagemaker
    hold_to_tags("sagemaker", tagged=sagemaker)


def hold_to_tags(service: str, *, tagged: Tagged) -> None:
    """Have `aws:ResourceTag` in policies held against the tags of a service's resources."""
    tagging._RESOURCE_TAG_COLLECTORS[service] = tagged
