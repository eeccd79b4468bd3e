"""The columns of the row that modelyard.drift.kernels.merging writes for each line."""

LINE, LINE_END, ID, ID_END, RESPONSE, RESPONSE_END, LABEL, LABEL_END, OBJECT, OBJECT_END, CAPTURED = range(11)
COLUMNS = 11
