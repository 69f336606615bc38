"""Calibration maps by scikit-learn; where its solver stops early, the same loss by SciPy."""
import pathlib
import numpy as np
import scipy
import sklearn
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_softmax, logit
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from data import logits, scored, table

rows = []


def arrays(seed, count, levels=0):
    data = scored(seed, count, levels)
    return np.array([s for s, _ in data]), np.array([r for _, r in data], dtype=float)


def exact(x, target):
    """Least logistic loss by Newton's trust region, to the last digits."""
    def parts(w):
        p = expit(x @ w)
        return x.T @ (p - target), (x * (p * (1 - p))[:, None]).T @ x
    def loss(w):
        z = x @ w
        return np.sum(np.logaddexp(0, z) - target * z)
    found = minimize(loss, np.zeros(x.shape[1]), jac=lambda w: parts(w)[0],
                     hess=lambda w: parts(w)[1], method="trust-exact", options={"gtol": 1e-12})
    w = found.x
    for _ in range(5):
        gradient, hessian = parts(w)
        w = w - np.linalg.solve(hessian, gradient)
    return w


for seed, count in [(11, 60), (12, 400), (13, 3_000)]:
    s, y = arrays(seed, count)
    z = logit(np.clip(s, 1e-12, 1 - 1e-12))
    target = np.where(y > 0, (y.sum() + 1) / (y.sum() + 2), 1 / (count - y.sum() + 2))
    level, slope = exact(np.column_stack([np.ones(count), z]), target)
    rows.append(("platt", seed, count, slope, level))
    a, b = _sigmoid_calibration(z, y)
    rows.append(("platt-sklearn", seed, count, -a, -b))

for seed, count in [(21, 400), (22, 3_000)]:
    s, y = arrays(seed, count)
    x = np.column_stack([np.log(s), -np.log1p(-s)])
    c, a, b = exact(np.column_stack([np.ones(count), x]), y)
    assert a > 0 and b > 0
    rows.append(("beta", seed, count, a, b, c))
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10).fit(x, y)
    rows.append(("beta-sklearn", seed, count, *model.coef_[0], model.intercept_[0]))

for seed, count, levels in [(31, 50, 0), (32, 4_000, 0), (33, 4_000, 64), (34, 7, 2)]:
    s, y = arrays(seed, count, levels)
    model = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(s, y)
    for at in np.linspace(0, 1, 23):
        rows.append(("isotonic", seed, count, levels, at, model.predict([at])[0]))

for seed, count, classes in [(41, 40, 3), (42, 900, 12)]:
    data = logits(seed, count, classes)
    z, truth = np.array([row for row, _ in data]), np.array([t for _, t in data])
    def slope(scale):
        p = np.exp(log_softmax(scale * z, axis=1))
        return np.sum((p * z).sum(axis=1) - z[np.arange(count), truth])
    scale = brentq(slope, 0.05, 20, xtol=1e-15, rtol=1e-14)
    loss = -np.mean(log_softmax(scale * z, axis=1)[np.arange(count), truth])
    rows.append(("temperature", seed, count, classes, 1 / scale, loss))

for seed, count, old in [(51, 500, 0.5), (52, 500, 0.3)]:
    # The fixed point of Saerens's iteration, found as a root instead.
    s, _ = arrays(seed, count)
    def moved(rate):
        return expit(logit(s) + logit(rate) - logit(old)).mean() - rate
    grid = [1e-4, 0.999]
    signs = [moved(rate) for rate in grid]
    assert signs[0] > 0 > signs[1]
    rate = brentq(moved, *grid, xtol=1e-15)
    rows.append(("em", seed, count, old, logit(rate) - logit(old)))

for seed, count in [(61, 300)]:
    s, y = arrays(seed, count)
    wanted = (y.sum() + 0.5) / (count + 1)
    shift = brentq(lambda d: expit(logit(s) + d).mean() - wanted, -20, 20, xtol=1e-15)
    rows.append(("large", seed, count, shift))

table(pathlib.Path(__file__).with_suffix(".tsv"),
      f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}", rows)
