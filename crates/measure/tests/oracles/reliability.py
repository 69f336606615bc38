"""Figures of probabilities by scikit-learn and MAPIE; what they lack, by its formula in NumPy."""
import pathlib
import sys
import mapie
import numpy as np
import scipy
import sklearn
from mapie.metrics.calibration import expected_calibration_error
from scipy.stats import foldnorm
from sklearn.metrics import brier_score_loss, f1_score, log_loss, roc_auc_score

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "intent" / "tests" / "oracles"))
from data import SplitMix, scored, table

rows = []
for seed, count, levels in [(1, 40, 0), (2, 1_000, 0), (3, 1_000, 20), (4, 5_000, 0)]:
    data = scored(seed, count, levels)
    s, y = np.array([s for s, _ in data]), np.array([r for _, r in data], dtype=int)
    name = (seed, count, levels)
    rows.append(("brier", *name, brier_score_loss(y, s)))
    rows.append(("nll", *name, log_loss(y, np.clip(s, 1e-12, 1 - 1e-12))))
    rows.append(("auroc", *name, roc_auc_score(y, s)))
    if not levels:  # MAPIE counts edges, so 16 of them for 15 bins; and it puts an edge below
        rows.append(("ece", *name, expected_calibration_error(y, s, num_bins=16)))
    place = np.minimum((s * 15).astype(int), 14)
    plain = corrected = 0.0
    for at in range(15):
        own = place == at
        n = own.sum()
        if n == 0:
            continue
        gap, rate = abs(y[own].mean() - s[own].mean()), y[own].mean()
        spread = np.sqrt(rate * (1 - rate) / n)
        mean = gap if spread == 0 else foldnorm.mean(gap / spread, scale=spread)
        plain += n / count * gap
        corrected += n / count * (2 * gap - mean)
    rows.append(("ece-formula", *name, plain))
    rows.append(("ece-debiased", *name, max(corrected, 0.0)))
    if levels:  # with whole levels the parts of Murphy need no remainder
        rel = res = 0.0
        for value in np.unique(s):
            own = s == value
            rel += own.mean() * (value - y[own].mean()) ** 2
            res += own.mean() * (y[own].mean() - y.mean()) ** 2
        rows.append(("murphy", *name, rel, res, y.mean() * (1 - y.mean())))
    else:
        order = np.argsort(-s, kind="stable")
        risks = np.cumsum(1 - y[order]) / np.arange(1, count + 1)
        wrong = np.sort(1 - y)
        oracle = np.cumsum(wrong) / np.arange(1, count + 1)
        rows.append(("aurc", *name, risks.mean(), risks.mean() - oracle.mean()))

random = SplitMix(9)
truth = [int(random.unit() * 4) for _ in range(300)]
said = [t if random.unit() < 0.7 else int(random.unit() * 4) for t in truth]
for at, f1 in enumerate(f1_score(truth, said, average=None)):
    rows.append(("f1", 9, 300, 4, at, f1))
rows.append(("f1-macro", 9, 300, 4, f1_score(truth, said, average="macro")))

table(pathlib.Path(__file__).with_suffix(".tsv"),
      f"scikit-learn {sklearn.__version__}, mapie {mapie.__version__}, scipy {scipy.__version__}, "
      f"numpy {np.__version__}", rows)
