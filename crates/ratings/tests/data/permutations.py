"""Goldens for the split: numpy's RandomState(seed).permutation(n).

    python permutations.py > permutations.txt

A line: n, seed, the sum of (k + 1) * permutation[k] modulo 2^64, and the first (at most) ten entries.
"""

import sys

import numpy

CASES = [(n, seed) for n in (1, 2, 3, 10, 1000, 65536, 65537) for seed in (0, 42, 4294967295)]
CASES += [(1_000_209, 42), (1_000_209, 7)]

print(f"# numpy {numpy.__version__}, python {sys.version.split()[0]}: python permutations.py > permutations.txt")
for n, seed in CASES:
    order = numpy.random.RandomState(seed).permutation(n).astype(numpy.uint64)
    checksum = (numpy.arange(1, n + 1, dtype=numpy.uint64) * order).sum()
    print(n, seed, checksum, *order[:10])
