# %% [markdown]
# # 6 · One parameter, two places
#
# A language model turns words into vectors with one matrix and vectors into words with another.
# Both say which word lies close to which, so why learn it twice? **How do you make two layers share
# one parameter, how do you know that they do, and what becomes of the gradient?**
#
# After this lesson you can
#
# - tie layers when they are made or later, and tell *identical* from *equal*;
# - say what each use of a tied parameter contributes to its gradient;
# - save and load a tied net without losing the tie.
#
# It builds on lessons [1](01_lazy_shapes.ipynb) and [3](03_forcing_initialization.ipynb). About 20
# minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

device = gi.device()

# %% [markdown]
# ## Guess

# %%
gradient = predict(
    "A weight w is used twice: y = w * (w * x), with w = 3 and x = 1. What is dy/dw?",
    ...,  # your guess: a number
)
gradient

# %%
loaded = predict(
    "A tied net is saved, and loaded into the same net without the tie. "
    "Does MXNet refuse, warn, or say nothing?",
    ...,  # your guess: "refuse", "warn" or "nothing"
)
loaded

# %% [markdown]
# ## Run
#
# ### Sharing at construction
#
# A layer takes the parameters of another by `params=`: all of them, weight and bias. (`seed=` makes
# the numbers the same at each run; [lesson 10](10_same_seed_same_weights.ipynb) says more.)

# %%
net = nn.Sequential()
shared = nn.Dense(8, activation="relu")
net.add(nn.Dense(8, activation="relu"), shared)
net.add(nn.Dense(8, activation="relu", params=shared.params), nn.Dense(10))
gi.force_init(net, (2, 20), seed=6, device=device)

gi.summary(net)

# %% [markdown]
# The third layer's rows say *tied alias of*. They do not count: the net has fewer numbers than the
# sizes add up to.
#
# ### Identical, not equal
#
# Two arrays can be equal by chance, or because one was copied. Tied parameters are one object.

# %%
print("one object:", net[2].weight is net[1].weight)

net[1].weight.data(device)[0, 0] = 100
print("changed in one, seen in the other:", net[2].weight.data(device)[0, 0].asscalar())

# %% [markdown]
# ### Tying later
#
# To assign one layer's parameter to another does not work:

# %%
with attempt():
    net[0].bias = net[1].bias

# %% [markdown]
# The message has lost the name (`%s`), and its advice is to build the layer anew. `gi.tie(net, path,
# to)` ties parameters of a net that is there, before or after initialization. The numbers at `to`
# remain, those at `path` are gone. *Owner* only means the first place in the net.

# %%
gi.tie(net, "0.bias", "1.bias")
gi.tied_groups(net)

# %% [markdown]
# `gi.untie` parts them again: each place then has a copy of the shared numbers, to learn its own.

# %%
gi.untie(net, "0.bias")
print([row.paths for row in gi.tied_groups(net).rows])

# %% [markdown]
# What does not fit is refused, and says why:

# %%
with attempt():
    gi.tie(net, "0.weight", "1.weight")

# %% [markdown]
# ### The gradient
#
# The smallest case: one weight, used twice. $y = w \cdot w \cdot x$, so $dy/dw = 2wx$.

# %%
tiny = nn.Sequential()
tiny.add(nn.Dense(1, in_units=1, use_bias=False))
tiny.add(nn.Dense(1, in_units=1, use_bias=False, params=tiny[0].params))
tiny.initialize(mx.init.Constant(3), ctx=device)

x = nd.ones((1, 1), ctx=device)
with autograd.record():
    y = tiny(x)
y.backward()
print("y =", float(y.sum().asscalar()))
print("gradient =", float(tiny[0].weight.grad(device).sum().asscalar()))

# %%
gradient.settle(6)

# %% [markdown]
# Each use contributed 3, and they were added. `gi.gradient_shares` shows the parts. A *share* is how
# far a part goes along the sum $g$ of all parts: $\langle g_i, g\rangle / \langle g, g\rangle$. Shares
# add up to 1; a part that points against the sum has a negative one.

# %%
gi.gradient_shares(tiny, "0.weight", lambda y: y.sum(), x)

# %% [markdown]
# The gradient lives in the parameter: `weight.grad()`. There is none in `params`, as some pages
# have it:

# %%
with attempt():
    tiny[0].params.grad

# %% [markdown]
# ### Words
#
# An embedding of 30 words, an LSTM, and a decoder that scores 30 words. The embedding is
# (words, width); the decoder's weight is (units, inputs), which is (words, width) too. They fit.


# %%
class Model(gluon.Block):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(30, 8)
        self.rnn = gluon.rnn.LSTM(8)
        self.decoder = nn.Dense(30, flatten=False)

    def forward(self, words):
        return self.decoder(self.rnn(self.encoder(words)))


# %%
model = gi.tie(Model(), "decoder.weight", "encoder.weight")
words = nd.array(np.arange(12).reshape(6, 2), ctx=device)
gi.force_init(model, words, init=mx.init.Normal(0.3), seed=6, device=device)

gi.tied_groups(model)

# %% [markdown]
# ## Look
#
# Places on the left, parameters on the right.

# %%
gi.tied_groups(model).plot()

# %% [markdown]
# Two sequences of six words stand in the columns of `words`. When each word shall predict the next
# one, which of the two uses does the gradient come from?

