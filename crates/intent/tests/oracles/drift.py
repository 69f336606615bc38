"""ADWIN by river, Spiegelhalter's statistic by MAPIE, the stability index by SciPy."""
import pathlib
import mapie
import numpy as np
import river
import scipy
from mapie.metrics.calibration import spiegelhalter_statistic
from river.drift import ADWIN
from scipy.special import rel_entr
from data import SplitMix, scored, table

rows = []
for seed in range(90, 98):
    random = SplitMix(seed)
    detector = ADWIN(delta=0.002)
    for at in range(6_000):
        drawn = random.unit()
        if seed % 2:
            rate = 0.1 if at < 2_000 else 0.25 if at < 4_000 else 0.17
            value = 1.0 if drawn < rate else 0.0
        else:
            value = drawn * drawn if at < 3_000 else drawn * drawn * drawn * 1.4 + 0.05
        detector.update(value)
        if detector.drift_detected:
            rows.append(("adwin", seed, at, detector.width, detector.estimation))

for seed in (101, 102):
    random = SplitMix(seed)
    before = np.array([int(random.unit() * 50) + 1 for _ in range(12)])
    after = np.array([int(random.unit() * 20) for _ in range(12)])
    p, q = before / before.sum(), np.maximum(after, 0.5) / after.sum()
    # An empty bin counts as half a case, so q may sum to more than one; the formula does not mind.
    rows.append(("psi", seed, np.sum(rel_entr(p, q) + rel_entr(q, p))))

for seed, count in ((111, 40), (112, 1_000)):
    data = scored(seed, count)
    s, y = np.array([s for s, _ in data]), np.array([r for _, r in data], dtype=int)
    rows.append(("brier", seed, count, np.mean((s - y) ** 2), spiegelhalter_statistic(y, s)))

for seed, count in ((121, 200),):
    # Steiner's sum in its textbook form: the log of the likelihood ratio of the odds.
    total, highest = 0.0, 0.0
    for s, right in scored(seed, count):
        risk, ratio = 1 - s, 4.0
        raised = ratio * risk / (1 - risk + ratio * risk)
        likelihood = (1 - raised) / (1 - risk) if right else raised / risk
        total = max(0.0, total + np.log(likelihood))
        highest = max(highest, total)
    rows.append(("cusum", seed, count, highest))

table(pathlib.Path(__file__).with_suffix(".tsv"),
      f"river {river.__version__}, mapie {mapie.__version__}, scipy {scipy.__version__}, "
      f"numpy {np.__version__}", rows)
