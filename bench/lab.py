"""The matrix-factorisation lab in PyTorch: its two models and its training loop, with the batch order given;
and, for a golden, He et al.'s NeuMF trained by the same loop.

Parameter names and layouts are those of the goldens and of `parity.py`: `user_factors` [users, K],
`item_factors` [items, K], and for DeepMF `layers.0.weight` [out, in], `layers.0.bias` [out], ...
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional


class Mf(nn.Module):
    """The inner product of a user's and an item's factors."""

    def __init__(self, users, items, factors):
        super().__init__()
        self.user_factors = nn.Parameter(torch.randn(users, factors))
        self.item_factors = nn.Parameter(torch.randn(items, factors))

        self.sparse = False  # whether the tables' gradients hold only the rows of the batch

    def rows(self, user, item):
        tables = (user, self.user_factors), (item, self.item_factors)
        return tuple(functional.embedding(*table, sparse=self.sparse) for table in tables)

    def forward(self, user, item):
        user, item = self.rows(user, item)
        return (user * item).sum(1)


class DeepMf(Mf):
    """A network over both factors: linear 2K -> hidden[0], ReLU, ..., linear hidden[-1] -> 1."""

    def __init__(self, users, items, factors, hidden):
        super().__init__(users, items, factors)
        widths = [2 * factors, *hidden, 1]
        self.layers = nn.ModuleList(nn.Linear(wide, narrow) for wide, narrow in zip(widths, widths[1:]))

    def forward(self, user, item):
        x = torch.cat(self.rows(user, item), 1)
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x).squeeze(1)


class NeuMf(DeepMf):
    """Products of the first K factors beside a network over the other K, before the last layer: He et al. 2017."""

    def __init__(self, users, items, factors, hidden):
        super().__init__(users, items, factors, hidden)
        # The paper's 0.01 would leave the signs of Adam's first steps to rounding.
        self.user_factors = nn.Parameter(0.3 * torch.randn(users, 2 * factors))
        self.item_factors = nn.Parameter(0.3 * torch.randn(items, 2 * factors))
        self.layers[-1] = nn.Linear(factors + hidden[-1], 1)
        nn.init.constant_(self.layers[-1].bias, 3.5)  # about the mean, as a run begins

    def forward(self, user, item):
        (p, of_user), (q, of_item) = (row.chunk(2, 1) for row in self.rows(user, item))
        x = torch.cat([of_user, of_item], 1)
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](torch.cat([p * q, x], 1)).squeeze(1)


def build(config):
    """The model that `config` names, with PyTorch's own initial weights."""
    sizes = config["users"], config["items"], config["factors"]
    if config["model"] == "mf":
        return Mf(*sizes)
    if config["model"] == "deepmf":
        return DeepMf(*sizes, config["hidden"])
    if config["model"] == "neumf":
        return NeuMf(*sizes, config["hidden"])
    raise ValueError(f'model "{config["model"]}" is unknown; there are "mf", "deepmf" and "neumf"')


def train(model, config, train_set, test_set, orders):
    """Yields (batch losses, test RMSE) after each epoch.

    A set is (users, items, ratings); an order holds the train set's indices as visited.
    """
    precision = model.user_factors.dtype
    users, items, ratings = tensors(train_set, precision)
    optimizers = build_optimizers(model, config)
    for order in orders:
        losses = []
        for batch in torch.from_numpy(np.asarray(order, np.int64)).split(config["batch_size"]):
            model.zero_grad()
            loss = functional.mse_loss(model(users[batch], items[batch]), ratings[batch])
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            losses.append(loss.item())
        yield losses, test_rmse(model, tensors(test_set, precision))


def build_optimizers(model, config):
    """Adam for all, or SparseAdam for the tables and Adam for the layers."""
    common = {"lr": config["learning_rate"], "betas": (0.9, 0.999), "eps": 1e-8}
    if config.get("optimizer", "adam") == "adam":
        return [torch.optim.Adam(model.parameters(), weight_decay=config["weight_decay"], **common)]
    tables = [model.user_factors, model.item_factors]
    model.sparse = True
    layers = [parameter for name, parameter in model.named_parameters() if name.startswith("layers")]
    adam = [torch.optim.Adam(layers, weight_decay=config["weight_decay"], **common)] if layers else []
    return [torch.optim.SparseAdam(tables, **common), *adam]


@torch.no_grad()
def test_rmse(model, test_set):
    users, items, ratings = test_set
    return functional.mse_loss(model(users, items), ratings).item() ** 0.5


def train_rmse(losses):
    """The lab's train RMSE: the root of the mean of the batches' MSE; a short last batch counts as much as any."""
    return float(np.mean(losses) ** 0.5)


def tensors(rows, precision):
    users, items, ratings = rows
    ids = (torch.from_numpy(np.asarray(column, np.int64)) for column in (users, items))
    return *ids, torch.from_numpy(np.asarray(ratings, np.float64)).to(precision)
