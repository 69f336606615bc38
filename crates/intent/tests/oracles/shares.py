"""The incomplete beta function, its inverse and exact bounds, by SciPy."""
import pathlib
import scipy
from scipy.special import betainc, betaincinv
from scipy.stats import beta
from data import table

rows = []
shapes = [(0.5, 0.5), (1, 1), (1, 45), (2, 3), (5, 40), (30, 2), (13.5, 400.25), (500, 500),
          (40, 10_000), (250_000, 1_000), (1_000_000, 1_000_000)]
for a, b in shapes:
    for p in [1e-9, 1e-3, 0.05, 0.5, 0.9, 0.999]:
        x = betaincinv(a, b, p)
        rows.append(("inverse", a, b, p, x))
        rows.append(("share", a, b, x * 0.97, betainc(a, b, x * 0.97)))
for errors, of in [(0, 45), (0, 44), (1, 60), (3, 200), (17, 500), (50, 1_000), (400, 10_000),
                   (9, 10), (10, 10), (120, 1_000_000)]:
    for delta in [0.1, 0.05, 0.001]:
        bound = beta.ppf(1 - delta, errors + 1, of - errors) if errors < of else 1.0
        rows.append(("bound", errors, of, delta, bound))
table(pathlib.Path(__file__).with_suffix(".tsv"), f"scipy {scipy.__version__}", rows)
