"""Data for the oracles, by SplitMix64, so that the tests in Rust make the very same without a file."""


class SplitMix:
    def __init__(self, seed):
        self.state = seed

    def draw(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = ((self.state ^ (self.state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def unit(self):
        return (self.draw() >> 11) * (1.0 / (1 << 53))


def scored(seed, count, levels=0):
    """Scores with labels: right with chance s*s*(3-2s), so every calibrator has work to do.
    With levels, scores are whole multiples of 1/levels: many ties."""
    random = SplitMix(seed)
    rows = []
    for _ in range(count):
        score = random.unit()
        if levels:
            score = float(int(score * levels)) / levels
        rows.append((score, random.unit() < score * score * (3.0 - 2.0 * score)))
    return rows


def logits(seed, count, classes):
    """Logits with the true class, whose own logit is raised by 2.5."""
    random = SplitMix(seed)
    rows = []
    for _ in range(count):
        truth = int(random.unit() * classes)
        row = [8.0 * (random.unit() - 0.5) for _ in range(classes)]
        row[truth] += 2.5
        rows.append((row, truth))
    return rows


def table(path, versions, rows):
    """Writes rows of a name and numbers, led by what made them."""
    with open(path, "w") as file:
        file.write("# made by the script of the same name with " + versions + "\n")
        for name, *numbers in rows:
            file.write("\t".join([name] + [repr(float(n)) for n in numbers]) + "\n")
