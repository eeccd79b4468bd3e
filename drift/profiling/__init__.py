"""From CSV bytes to what a data set is: types, counts, moments, sketches, distinct counts, categories."""