# %%
loss = gluon.loss.SoftmaxCrossEntropyLoss()
shares = gi.gradient_shares(model, "encoder.weight", loss, words[:-1], words[1:])
shares.plot()

# %% [markdown]
# Both pull on the one matrix: the scores, through the decoder, and the meaning of each word that is
# read, through the LSTM.

# %% [markdown]
# ## Why
#
# Write $w_1$ and $w_2$ for the two uses, and let the loss be $L(w_1, w_2)$. Tying means
# $w_1 = w_2 = w$, and the chain rule gives
#
# $$\frac{dL}{dw} = \frac{\partial L}{\partial w_1} + \frac{\partial L}{\partial w_2}.$$
#
# No `grad_req="add"` is needed for that: the sum is taken inside one backward pass. `"add"` would
# also keep the gradients of *earlier* backward passes.
#
# For the initialization, one parameter means one draw. That has a side effect: after the tied
# layer, every later layer gets other numbers from the same seed, as one draw is missing.
# [Lesson 10](10_same_seed_same_weights.ipynb) shows it.
#
# ## Trap
#
# A tied net is saved. What is in the file, and what happens if it is loaded into a net that is built
# alike, but for the tie?

# %%
import tempfile
from pathlib import Path

folder = tempfile.TemporaryDirectory()
file = str(Path(folder.name, "model.params"))
model.save_parameters(file)
print([name for name in nd.load(file) if name.endswith("coder.weight")])

other = Model()
other.load_parameters(file, ctx=device)
print("tied:", other.decoder.weight is other.encoder.weight)
print("same outputs:", bool((other(words) == model(words)).min().asscalar()))

# %%
loaded.settle("nothing")

# %% [markdown]
# The file has the array twice, under both names. It works, the outputs are the same, and from the
# next training step on the two go their own ways:

# %%
trainer = gluon.Trainer(other.collect_params(), "sgd", {"learning_rate": 0.1})
with autograd.record():
    total = loss(other(words[:-1]), words[1:])
total.backward()
trainer.step(10)
apart = other.decoder.weight.data(device) - other.encoder.weight.data(device)
print("still equal:", bool((apart == 0).min().asscalar()))

# %% [markdown]
# `gi.load` takes arrays that are equal, number by number, for one, and ties them. (A file does not
# say more. Where they were only copies, `gi.untie` parts them.)

# %%
other = Model()
gi.load(other, file, device)

# %% [markdown]
# The other way round, two different arrays for one parameter, MXNet keeps the last without a word:

# %%
untied = gi.force_init(Model(), words, seed=7, device=device)
untied.save_parameters(file)
model.load_parameters(file, ctx=device)
kept = model.encoder.weight.data(device)
for name in ("encoder", "decoder"):
    saved = getattr(untied, name).weight.data(device)
    print(f"{name}.weight kept:", bool((kept == saved).min().asscalar()))

# %% [markdown]
# `gi.load` refuses, and says what to do:

# %%
with attempt():
    gi.load(model, file, device)
folder.cleanup()

# %% [markdown]
# ## Your turn
#
# **6.1 Count.** How many numbers do the net's parameters hold together? Each parameter counts once,
# however often it is used.


# %%
def unique_numbers(net):
    ### BEGIN SOLUTION
    parameters = {id(p): p for p in net.collect_params().values()}
    return sum(p.data(p.list_ctx()[0]).size for p in parameters.values())
    ### END SOLUTION


check("6.1", unique_numbers)

# %% [markdown]
# **6.2 Tell.** `first` and `second` are paths, such as `"0.weight"`: the places that `gi.summary` and
# `gi.tied_groups` list. Are the parameters there one? Return True or False.


# %%
def is_tied(net, first, second):
    ### BEGIN SOLUTION
    return any({first, second} <= set(row.paths) for row in gi.tied_groups(net).rows)
    ### END SOLUTION


check("6.2", is_tied)

# %% [markdown]
# **6.3 Build.** Return a net of `depth` Dense layers, each `width` wide with a tanh, for inputs of
# `width` numbers, which all share one weight. Each keeps a bias of its own. (`gi.tie` takes two
# paths at a time.)


# %%
def deep_and_small(depth, width):
    ### BEGIN SOLUTION
    net = nn.Sequential()
    for _ in range(depth):
        net.add(nn.Dense(width, in_units=width, activation="tanh"))
    for i in range(1, depth):
        gi.tie(net, f"{i}.weight", "0.weight")
    return net
    ### END SOLUTION


check("6.3", deep_and_small)

# %% [markdown]
# ## Elsewhere
#
# | | how to tie | saved as |
# |---|---|---|
# | **Gluon** | `params=other.params` at construction; `gi.tie` later | both names, or the last with `deduplicate=True` |
# | **PyTorch** | `decoder.weight = encoder.weight`: assignment shares | both names in `state_dict`; safetensors refuses shared tensors |
# | **Flax Linen** | call one submodule twice; `embed.attend(x)` for the decoder | once |
# | **Flax NNX** | the same; or keep one object under two attributes | once, under the first name |
# | **Keras** | call one layer twice; `keras.layers.ReversibleEmbedding` for the decoder | once |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - tie by `params=` or `gi.tie`, and prove it by identity: one changed, the other follows;
# - split the gradient of a tied parameter into its uses, which add up;
# - load a tied net so that it stays tied.
#
# Next: [lesson 7](07_auxiliary_heads.ipynb), heads that help training and vanish.
