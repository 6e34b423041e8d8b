"""evidence.js for endpoints in Python: pictures that carry their number, sound that is a known tone."""
import math

import numpy

CELLS = 20  # black, white, 16 bits from the highest, parity, black: across the top of the picture


def draw(width, height, number):
    """Luma of a picture of this number: the code, and below it a texture that moves."""
    bits = [0, 1] + [number >> (15 - i) & 1 for i in range(16)] + [bin(number).count("1") & 1, 0]
    y, x = numpy.mgrid[0:height, 0:width]
    luma = 64 + ((x + 3 * number) % 96) // 2 + ((y + number) % 64)
    rows = math.ceil(width / CELLS)
    luma[:rows] = numpy.where(numpy.array(bits)[x[:rows] * CELLS // width] == 1, 235, 16)
    return luma.astype(numpy.uint8)


def read(luma):
    """The number that a picture carries, or -1."""
    cell = luma.shape[1] / CELLS
    rows = luma[int(cell / 4) : math.ceil(cell * 3 / 4)]
    level = [rows[:, int((i + 0.25) * cell) : math.ceil((i + 0.75) * cell)].mean() for i in range(CELLS)]
    low, high = (level[0] + level[19]) / 2, level[1]
    if high - low < 80:
        return -1
    bits = [1 if v > (low + high) / 2 else 0 for v in level]
    number = int("".join(map(str, bits[2:18])), 2)
    return number if bits[18] == bin(number).count("1") & 1 else -1


def share(samples, rate, hz):
    """Share of the samples' power that is at `hz`: 1 for a pure tone."""
    power = float((samples * samples).sum())
    phase = numpy.exp(-2j * numpy.pi * hz * numpy.arange(len(samples)) / rate)
    return 2 * abs((samples * phase).sum()) ** 2 / (len(samples) * power) if power > 0 else 0


class Watcher:
    """Collects what one endpoint received of another that plays a tone of `hz`."""

    def __init__(self, hz):
        self.hz = hz
        self.numbers = set()
        self.counts = {"pictures": 0, "unreadable": 0, "backwards": 0, "size": "", "blocks": 0, "toneBlocks": 0}
        self.last, self.last_at, self.first, self.gap = -1, 0, 0, 0
        self.pending = numpy.zeros(0)

    def picture(self, luma, now_ms):
        counts, number = self.counts, read(luma)
        counts["pictures"] += 1
        if counts["pictures"] == 1:
            self.first = now_ms
        else:
            self.gap = max(self.gap, now_ms - self.last_at)
        self.last_at = now_ms
        counts["size"] = f"{luma.shape[1]}x{luma.shape[0]}"
        if number < 0:
            counts["unreadable"] += 1
            return
        counts["backwards"] += number < self.last
        self.last = number
        self.numbers.add(number)

    def sound(self, samples, rate):
        """Mono samples, any scale; judged in blocks of a tenth of a second."""
        self.pending = numpy.concatenate([self.pending, samples])
        size = rate // 10
        while len(self.pending) >= size:
            self.counts["blocks"] += 1
            self.counts["toneBlocks"] += share(self.pending[:size], rate, self.hz) > 0.7
            self.pending = self.pending[size:]

    def report(self):
        counts = {key: value if isinstance(value, str) else int(value) for key, value in self.counts.items()}
        return {**counts, "distinct": len(self.numbers), "first": self.first, "longestGap": round(self.gap)}
