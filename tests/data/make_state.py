"""Makes state_deepmf.json, the predictions of a module of the lab, and its state dict in four files: as safetensors,
as torch.save writes it today and wrote it before version 1.6, and in a checkpoint beside
the optimiser's state. Of the lab's other module, MF, state_mf.json and the first two. Run from the root of the repository, with torch, numpy and safetensors:

    python tests/data/make_state.py

12 users, 9 items, 3 factors, hidden layers of 4 and 2. Rows are in the order of the sorted ids of use.json's ratings.
"""

import json

import torch
from safetensors.torch import save_file
from torch import nn

USERS, ITEMS, K = 12, 9, 3


class DeepMF(nn.Module):
    def __init__(self):
        super().__init__()
        self.user_emb, self.item_emb = nn.Embedding(USERS, K), nn.Embedding(ITEMS, K)
        self.layer1, self.layer2, self.out = nn.Linear(2 * K, 4), nn.Linear(4, 2), nn.Linear(2, 1)

    def forward(self, user, item):
        x = torch.cat((self.user_emb(user), self.item_emb(item)), 1)
        return self.out(torch.relu(self.layer2(torch.relu(self.layer1(x))))).squeeze(1)


class MF(nn.Module):
    def __init__(self):
        super().__init__()
        self.user_emb, self.item_emb = nn.Embedding(USERS, K), nn.Embedding(ITEMS, K)

    def forward(self, user, item):
        return (self.user_emb(user) * self.item_emb(item)).sum(1)


users, items = torch.meshgrid(torch.arange(USERS), torch.arange(ITEMS), indexing="ij")
users, items = users.flatten(), items.flatten()


def save(model, name):
    with torch.no_grad():
        predicted = model(users, items).tolist()
    save_file(model.state_dict(), f"tests/data/{name}.safetensors")
    torch.save(model.state_dict(), f"tests/data/{name}.pt")
    with open(f"tests/data/{name}.json", "w") as out:
        json.dump({"torch": torch.__version__, "predictions": predicted}, out)


torch.manual_seed(8)
save(MF(), "state_mf")
torch.manual_seed(7)
model = DeepMF()
save(model, "state_deepmf")
torch.save({"state_dict": model.state_dict()}, "tests/data/state_deepmf_old.pt", _use_new_zipfile_serialization=False)
optimizer = torch.optim.Adam(model.parameters())
model(users, items).sum().backward()  # gradients alone: Adam's state holds moments, the weights stay
for parameter in model.parameters():
    optimizer.state[parameter] = {"step": torch.tensor(1.0), "exp_avg": parameter.grad, "exp_avg_sq": parameter.grad**2}
torch.save(
    {"epoch": 1, "model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(), "loss": 0.9},
    "tests/data/state_deepmf_checkpoint.pt",
)
