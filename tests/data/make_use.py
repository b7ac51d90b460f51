"""Makes use.json: what a model says, computed with numpy alone.

    python tests/data/make_use.py > tests/data/use.json

A model of 12 users and 9 items with 3 factors, and ratings; predictions of the lab's models and of the neural
ones, lists, neighbours, and the factors of new users with fewer and with more ratings than factors.
"""

import json

import numpy as np

random = np.random.default_rng(7)
USERS, ITEMS, K, HIDDEN = 12, 9, 3, [4, 2]
P = random.normal(0.6, 0.8, (USERS, K)).astype(np.float32)
Q = random.normal(0.7, 0.9, (ITEMS, K)).astype(np.float32)
widths = [2 * K, *HIDDEN, 1]
layers = [
    (random.normal(0, 0.7, (out, into)).astype(np.float32), random.normal(0, 0.5, out).astype(np.float32))
    for into, out in zip(widths, widths[1:])
]
# Every user and every item is rated; user 0 rates item 0 twice, item 8 is rated once.
pairs = [(u, i) for u in range(USERS) for i in range(ITEMS - 1) if (3 * u + 5 * i) % 4 < 2]
pairs += [(0, 0), (5, 8)]
ratings = [(u, i, float(random.integers(1, 6))) for u, i in pairs]
TRAIN_RMSE = 0.9


def mf(p, q):
    return p.astype(np.float64) @ q.astype(np.float64).T


def deep_mf():
    x = np.concatenate([np.repeat(P, ITEMS, 0), np.tile(Q, (USERS, 1))], 1).astype(np.float64)
    for n, (weight, bias) in enumerate(layers):
        x = x @ weight.T.astype(np.float64) + bias
        if n + 1 < len(layers):
            x = np.maximum(x, 0)
    return x.reshape(USERS, ITEMS)


neural = np.random.default_rng(8)  # of its own, so that the numbers above stay
P2, Q2 = (neural.normal(0, 0.9, (rows, K)).astype(np.float32) for rows in (USERS, ITEMS))
weigh = [
    (neural.normal(0, 0.8, (1, inputs)).astype(np.float32), neural.normal(3, 0.5, 1).astype(np.float32))
    for inputs in (K, HIDDEN[-1], K + HIDDEN[-1])
]


def neural_models():
    """Gmf from the first tables, mlp through the hidden layers, neumf from both with factors of its own."""
    products = np.repeat(P, ITEMS, 0).astype(np.float64) * np.tile(Q, (USERS, 1))
    towers = []
    for p, q in (P, Q), (P2, Q2):
        x = np.concatenate([np.repeat(p, ITEMS, 0), np.tile(q, (USERS, 1))], 1).astype(np.float64)
        for weight, bias in layers[:-1]:
            x = np.maximum(x @ weight.T.astype(np.float64) + bias, 0)
        towers.append(x)
    inputs = products, towers[0], np.concatenate([products, towers[1]], 1)
    ratings = [x @ w.T.astype(np.float64) + b for x, (w, b) in zip(inputs, weigh)]
    return dict(zip(("gmf", "mlp", "neumf"), (r.reshape(USERS, ITEMS).tolist() for r in ratings)))


def best(scores, n, leave_out):
    order = sorted((-s, i) for i, s in enumerate(scores) if i not in leave_out)
    return [i for _, i in order[:n]]


def cosines(table, row):
    table = table.astype(np.float64)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    return unit @ unit[row]


P64, Q64 = P.astype(np.float64), Q.astype(np.float64)
mean = P64.mean(0)
penalty = TRAIN_RMSE**2 / ((P64 - mean) ** 2).mean()


def fold_in(rated):
    q = Q64[[i for i, _ in rated]]
    r = np.array([r for _, r in rated])
    inverse = np.linalg.inv(q.T @ q + penalty * np.eye(K))
    p = mean + inverse @ q.T @ (r - q @ mean)
    shares = (Q64[4] @ inverse @ q.T) * (r - q @ mean)
    return {"rated": rated, "factors": p.tolist(), "scores": (Q64 @ p).tolist(), "shares_of_item_4": shares.tolist()}


held_out = [(u, i, float(random.integers(1, 6))) for u in range(USERS) for i in range(ITEMS) if (u + 2 * i) % 3 == 0]


