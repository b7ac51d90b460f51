"""Makes state_deepmf.safetensors and state_deepmf.json: a module of the lab, its state dict as PyTorch saves it, and
its predictions. Run from the root of the repository, with torch, numpy and safetensors:

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


torch.manual_seed(7)
model = DeepMF()
with torch.no_grad():
    users, items = torch.meshgrid(torch.arange(USERS), torch.arange(ITEMS), indexing="ij")
    predicted = model(users.flatten(), items.flatten()).tolist()
save_file(model.state_dict(), "tests/data/state_deepmf.safetensors")
with open("tests/data/state_deepmf.json", "w") as out:
    json.dump({"torch": torch.__version__, "predictions": predicted}, out)
