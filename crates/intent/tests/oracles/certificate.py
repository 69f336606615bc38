"""Fixed sequence testing and conformal risk control by MAPIE, with SciPy's exact binomial p-values."""
import pathlib
import mapie
import numpy as np
import scipy
from mapie.risk_control.fwer_control import control_fwer
from mapie.risk_control.fwer_control import FWERFixedSequenceTesting
from mapie.risk_control.methods import find_best_predict_param, get_r_hat_plus
from scipy.stats import binom
from data import SplitMix, table

GRID = [t / 1000 for t in (999, 998, 997, 996)] + [(995 - 5 * step) / 1000 for step in range(100)]


def outcomes(seed, count):
    """Confidences by thousandths, leaning high, that are a little too sure."""
    random = SplitMix(seed)
    rows = []
    for _ in range(count):
        doubt = random.unit() * random.unit() * random.unit()
        thousandths = int(1000.0 * (1.0 - 0.6 * doubt))
        rows.append((thousandths, random.unit() < thousandths / 1000.0 - 0.01))
    return rows


rows = []
for seed in range(70, 82):
    count = [60, 300, 1_000, 5_000][seed % 4]
    alpha, delta = [(0.05, 0.1), (0.1, 0.05), (0.02, 0.1)][seed % 3]
    data = outcomes(seed, count)
    conf = np.array([c for c, _ in data]) / 1000
    wrong = np.array([not r for _, r in data])
    needed = int(np.ceil(np.log(delta) / np.log(1 - alpha)))
    start = max(needed, count // 10, min(count // 5, 4 * needed))
    tested = [t for t in GRID if (conf >= t).sum() >= start]
    p_values = np.array([binom.cdf(wrong[conf >= t].sum(), (conf >= t).sum(), alpha) for t in tested])
    passed = control_fwer(p_values, delta, FWERFixedSequenceTesting()) if len(tested) else []
    found = tested[max(passed)] if len(passed) else -1
    rows.append(("ltt", seed, count, alpha, delta, found))

    lambdas = np.arange(0, 1002) / 1000
    risks = (conf[:, None] >= lambdas[None, :]) & wrong[:, None]
    for alpha in (0.01, 0.03):
        _, upper = get_r_hat_plus(risks.astype(float), lambdas, "crc", None, None, None)
        if upper.min() > alpha:
            rows.append(("crc", seed, count, alpha, -1))
            continue
        found = find_best_predict_param(lambdas, upper, np.array([alpha]))[0]
        rows.append(("crc", seed, count, alpha, found))

table(pathlib.Path(__file__).with_suffix(".tsv"),
      f"mapie {mapie.__version__}, scipy {scipy.__version__}, numpy {np.__version__}", rows)