def groups(counts, index, errors):
    """RMSE by tenths of the rows, the fewest ratings first."""
    order = sorted(range(len(counts)), key=lambda row: (counts[row], row_order(index, row)))
    tenth = {row: 10 * place // len(order) for place, row in enumerate(order)}
    out = []
    for group in sorted(set(tenth.values())):
        mine = [e for (u, i, _), e in zip(held_out, errors) if tenth[(u, i)[index]] == group]
        out.append(float(np.sqrt(np.mean(np.square(mine)))) if mine else None)
    return out


def row_order(index, row):
    """Rows are numbered in the order in which the ratings name them."""
    return [r[index] for r in ratings].index(row)


def judge(scores):
    truth = np.array([r for _, _, r in held_out])
    predicted = np.clip([scores[u][i] for u, i, _ in held_out], 1, 5)
    errors = predicted - truth
    bins = np.clip(((predicted - 1) / 4 * 10).astype(int), 0, 9)
    n, sums, users = 3, np.zeros(5), 0
    for user in range(USERS):
        liked = {i for u, i, r in held_out if u == user and r >= 4 and i not in seen[user]}
        if not liked:
            continue
        users += 1
        order = sorted((-s, row_order(1, i), i) for i, s in enumerate(scores[user]) if i not in seen[user])
        hits = [i in liked for _, _, i in order[:n]]
        discounts = 1 / np.log2(np.arange(2, n + 2))
        possible = min(len(liked), n)
        precisions = [sum(hits[: k + 1]) / (k + 1) for k in range(len(hits)) if hits[k]]
        ndcg = sum(discounts[: len(hits)][hits]) / discounts[:possible].sum()
        sums += [sum(hits) / n, sum(hits) / len(liked), ndcg, sum(precisions) / possible, any(hits)]
    counts = [[sum(r[index] == row for r in ratings) for row in range(rows)] for index, rows in ((0, USERS), (1, ITEMS))]
    return {
        "errors": [
            float(np.sqrt(np.mean(errors**2))),
            float(np.abs(errors).mean()),
            float(1 - (errors**2).sum() / ((truth - truth.mean()) ** 2).sum()),
        ],
        "by_user_activity": groups(counts[0], 0, errors),
        "by_item_popularity": groups(counts[1], 1, errors),
        "calibration": [[float(predicted[bins == b].mean()), float(truth[bins == b].mean())] if (bins == b).any() else [0.0, 0.0] for b in range(10)],
        "ranking_at_3": [users, *(sums / users).tolist()],
    }


def catalogue(lists):
    """Items in a list, Gini's coefficient as the mean difference of two items over twice their mean, and novelty."""
    shown = [i for items in lists for i in items]
    counts = np.array([shown.count(i) for i in range(ITEMS)], dtype=np.float64)
    gini = np.abs(counts[:, None] - counts[None, :]).mean() / (2 * counts.mean())
    shares = [sum(r[1] == i for r in ratings) / USERS for i in shown]
    return [int((counts > 0).sum()), float(gini), float(-np.log2(shares).mean())]


seen = [sorted({i for u, i, _ in ratings if u == user}) for user in range(USERS)]
scores = mf(P, Q)
print(
    json.dumps(
        {
            "user_factors": P.tolist(),
            "item_factors": Q.tolist(),
            "layers": [[w.tolist(), b.tolist()] for w, b in layers],
            "ratings": ratings,
            "train_rmse": TRAIN_RMSE,
            "mf": scores.tolist(),
            "deepmf": deep_mf().tolist(),
            **neural_models(),
            "more_user_factors": P2.tolist(),
            "more_item_factors": Q2.tolist(),
            "last_layers": [[w.tolist(), b.tolist()] for w, b in weigh],
            "top_3_unseen": [best(scores[u], 3, seen[u]) for u in range(USERS)],
            "catalogue": catalogue([best(scores[u], 3, seen[u]) for u in range(USERS)]),
            "cosine_of_item_2": cosines(Q, 2).tolist(),
            "cosine_of_user_5": cosines(P, 5).tolist(),
            "new_users": [fold_in([[1, 5.0], [3, 2.0]]), fold_in([[i, float(1 + i % 5)] for i in range(7)]), fold_in([[0, 4.0]])],
            "held_out": held_out,
            "judged": judge(scores),
            "item_means": [float(np.mean([r for _, j, r in ratings if j == i])) for i in range(ITEMS)],
            "user_means": [float(np.mean([r for v, _, r in ratings if v == u])) for u in range(USERS)],
        },
        indent=None,
    )
)
