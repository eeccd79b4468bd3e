"""Categories that the baseline does not have."""

from modelyard.drift.measures.measure import Measure, category_sentence
from modelyard.drift.measures.samples import Samples


class NewCategories(Measure):
    """Violated by one such category."""

    key = "new_categories"
    check = "new_categories_check"
    default = False

    def violation(self, *, samples: Samples, threshold: float) -> str | None:  # noqa: ARG002  a switch
        """Return the sentence that lists them."""
        if samples.categories is None:
            return None
        current, baseline = samples.categories
        return category_sentence(categories=sorted(current.keys() - baseline.keys()), where="not in the baseline")
