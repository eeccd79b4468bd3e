"""What Autopilot ranks its candidates for tables by.

Source: "AutoMLJobObjective" in the SageMaker API reference, which lists the metrics of each problem.
"""

from collections.abc import Mapping
from typing import Literal

Problem = Literal["BinaryClassification", "MulticlassClassification", "Regression"]

# Of those that SageMaker measures for tables; what else it names is of forecasts.
OBJECTIVES: Mapping[Problem, tuple[str, ...]] = {
    "BinaryClassification": ("Accuracy", "AUC", "BalancedAccuracy", "F1", "Precision", "Recall"),
    "MulticlassClassification": ("Accuracy", "BalancedAccuracy", "F1macro", "PrecisionMacro", "RecallMacro"),
    "Regression": ("MAE", "MSE", "R2", "RMSE"),
}
MINIMIZED = ("MAE", "MSE", "RMSE")
