"""The columns of the row that drift.kernels.merging leaves behind for each line."""

LINE, LINE_END, ID, ID_END, ANSWER, ANSWER_END, LABEL, LABEL_END, OBJECT, OBJECT_END, CAPTURED = range(11)
COLUMNS = 11
