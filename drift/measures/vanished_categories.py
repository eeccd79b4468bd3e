"""Categories that the baseline alone has."""

from modelyard.drift.measures.measure import Measure, category_sentence
from modelyard.drift.measures.samples import Samples


class VanishedCategories(Measure):
    """Violated by one such category."""

    key = "vanished_categories"
    check = "vanished_categories_check"
    default = False

    def violation(self, *, samples: Samples, threshold: float) -> str | None:  # noqa: ARG002  a switch
        """Return the sentence that lists them."""
        if samples.categories is None:
            return None
        current, baseline = samples.categories
        return category_sentence(categories=sorted(baseline.keys() - current.keys()), where="only in the baseline")
