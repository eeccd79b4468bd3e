BASELINE = {
    "dataset_format": '{"csv": {"header": true, "output_columns_position": "START"}}',
    "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
    "output_path": "/opt/ml/processing/output",
    "publish_cloudwatch_metrics": "Disabled",
}
