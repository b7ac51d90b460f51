"""Remakes the goldens of this folder with PyTorch. usage: make_goldens.py

Each case holds ratings, initial weights, batch orders, and what PyTorch's models and Adam made of
them: every batch's loss, the RMSE of every epoch, the final weights. A case that rounding alone can
push past the tolerances of the tests would test nothing, so each is also trained in f64, and once in
f32 with the samples of every batch reversed; both must stay well inside or nothing is written.
"""
import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch

from order import order

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "bench"))
import lab  # noqa: E402

VERSIONS = {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__}
COMMAND = "python tests/data/make_goldens.py"
# What the tests allow: relative for a loss, absolute for a weight. Rounding may use a third of it.
LOSS_TOLERANCE, WEIGHT_TOLERANCE, ROUNDING_SHARE = 1e-5, 1e-4, 1 / 3

LAB = {"factors": 10, "learning_rate": 1e-3, "weight_decay": 1e-5, "seed": 42, "step": 1.0}
# A larger rate moves the weights far; a larger decay tells coupled from decoupled, in five epochs.
BOLD = {"factors": 4, "learning_rate": 1e-2, "weight_decay": 1e-3, "seed": (3 << 32) + 7, "step": 0.5}
CASES = {
    "mf_lab": {"model": "mf", "hidden": [], **LAB},
    "mf_bold": {"model": "mf", "hidden": [], **BOLD},
    "deepmf_lab": {"model": "deepmf", "hidden": [10, 5], **LAB},
    "deepmf_bold": {"model": "deepmf", "hidden": [7, 3], **BOLD},
    "mf_sparse": {"model": "mf", "hidden": [], "optimizer": "sparse-adam", **BOLD},
    "deepmf_sparse": {"model": "deepmf", "hidden": [7, 3], "optimizer": "sparse-adam", **BOLD},
    "neumf_bold": {"model": "neumf", "hidden": [7, 3], **BOLD},
}
SHAPE = {"users": 60, "items": 40, "epochs": 5, "batch_size": 128}
TRAIN, TEST = 1500, 300
ORDERS = [
    *((n, 42, epoch) for n in (1, 2, 3, 5, 8, 17, 1000) for epoch in (1, 2)),
    *((100, seed, 1) for seed in (0, 1, 1 << 32, (1 << 64) - 1)),
    (300, 7, (1 << 32) - 1),
]


def main():
    torch.set_num_threads(1)
    files = {"order.json": {"versions": VERSIONS, "command": COMMAND, "orders": [order_golden(*key) for key in ORDERS]}}
    for place, (name, knobs) in enumerate(CASES.items()):
        files[f"{name}.json"] = case(name, {**SHAPE, **knobs}, draw=1000 + place)
    for name, content in files.items():
        (HERE / name).write_text(compact(content))
        print(f"{name}: {(HERE / name).stat().st_size:,} bytes")


def order_golden(n, seed, epoch):
    return {"n": n, "seed": seed, "epoch": epoch, "order": order(n, seed, epoch).tolist()}


def case(name, config, draw):
    """One golden: trained three ways, of which the f32 one is kept."""
    train, test = planted_ratings(config, draw)
    torch.manual_seed(draw)
    model = lab.build(config)
    initial = weights(model)
    orders = [order(TRAIN, config["seed"], epoch) for epoch in range(1, config["epochs"] + 1)]
    losses, test_rmse, final = trained(config, initial, train, test, orders, torch.float32)
    check_rounding(name, losses, final, trained(config, initial, train, test, orders, torch.float64))
    reversed_batches = [within_batches_reversed(epoch, config["batch_size"]) for epoch in orders]
    check_rounding(name, losses, final, trained(config, initial, train, test, reversed_batches, torch.float32))
    return {
        "name": name,
        "versions": VERSIONS,
        "command": COMMAND,
        "config": {key: value for key, value in config.items() if key != "step"},
        "train": columns(train),
        "test": columns(test),
        "initial": named(initial),
        "orders": [epoch.tolist() for epoch in orders],
        "losses": [shortest(epoch) for epoch in losses],
        "train_rmse": shortest([lab.train_rmse(epoch) for epoch in losses]),
        "test_rmse": shortest(test_rmse),
        "final": named(final),
    }


def planted_ratings(config, draw):
    """Ratings of a rank-2 taste with noise, in steps of `step` from 1 to 5, of skewed users and items.

    Pairs may repeat, as in real files. The last user and the last item have no train rating: their
    rows move by weight decay alone.
    """
    random = np.random.RandomState(draw)
    taste, kind = random.randn(config["users"], 2), random.randn(config["items"], 2)

    def rows(count, users, items):
        user = np.minimum(random.randint(users, size=count), random.randint(users, size=count))
        item = np.minimum(random.randint(items, size=count), random.randint(items, size=count))
        rating = 3.5 + 0.6 * (taste[user] * kind[item]).sum(1) + 0.5 * random.randn(count)
        return user, item, np.clip(np.round(rating / config["step"]) * config["step"], 1, 5)

    test = rows(TEST, config["users"], config["items"])
    test[0][-1], test[1][-1] = config["users"] - 1, config["items"] - 1
    return rows(TRAIN, config["users"] - 1, config["items"] - 1), test


def trained(config, initial, train, test, orders, precision):
    """Losses of every batch [epochs][batches], test RMSE [epochs], and the final weights."""
    model = lab.build(config).to(precision)
    model.load_state_dict({name: torch.from_numpy(value) for name, value in initial.items()})
    losses, test_rmse = zip(*lab.train(model, config, train, test, orders))
    return losses, test_rmse, weights(model)


def check_rounding(name, losses, final, other):
    """Stops the run where two ways of rounding differ by more than a share of the tests' tolerances."""
    other_losses, _, other_final = other
    loss = np.max(np.abs(np.array(losses) / np.array(other_losses) - 1))
    weight = max(np.abs(final[key] - other_final[key]).max() for key in final)
    print(f"{name}: rounding moves a loss by {loss:.1e} (relative) and a weight by {weight:.1e}")
    if not (loss < LOSS_TOLERANCE * ROUNDING_SHARE and weight < WEIGHT_TOLERANCE * ROUNDING_SHARE):
        raise SystemExit(f"{name}: too sensitive to rounding for a golden; change its draw, rate or size")


def within_batches_reversed(epoch, batch_size):
    return np.concatenate([epoch[at : at + batch_size][::-1] for at in range(0, len(epoch), batch_size)])


def weights(model):
    return {name: parameter.detach().numpy().copy() for name, parameter in model.named_parameters()}


def columns(rows):
    users, items, ratings = rows
    return {"users": users.tolist(), "items": items.tolist(), "ratings": ratings.tolist()}


def named(tensors):
    """Row-major values with their shapes; a linear layer's weight is [out, in]."""
    return [
        {"name": name, "shape": list(value.shape), "values": shortest(value.ravel())}
        for name, value in tensors.items()
    ]


def shortest(values):
    """The f32 values as the shortest decimals that read back as the same f32."""
    return [float(str(np.float32(value))) for value in values]


def compact(content):
    """JSON with one line for each top-level key, and for each entry of a top-level list."""
    def dense(value):
        return json.dumps(value, separators=(",", ":"))

    def lines(value):
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            return "[\n" + ",\n".join("  " + dense(entry) for entry in value) + "\n]"
        return dense(value)

    return "{\n" + ",\n".join(f'"{key}": {lines(value)}' for key, value in content.items()) + "\n}\n"


if __name__ == "__main__":
    main()
