# %% [markdown]
# # 3 · The numbers, now
#
# You want to look at the weights, set some of them, save them, count them. They are not there yet:
# the net waits for data. **How do you make a net complete before it has seen any data, and what
# does each way cost?**
#
# After this lesson you can
#
# - name the two cases in which nothing is deferred, and say why `force_reinit` alone is neither;
# - say what works before the first forward pass: `data()`, `set_data()`, both or neither;
# - complete any net from a shape, and tell what a failed first pass leaves behind.
#
# It builds on lessons [1](01_lazy_shapes.ipynb) and [2](02_watching_initialization.ipynb). About
# 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
from mxnet import nd
from mxnet.gluon import nn

device = gi.device()


# %% [markdown]
# The net of this lesson: two layers, which learn their widths from data.


# %%
def two_layers(**first):
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(256, activation="relu", **first), nn.Dense(10))
    return net


# %% [markdown]
# ## Guess

# %%
forced = predict(
    "A deferred net. You call net.initialize(force_reinit=True). How many of its two weights "
    "have numbers afterwards?",
    ...,  # your guess: 0, 1 or 2
)
forced

# %%
set_before = predict(
    "initialize() was called, no data yet. You call net[0].weight.set_data(...). "
    "Is that refused, ignored, or obeyed?",
    ...,  # your guess: "refused", "ignored" or "obeyed"
)
set_before

# %% [markdown]
# ## Run
#
# ### `force_reinit` does not force

# %%
net = two_layers()
net.initialize(ctx=device)
net.initialize(mx.init.One(), ctx=device, force_reinit=True)

gi.summary(net)

# %%
forced.settle(0)

# %% [markdown]
# The word is *re*init: it allows numbers to be drawn anew where there are some, as for the biases.
# Where the shape is unknown, there is nothing to draw: for the weights, the one change is the
# initializer that waits. Now it is `One()`.
#
# ### Case one: data has been seen
#
# After one batch all shapes are known. Now the same call fills everything at once.

# %%
x = nd.ones((2, 20), ctx=device)
net(x)
with gi.trace_init(net) as trace:
    net.initialize(mx.init.Constant(3), ctx=device, force_reinit=True)

for event in trace.events:
    print(event.path, event.values)

# %% [markdown]
# ### Case two: the sizes were declared
#
# `in_units` for *every* layer, and `initialize()` leaves nothing open. For the first layer alone
# it is not enough:

# %%
half = two_layers(in_units=20)
half.initialize(ctx=device)
for row in gi.summary(half).rows:
    print(row.path, row.state)

# %% [markdown]
# ### What works while the net waits
#
# Looking does not:

# %%
net = two_layers()
net.initialize(ctx=device)
with attempt():
    net[0].weight.data(device)

# %% [markdown]
# Setting does. The array has a shape, and that is all that was missing.

# %%
net[0].weight.set_data(nd.ones((256, 20)) * 5)
gi.summary(net)

# %% [markdown]
# The shape is known now, and the array waits where the initializer waited before. It waits: looking
# still fails until the first pass.

# %%
with attempt():
    net[0].weight.data(device)

# %%
net(x)
print("the weight holds", set(net[0].weight.data(device).asnumpy().ravel().tolist()))

# %%
set_before.settle("obeyed")

# %% [markdown]
# Gluon kept the array and used it in the first pass; the initializer was passed by. Before
# `initialize()` it is refused, and yet not without a trace:

# %%
net = two_layers()
with attempt():
    net[0].weight.set_data(nd.ones((256, 20)))
print("shape afterwards:", net[0].weight.shape)

# %% [markdown]
# ### A sample observation
#
# The usual advice: send one observation through, and throw the result away.

# %%
net = two_layers()
net.initialize(ctx=device)
net(nd.zeros((1, 20), ctx=device)).shape

# %% [markdown]
# It works. It also computes the whole net once, for nothing; it needs an observation of the right
# kind; and if it fails half-way, it leaves a mess, as the trap below shows. What was needed of the
# observation is its *shape*:

# %%
net = two_layers()
gi.force_init(net, (1, 20), init=mx.init.Normal(0.01), device=device)

gi.summary(net)

# %% [markdown]
# No pass was computed. `force_init` returns the net. Parameters that have numbers keep them, here
# as in `initialize()`, unless you say `force_reinit=True`. And the numbers are those that the net
# would have drawn with all sizes declared, from the same seed:

# %%
mx.random.seed(7)
lazy = gi.force_init(two_layers(), (1, 20), device=device)

mx.random.seed(7)
eager = nn.Sequential()
eager.add(nn.Dense(256, in_units=20, activation="relu"), nn.Dense(10, in_units=256))
eager.initialize(ctx=device)

