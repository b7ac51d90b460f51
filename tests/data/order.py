"""The order in which an epoch visits its ratings: a pure function of (n, seed, epoch).

A Feistel network over the smallest 2^bits >= n (at least 4) permutes the indices; one that lands at
n or beyond is sent through again until it lands below ("cycle walking"). Nothing is stored, and
each place can be computed alone, on any device, with u32 arithmetic only.
"""
import numpy as np

ROUNDS = 6
GOLDEN = 0x9E3779B9
MASK = 0xFFFFFFFF


def order(n, seed, epoch, rounds=ROUNDS):
    """Indices [n] of the ratings in the order of `epoch` (from 1); `seed` is a u64. Returns u32."""
    if n == 0:
        return np.empty(0, np.uint32)
    bits = width(n)
    keys = round_keys(seed, epoch, rounds)
    place = once(np.arange(n, dtype=np.uint32), bits, keys)
    while (outside := np.flatnonzero(place >= n)).size:
        place[outside] = once(place[outside], bits, keys)
    return place


def width(n):
    """Bits of the network for n indices; each of its halves needs at least one."""
    return max(8, (n - 1).bit_length())


def round_keys(seed, epoch, rounds=ROUNDS):
    """One u32 key a round [rounds]."""
    state = mix((seed & MASK) ^ GOLDEN)
    state = mix(state ^ (seed >> 32))
    state = mix(state ^ epoch)
    keys = []
    for _ in range(rounds):
        state = mix((state + GOLDEN) & MASK)
        keys.append(state)
    return np.array(keys, np.uint32)


def once(x, bits, keys):
    """One pass of the network over an array of u32 below 2^bits; a key may be one u32 or one for each x."""
    low = bits // 2
    low_mask, high_mask = np.uint32((1 << low) - 1), np.uint32((1 << (bits - low)) - 1)
    left, right = x >> np.uint32(low), x & low_mask
    for r, key in enumerate(keys):
        if r % 2 == 0:
            left = left ^ (mix(right ^ key) & high_mask)
        else:
            right = right ^ (mix(left ^ key) & low_mask)
    return left << np.uint32(low) | right


def mix(x):
    """A u32 with every bit of `x` spread over it; for an int or an array of u32."""
    array = isinstance(x, np.ndarray)
    word = (lambda v: np.uint32(v)) if array else int
    x = x ^ (x >> word(16))
    x = x * word(0x7FEB352D) if array else x * 0x7FEB352D & MASK
    x = x ^ (x >> word(15))
    x = x * word(0x846CA68B) if array else x * 0x846CA68B & MASK
    return x ^ (x >> word(16))
