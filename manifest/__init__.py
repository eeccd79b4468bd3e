"""What a user declares, read and checked: one model per file of `models/`, the stages in `stages.toml`.

This package knows nothing of the CDK and calls nothing of AWS, so that synth and the operator's commands can both
stand on it.
"""

from modelyard.manifest.model import Model
from modelyard.manifest.problems import Problem, Refused
from modelyard.manifest.reading import beside, named_folder, read_models, read_stage
from modelyard.manifest.stage import Stage

__all__ = ["Model", "Problem", "Refused", "Stage", "beside", "named_folder", "read_models", "read_stage"]
