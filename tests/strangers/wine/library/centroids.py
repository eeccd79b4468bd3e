"""The library: the class whose mean is the nearest, in standard deviations."""

import numpy as np


def fit(rows, labels):
    classes = sorted(set(labels))
    known = np.asarray(labels)
    means = [rows[known == name].mean(axis=0).tolist() for name in classes]
    return {"classes": classes, "means": means, "deviations": rows.std(axis=0).tolist()}


def nearest(rows, model):
    scaled = (rows[:, None, :] - np.asarray(model["means"])) / np.asarray(model["deviations"])
    return [model["classes"][place] for place in (scaled**2).sum(axis=2).argmin(axis=1)]