pairs = zip(lazy.collect_params().values(), eager.collect_params().values())
print([bool((a.data(device) == b.data(device)).min().asscalar()) for a, b in pairs])

# %% [markdown]
# ## Look
#
# Two ways to a complete net, each step in the column of the call that led to it. Above,
# `initialize()` and a sample: the weights wait. Below, `force_init`: nothing does.

# %%
net = two_layers()
with gi.trace_init(net) as by_sample:
    net.initialize(ctx=device)
    net(x)
by_sample.plot()

# %%
net = two_layers()
with gi.trace_init(net) as by_shape:
    gi.force_init(net, (2, 20), device=device)
by_shape.plot()

# %% [markdown]
# ## Why
#
# A forward pass does two things in turn. It lets *shapes* flow through the net, and then numbers.
# Only the first is needed to know how many numbers each weight has:
#
# $$(2, 20) \;\xrightarrow{\;W_0:\ (256,\,?)\to(256,\,20)\;}\; (2, 256)
# \;\xrightarrow{\;W_1:\ (10,\,?)\to(10,\,256)\;}\; (2, 10)$$
#
# The picture below is that flow, for the net as it is defined. Nothing is run to draw it.

# %%
gi.infer_shapes(two_layers(), (2, 20)).plot()

# %% [markdown]
# ## Trap
#
# The second layer was declared with the wrong width. The first pass fails, as it should:


# %%
def mistaken():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(64), nn.Dense(32, in_units=100), nn.Dense(10))
    return net


# %%
net = mistaken()
net.initialize(ctx=device)
with attempt():
    net(nd.ones((2, 20), ctx=device))

# %% [markdown]
# What is the state of the net now?

# %%
gi.explain(net)

# %% [markdown]
# The first layer has taken its width from that batch, for good: a batch of another width is refused
# now, whether it would have been the right one or not.

# %%
with attempt():
    net(nd.ones((2, 30), ctx=device))

# %% [markdown]
# A net in this state is to be built anew. `force_init` looks before it leaps: it finds the block,
# and nothing has changed.

# %%
net = mistaken()
with attempt():
    gi.force_init(net, (2, 20), device=device)
print({row.state for row in gi.summary(net).rows})

# %% [markdown]
# ## Your turn
#
# **3.1 Predict.** A net of Dense layers. `widths` has the `in_units` of each, 0 where it was not
# given; `seen` says whether a batch has gone through it. Then `net.initialize(force_reinit=True)`
# is called. Return the indices (from 0) of the layers whose weights are filled now.


# %%
def filled(widths, seen):
    ### BEGIN SOLUTION
    return [i for i, width in enumerate(widths) if seen or width > 0]
    ### END SOLUTION


check("3.1", filled)

# %% [markdown]
# **3.2 Set.** The net is initialized and deferred. Make its first weight hold `value` everywhere
# when the first batch, `width` numbers wide, has gone through, and leave the second layer to its
# initializer. Do not run the net; nothing needs to be returned.


# %%
def set_first(net, width, value):
    ### BEGIN SOLUTION
    units = net[0].weight.shape[0]
    net[0].weight.set_data(nd.ones((units, width)) * value)
    ### END SOLUTION


check("3.2", set_first)

# %% [markdown]
# **3.3 Complete.** Return the net with all parameters filled, without running it. Weights drawn
# from a normal distribution with standard deviation `sigma`.


# %%
def complete(net, shape, sigma):
    ### BEGIN SOLUTION
    return gi.force_init(net, shape, init=mx.init.Normal(sigma))
    ### END SOLUTION


check("3.3", complete)

# %% [markdown]
# ## Elsewhere
#
# | | complete without data | draw anew |
# |---|---|---|
# | **Gluon** | `in_units=...` everywhere; `gi.force_init(net, shape)` | `initialize(..., force_reinit=True)` |
# | **PyTorch** | the default; for `LazyLinear` a dry run; on the `meta` device, `to_empty` and then `reset_parameters` | `module.reset_parameters()`, or `net.apply(f)` |
# | **Flax Linen** | `module.lazy_init(key, jax.ShapeDtypeStruct(...))` needs the shape alone | call `init` with another key |
# | **Flax NNX** | the default; `nnx.eval_shape` gives the shapes alone | make the module anew, with other `nnx.Rngs` |
# | **Keras** | `model.build(shape)` | `keras.models.clone_model(model)` |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - name the two cases: the shapes were learned from data, or declared in every layer;
#   `force_reinit` allows a new draw and forces none;
# - say that `data()` fails while a parameter waits and `set_data()` works, once `initialize()` has
#   been called;
# - complete a net from a shape alone, and recognize the half-built net that a failed pass leaves.
#
# Next: [lesson 4](04_built_in_initializers.ipynb), which numbers are drawn.
