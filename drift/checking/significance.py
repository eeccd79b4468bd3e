"""The two p-values that the checks need, without a statistics library in the container."""

import math

_ENOUGH = 1e-16
_MOST_TERMS = 100_000
_TINY = 1e-300


def chi_square_p_value(*, statistic: float, freedom: int) -> float:
    """Return how likely a chi-square statistic of at least this size is by chance."""
    return 1.0 if statistic / 2 <= 0 else _upper_gamma(shape=freedom / 2, limit=statistic / 2)


def _upper_gamma(*, shape: float, limit: float) -> float:
    """Return the regularized upper incomplete gamma function.

    Series below shape + 1, continued fraction above.
    """
    if math.isinf(limit):
        return 0.0
    scale = math.exp(shape * math.log(limit) - limit - math.lgamma(shape))
    if limit < shape + 1:
        return max(0.0, 1.0 - scale * _series(shape=shape, limit=limit))
    return scale * _fraction(shape=shape, limit=limit)


def _series(*, shape: float, limit: float) -> float:
    term = total = 1 / shape
    for step in range(1, _MOST_TERMS):
        term *= limit / (shape + step)
        total += term
        if term < total * _ENOUGH:
            break
    return total


def _fraction(*, shape: float, limit: float) -> float:
    # Lentz's method
    base = limit + 1 - shape
    numerator, denominator = 1 / _TINY, 1 / base
    value = denominator
    for step in range(1, _MOST_TERMS):
        weight = -step * (step - shape)
        base += 2
        denominator = 1 / ((weight * denominator + base) or _TINY)
        numerator = (base + weight / numerator) or _TINY
        value *= numerator * denominator
        if abs(numerator * denominator - 1) < _ENOUGH:
            break
    return value


def two_sample_p_value(*, distance: float, n: float, m: float) -> float:
    """Return how likely two samples of n and m values of one population lie at least so far apart.

    Kolmogorov's limit distribution: good from some 20 values a side on.
    """
    scaled = distance * math.sqrt(n * m / (n + m))
    if scaled < 0.2:
        return 1.0
    terms = ((-1) ** (term - 1) * math.exp(-2 * (term * scaled) ** 2) for term in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))
