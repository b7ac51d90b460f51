"""Is the order of `order.py` as good as a fair shuffle? usage: check_order.py [--rounds 6] [--seeds 1000000]

Prints z-scores: how many standard deviations each count lies from what a fair shuffle gives, which
stays within about +-3; the last line counts those beyond 4. The relative deviation is what chance does
not explain in the counts of bins, and |count / expected - 1| for single counts. numpy's own
permutations, put through the same tests of whole orders, are the control. Exit 1 if any z-score of
n >= 1000 is beyond 4.
"""
import argparse
import math

import numpy as np

from order import GOLDEN, ROUNDS, mix, once, order, width

SMALL, LARGE = (4, 5, 10, 16, 17, 64, 512), (1000, 1024, 800167)
BINS = 500


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seeds", type=int, default=1_000_000)
    args = parser.parse_args()
    tests = [test for n in SMALL + LARGE for test in across_seeds(n, args.seeds, args.rounds)]
    for n, repeats in ((1000, 4000), (800167, 12)):
        tests += within_orders(n, [order(n, 7, epoch, args.rounds) for epoch in range(1, repeats + 1)], "epochs")
        tests += within_orders(n, [order(n, seed, 1, args.rounds) for seed in range(repeats)], "seeds")
        control = np.random.RandomState(1)
        tests += within_orders(n, [control.permutation(n) for _ in range(repeats)], "numpy")
    for n, name, z, size in tests:
        print(f"n {n:6}  {name:42} z {z:7.2f}  relative deviation {size:.4f}")
    bad = [(n, name) for n, name, z, _ in tests if abs(z) > 4]
    print(f"{args.rounds} rounds: {len(bad)} of {len(tests)} z-scores beyond 4: {bad}")
    raise SystemExit(any(n >= 1000 for n, _ in bad))


def across_seeds(n, seeds, rounds):
    """Where the first two elements of epoch 1 come from, over seeds 0, 1, 2, ..."""
    keys = keys_of_seeds(np.arange(seeds, dtype=np.uint32), rounds)
    first, second = (place_of(i, n, keys).astype(np.int64) for i in (0, 1))
    gap = (second - first) % n
    yield n, "first element, all places alike", *chi_square(binned(first, n), shares(n))
    yield n, "second minus first, all gaps alike", *chi_square(binned(gap - 1, n - 1), shares(n - 1))
    near, chance = np.count_nonzero((gap == 1) | (gap == n - 1)), 2 / (n - 1)
    z = (near - seeds * chance) / math.sqrt(seeds * chance * (1 - chance))
    yield n, f"first two adjacent ({near} of {seeds * chance:.1f})", z, abs(near / (seeds * chance) - 1)


def within_orders(n, orders, what):
    """Whole orders: neighbours, and the places of one order against those of the next."""
    gaps, moves, near, fixed, correlation = 0, 0, 0, 0, []
    for this, other in zip(orders, orders[1:] + orders[:1]):
        this, other = this.astype(np.int64), other.astype(np.int64)
        gap = (this[1:] - this[:-1]) % n
        gaps = gaps + binned(gap - 1, n - 1)
        moves = moves + binned((other - this) % n, n)
        near += np.count_nonzero((gap == 1) | (gap == n - 1))
        fixed += np.count_nonzero(this == np.arange(n))
        correlation.append(np.corrcoef(np.arange(n), this)[0, 1] * math.sqrt(n - 1))
    count = len(orders)
    yield n, f"{what}: gaps of neighbours", *chi_square(gaps, shares(n - 1))
    yield n, f"{what}: an element in two orders", *chi_square(moves, shares(n))
    yield n, f"{what}: neighbours adjacent ({near} of {2 * count})", *poisson(near, 2 * count)
    yield n, f"{what}: fixed points ({fixed} of {count})", *poisson(fixed, count)
    z = sum(correlation) / math.sqrt(count)
    yield n, f"{what}: rank correlation with file order", z, abs(np.mean(correlation)) / math.sqrt(n)


def keys_of_seeds(seeds, rounds):
    """`order.round_keys` of epoch 1 for an array of seeds below 2^32."""
    state = mix(mix(mix(seeds ^ np.uint32(GOLDEN))) ^ np.uint32(1))
    keys = []
    for _ in range(rounds):
        state = mix(state + np.uint32(GOLDEN))
        keys.append(state)
    return np.stack(keys)


def place_of(i, n, keys):
    """Element `i` of the order of n under each column of `keys` [rounds, seeds]."""
    bits = width(n)
    place = once(np.full(keys.shape[1], i, np.uint32), bits, keys)
    while (outside := np.flatnonzero(place >= n)).size:
        place[outside] = once(place[outside], bits, keys[:, outside])
    return place


def binned(values, n):
    bins = min(n, BINS)
    return np.bincount(values * bins // n, minlength=bins)


def shares(n):
    """The share of the values below n that falls in each bin."""
    return binned(np.arange(n), n) / n


def poisson(count, expected):
    """z-score of the count of a rare event, and its relative deviation."""
    return (count - expected) / math.sqrt(expected), abs(count / expected - 1)


def chi_square(counts, share):
    """z-score (Wilson-Hilferty) of the counts, and their relative deviation beyond what chance explains."""
    total, freedom = counts.sum(), len(counts) - 1
    statistic = ((counts - total * share) ** 2 / (total * share)).sum()
    width = 2 / (9 * freedom)
    z = ((statistic / freedom) ** (1 / 3) - (1 - width)) / math.sqrt(width)
    return z, math.sqrt(max(0, statistic - freedom) / total)


if __name__ == "__main__":
    main()
