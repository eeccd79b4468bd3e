"""What the channels of XGBoost's own algorithm may be.

Source: sagemaker-xgboost-container cb8df91, `algorithm_mode/channel_validation.py`. A type is compared to the letter:
one with a parameter or a charset is another type.
"""

CHANNELS = ("train", "validation", "code")
CSV_TYPES = ("text/csv", "csv")
LIBSVM_TYPES = ("text/libsvm", "text/x-libsvm", "libsvm")
PARQUET_TYPES = ("application/x-parquet", "parquet")
RECORDIO_TYPES = ("application/x-recordio-protobuf", "recordio-protobuf")
TYPES = (*CSV_TYPES, *LIBSVM_TYPES, *PARQUET_TYPES, *RECORDIO_TYPES)
# What a channel is that does not say.
MISSING_TYPE = "text/libsvm"
