"""Where does another program put the items that Latent's models are judged on?
usage: ranking_peer.py FOLDER [--factors 64] [--iterations 15] [--alpha 5] [--regularization 60]

FOLDER holds what `bench/ranking.rs` wrote (raw files are little-endian):
  meta.json            users, items, cases, others, places
  train_users.u32, train_items.u32    the training pairs: dense indices
  users.u32, items.u32                [cases] a user and the item that was left out
  others.u32                          [cases, others] items that the user has not rated

Trains implicit's AlternatingLeastSquares, by default with the settings that did best on items left out of
the training ratings of MovieLens-1M, and prints a line as Latent does: HR and NDCG at `places`, among
the sampled items and among all with a training rating that the user has not rated. Of equal scores the
item that was left out counts as the last. Exit 2: the folder is not as above.
"""
import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # it has threads of its own

import numpy as np  # noqa: E402
import scipy.sparse as sparse  # noqa: E402
from implicit.als import AlternatingLeastSquares  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--factors", type=int, default=64)
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--alpha", type=float, default=5.0, help="weight of a pair that was rated; others have 1")
    parser.add_argument("--regularization", type=float, default=60.0)
    args = parser.parse_args()
    try:
        meta, train, users, items, others = start(args.folder)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{args.folder} is not what Latent writes: {error}\n")
        raise SystemExit(2) from error
    model = AlternatingLeastSquares(
        factors=args.factors, iterations=args.iterations, alpha=args.alpha,
        regularization=args.regularization, random_state=42,
    )
    began = time.perf_counter()
    model.fit(train, show_progress=False)
    seconds = time.perf_counter() - began
    sampled, full = [], []
    known = np.diff(train.tocsc().indptr) > 0
    for user, item, among in zip(users, items, others):
        scores = model.item_factors @ model.user_factors[user]
        sampled.append(place(scores, item, among))
        candidates = known.copy()
        candidates[train.indices[train.indptr[user]:train.indptr[user + 1]]] = False
        candidates[item] = False
        full.append(place(scores, item, np.flatnonzero(candidates)))
    figures = " ".join(
        f"{name} HR@{meta['places']} {hit_rate:.4f} NDCG@{meta['places']} {ndcg:.4f}"
        for name, (hit_rate, ndcg) in (
            ("sampled", judged(sampled, meta["places"])), ("full", judged(full, meta["places"])),
        )
    )
    print(f"implicit k={args.factors} iterations={args.iterations} {seconds:.2f} s {figures}")


def start(folder):
    """meta.json, the training matrix, and the cases."""
    meta = json.loads((folder / "meta.json").read_text())
    column = {name: np.fromfile(folder / f"{name}.u32", "<u4").astype(np.int64)
              for name in ("train_users", "train_items", "users", "items", "others")}
    rows = column["train_users"], column["train_items"]
    ones = np.ones(len(rows[0]), np.float32)
    train = sparse.csr_matrix((ones, rows), (meta["users"], meta["items"]))
    others = column["others"].reshape(meta["cases"], meta["others"])
    return meta, train, column["users"], column["items"], others


def place(scores, item, others):
    """From 1."""
    return 1 + int((scores[others] >= scores[item]).sum())


def judged(places, first):
    """HR and NDCG at the first places."""
    places = np.asarray(places)
    gains = np.where(places <= first, 1 / np.log2(places + 1), 0)
    return (places <= first).mean(), gains.mean()


if __name__ == "__main__":
    main()
