"""Does PyTorch, from Latent's initial weights and in Latent's batch order, end where Latent ends?
usage: parity.py FOLDER [--tolerance 1e-3]

FOLDER holds what Latent wrote (raw files are little-endian):
  meta.json            model, users, items, factors, hidden, epochs, batch_size, learning_rate,
                       weight_decay, weights: [[name, shape], ...]
  train_users.u32, train_items.u32, train_ratings.f32, and test_ of each: dense indices and ratings
  order_1.u32 ...      for each epoch, the indices of the train ratings in the order visited
  weights/NAME.f32     initial weights, row-major in PyTorch's layout (a linear weight is [out, in])
  latent.json          optional: [{epoch, train_rmse, test_rmse}, ...]

Prints the RMSE of every epoch and, against latent.json, the differences. Exit 0: none beyond the
tolerance (or nothing to compare); 1: some beyond it, or an epoch missing; 2: the folder is not as above.
"""
import argparse
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch

import lab

KEYS = (
    *("model", "users", "items", "factors", "hidden"),
    *("epochs", "batch_size", "learning_rate", "weight_decay", "weights"),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-3, help="largest difference of an RMSE (default 1e-3)")
    args = parser.parse_args()
    # Steps are too small to share: with a second thread, on two busy cores, an epoch of ML-1M took 30 s instead of 9.
    torch.set_num_threads(1)
    try:
        meta = json.loads((args.folder / "meta.json").read_text())
        config = {key: meta[key] for key in KEYS}
        model, train, test, orders = start(args.folder, config)
        latent = latent_epochs(args.folder / "latent.json", len(orders))
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"{args.folder} is not a start written by Latent: {reason(error)}\n")
        raise SystemExit(2) from error
    if latent is None:
        print(f"{args.folder / 'latent.json'} is not there: nothing to compare with")
    versions = f"torch {torch.__version__}, numpy {np.__version__}"
    print(f"{versions}, {config['model']}, {len(train[0]):,} train, {len(test[0]):,} test", flush=True)
    differences = []
    for epoch, (losses, test_rmse) in enumerate(lab.train(model, config, train, test, orders), 1):
        differences += report(epoch, lab.train_rmse(losses), test_rmse, latent)
    raise SystemExit(0 if latent is None else verdict(differences, args.tolerance))


def start(folder, config):
    """The model with Latent's weights, the train and the test set, and the order of every epoch."""
    model = lab.build(config)
    expected = {name: list(parameter.shape) for name, parameter in model.named_parameters()}
    given = {name: list(shape) for name, shape in config["weights"]}
    if expected != given:
        raise ValueError(f"meta.json lists the weights {given}; {config['model']} has {expected}")
    model.load_state_dict({name: weight(folder / "weights" / f"{name}.f32", shape) for name, shape in given.items()})
    train, test = (rating_set(folder, part, config) for part in ("train", "test"))
    if config["epochs"] < 1:
        raise ValueError(f"meta.json: {config['epochs']} epochs; expected at least 1")
    orders = [permutation(folder / f"order_{epoch}.u32", len(train[0])) for epoch in range(1, config["epochs"] + 1)]
    return model, train, test, orders


def rating_set(folder, part, config):
    users = indices(folder / f"{part}_users.u32", config["users"])
    items = indices(folder / f"{part}_items.u32", config["items"])
    ratings = np.fromfile(folder / f"{part}_ratings.f32", "<f4")
    if not len(users) == len(items) == len(ratings) > 0:
        lengths = f"{len(users)} users, {len(items)} items and {len(ratings)} ratings"
        raise ValueError(f"{part}: {lengths}; expected as many of each, and some")
    return users, items, ratings


def indices(path, below):
    values = np.fromfile(path, "<u4")
    if values.size and values.max() >= below:
        raise ValueError(f"{path.name}: index {values.max()} is not below {below}")
    return values


def permutation(path, n):
    values = indices(path, n)
    if len(values) != n or (np.bincount(values, minlength=n) != 1).any():
        raise ValueError(f"{path.name}: not a permutation of the {n} train ratings")
    return values


def weight(path, shape):
    values = np.fromfile(path, "<f4")
    if values.size != math.prod(shape):
        raise ValueError(f"weights/{path.name}: {values.size} values do not fill the shape {shape}")
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def latent_epochs(path, epochs):
    """Latent's (train RMSE, test RMSE) by epoch, or None where there is no such file."""
    if not path.exists():
        return None
    latent = {row["epoch"]: (row["train_rmse"], row["test_rmse"]) for row in json.loads(path.read_text())}
    if strange := latent.keys() - range(1, epochs + 1):
        raise ValueError(f"latent.json has epochs {sorted(strange)}; meta.json says 1 to {epochs}")
    return latent


def report(epoch, train_rmse, test_rmse, latent):
    """Prints one epoch; returns its differences from Latent, NaN for an epoch that Latent lacks."""
    line = f"Epoch: {epoch:3d}, TrnRMSE: {train_rmse:.4f}, TestRMSE: {test_rmse:.4f}"
    if latent is None:
        print(line, flush=True)
        return []
    there = latent.get(epoch, (math.nan, math.nan))
    differences = [there[0] - train_rmse, there[1] - test_rmse]
    theirs, gaps = f"{there[0]:.4f} {there[1]:.4f}", f"{differences[0]:+.1e} {differences[1]:+.1e}"
    print(f"{line} | Latent {theirs} | differences {gaps}", flush=True)
    return differences


def verdict(differences, tolerance):
    # Written so that NaN, which compares as false, counts as too far.
    far = [difference for difference in differences if not abs(difference) <= tolerance]
    largest = max(differences, key=lambda d: math.inf if math.isnan(d) else abs(d))
    print(f"largest difference {abs(largest):.1e}, tolerance {tolerance:g}: {'FAILED' if far else 'ok'}")
    return 1 if far else 0


def reason(error):
    return f"meta.json or latent.json lacks {error}" if isinstance(error, KeyError) else error


if __name__ == "__main__":
    main()
