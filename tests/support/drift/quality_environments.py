MERGED = '{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"],"originalDatasetFormat":null}}'


QUALITY = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "probability_attribute": "0",
    "probability_threshold_attribute": "0.500000",
}


MERGING = {
    "dataset_source": "/opt/ml/processing/input_data",
    "ground_truth_source": "/opt/ml/processing/groundtruth",
    "output_path": "/opt/ml/processing/merge",
}


CHECK = {
    **QUALITY,
    "dataset_format": MERGED,
    "dataset_source": "/opt/ml/processing/merge",
    "output_path": "/opt/ml/processing/result",
    "baseline_constraints": "/opt/ml/processing/output/constraints.json",
    "publish_cloudwatch_metrics": "Enabled",
    "sagemaker_endpoint_name": "churn",
    "sagemaker_monitoring_schedule_name": "dev-churn-model-quality",
    "start_time": "2026-11-22T09:00:00Z",
    "end_time": "2026-11-22T10:00:00Z",
    "metric_time": "2026-11-22T09:00:00Z",
}


ONE_JOB = {
    **CHECK,
    "dataset_source": "/opt/ml/processing/input_data",
    "ground_truth_source": MERGING["ground_truth_source"],
}
