"""R-B10: metric math.

Oracle: the tables and examples of the CloudWatch User Guide, "Using math expressions with
CloudWatch metrics" and "Using IF expressions".
"""

from __future__ import annotations

import pytest

from embedded_aws.metrics.expressions import compute
from embedded_aws.metrics.values import ExpressionError, Series, Surroundings


def series(*values: float | None) -> Series:
    return {float(at): float(value) for at, value in enumerate(values) if value is not None}


KNOWN = Surroundings(
    {
        "metric1": series(30, 20, 0, 0),
        "metric2": series(20, None, 20, None),
        "condition": series(1, 1, 0, 0, None),
        "yes": series(30, None, 0, 0, 30),
        "no": series(0, 0, 20, None, 20),
        "errors4xx": series(1, 2),
        "errors5xx": series(3, None),
    },
    ("metric1", "metric2", "errors4xx", "errors5xx"),
    [0.0, 1.0, 2.0, 3.0],
    60,
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("metric1 < metric2", series(0, 0, 1, 0)),
        ("metric1 >= 30", series(1, 0, 0, 0)),
        ("metric1 > 15 AND metric2 > 15", series(1, 0, 0, 0)),
        ("metric1 > 15 && metric2 > 15 || metric1 == 20", series(1, 1, 0, 0)),
        ("IF(condition, yes, no)", series(30, 0, 20, None, None)),
        ("IF(condition, 5, no)", series(5, 5, 20, None, None)),
        ("IF(condition, yes, 5)", series(30, 0, 5, 5, None)),
        ("IF(metric1 < 25, metric1)", series(None, 20, 0, 0)),
        ("metric2 / metric1", series(20 / 30, 0)),  # divided by zero: the point is dropped
        ("metric1 + metric2", series(50, 20, 20, 0)),  # what is missing is 0
        ("-metric1 * 2 - 1", series(-61, -41, -1, -1)),
        ("100 - metric1 / 10 ^ 1", series(97, 98, 100, 100)),
        ("metric1 / PERIOD(metric1)", series(0.5, 20 / 60, 0, 0)),
        ("FILL(metric2, 7)", series(20, 7, 20, 7)),
        ("FILL(metric2, metric1)", series(20, 20, 20, 0)),
        ("SUM([metric1, metric2])", series(50, 20, 20, 0)),
        ("SUM(METRICS('errors'))", series(4, 2)),
        ('SUM([METRICS("4xx"), METRICS("5xx")])', series(4, 2)),
        ("MAX([metric1, metric2])", series(30, 20, 20, 0)),
        ("MIN([metric1, metric2])", series(20, 20, 0, 0)),
        ("AVG([errors4xx, errors5xx])", series(2, 1)),
        ("metric1 - AVG(metric1)", series(17.5, 7.5, -12.5, -12.5)),
        ("metric1 - MIN(metric1)", series(30, 20, 0, 0)),
        ("TIME_SERIES(MAX(metric1))", series(30, 30, 30, 30)),
        ("CEIL(ABS(metric1 / -7))", series(5, 3, 0, 0)),
    ],
)
def test_expressions_are_computed_as_documented(expression: str, expected: Series) -> None:
    """R-B10: operators, comparisons, IF, FILL, functions of one series and of several."""
    assert compute(expression, KNOWN) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("RATE(metric1)", "RATE is not computed here"),
        ("metric1 +", "ends too early"),
        ("metric1 metric2", "does not end"),
        ("(metric1", "is missing"),
        ("unknown * 2", "no metric or expression has the id 'unknown'"),
        ("FILL(metric1, REPEAT)", "no metric or expression has the id 'REPEAT'"),
        ("metric1 ? 1", "what is no metric math"),
        ("SELECT AVG(CPUUtilization) FROM x", "SELECT"),
    ],
)
def test_what_cannot_be_computed_says_why(expression: str, said: str) -> None:
    """R-B10: an alarm on it stays as it is, and the report has this sentence."""
    with pytest.raises(ExpressionError, match=said):
        compute(expression, KNOWN)
