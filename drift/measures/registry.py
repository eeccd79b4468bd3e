"""All measures, in the order of their violations. A new one is its module, and its line here."""

from modelyard.drift.measures.jensen_shannon import JensenShannon
from modelyard.drift.measures.kolmogorov_smirnov import KolmogorovSmirnov
from modelyard.drift.measures.measure import DistanceMeasure, Measure, ReportRow
from modelyard.drift.measures.new_categories import NewCategories
from modelyard.drift.measures.population_stability import PopulationStability
from modelyard.drift.measures.prediction_drift import PredictionDrift
from modelyard.drift.measures.vanished_categories import VanishedCategories

MEASURES: tuple[Measure, ...] = (
    PopulationStability(),
    JensenShannon(),
    KolmogorovSmirnov(),
    PredictionDrift(),
    NewCategories(),
    VanishedCategories(),
)


def report_rows() -> tuple[tuple[ReportRow, DistanceMeasure], ...]:
    """Return the rows of the report's table of a feature, each with its measure."""
    distances = (measure for measure in MEASURES if isinstance(measure, DistanceMeasure))
    return tuple((measure.report_row, measure) for measure in distances if measure.report_row is not None)
