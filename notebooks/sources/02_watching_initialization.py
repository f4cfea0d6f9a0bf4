# %% [markdown]
# # 2 · Who draws the numbers, and when
#
# Lesson 1 ended with weights that appear during the first forward pass. **Which call really draws
# them? Can you watch it happen? And why does a tool that watches see the weights, but not the
# biases?**
#
# After this lesson you can
#
# - say for each parameter of a net at which call it was filled, and by which initializer;
# - write an initializer that sees every parameter, and know why most see only some;
# - find a parameter that no batch of data will ever fill.
#
# It builds on [lesson 1](01_lazy_shapes.ipynb). About 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

device = gi.device()


# %% [markdown]
# ## Guess
#
# `gi.PrintInit()` is an initializer that prints a line for each parameter that it is asked to
# fill, and then fills it. The net below has two layers, so four parameters. `prefix` and
# `name_scope()` give them names that do not depend on how many nets were made before:
# `net_dense0_weight` and so on.


# %%
def two_layers():
    net = nn.Sequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(256, activation="relu"), nn.Dense(10))
    return net


# %%
at_initialize = predict(
    "How many lines does net.initialize(gi.PrintInit()) print?",
    ...,  # your guess: 0 to 4
)
at_initialize

# %%
at_first_forward = predict(
    "And how many does the first forward pass print?",
    ...,  # your guess: 0 to 4
)
at_first_forward

# %% [markdown]
# ## Run
#
# ### Nothing is printed

# %%
net = two_layers()
net.initialize(gi.PrintInit(), ctx=device)

# %%
at_initialize.settle(0)

# %% [markdown]
# No line. A tempting conclusion: nothing has been initialized. The table knows better.

# %%
gi.summary(net)

# %% [markdown]
# Both biases are filled. PrintInit was not asked: the column *chosen by* says that a bias gets
# `Zero()`, and that its layer chose it. The weights wait, with PrintInit noted for them.
#
# ### Data comes

# %%
x = nd.ones((2, 20), ctx=device)
y = net(x)

# %%
at_first_forward.settle(2)

# %% [markdown]
# Two lines, one a weight, with the shapes that were missing. Once more:

# %%
y = net(x)

# %% [markdown]
# Silence. The second pass finds everything there.
#
# ### A bias that asks
#
# A bias is passed by because its layer names an initializer for it. Take that away, and PrintInit
# is asked. The bias's shape is known, so it happens at once:

# %%
layer = nn.Dense(3, bias_initializer=None, prefix="layer_")
layer.initialize(gi.PrintInit(), ctx=device)

# %% [markdown]
# ### Seeing everything
#
# PrintInit sees weights only. Is there a place from which one sees every parameter? Gluon calls
# the *global* initializer, the one given to `initialize()`, for each parameter. That call is
# `__call__`. It looks up who shall do the work, and calls that one's `_init_weight`.
#
# `arr` is the array to fill. `desc` is the parameter's name, a `str` which also has `attrs`, a
# dictionary. Under `"__init__"` stands the layer's initializer; where the layer named nobody, the
# global one itself.


# %%
class Witness(mx.init.Initializer):
    def __call__(self, desc, arr):
        own = desc.attrs["__init__"]
        print(f"__call__      {desc:18} {'nobody' if own is self else own}")
        super().__call__(desc, arr)

    def _init_weight(self, name, arr):
        print(f"_init_weight  {name}")
        arr[:] = 1


# %%
net = two_layers()
net.initialize(Witness(), ctx=device)
y = net(x)

# %% [markdown]
# Four calls of `__call__`, biases first, for they did not have to wait. The last column is whom
# the layer named. Two calls of `_init_weight`: for the biases, somebody else's `_init_weight` was
# called, that of `zeros`.
#
# The names of the methods mislead. MXNet's initializers also have `_init_bias` and
# `_init_gamma`. In Gluon they are never called, whatever the parameter's name:


# %%
class Hopeful(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = 1

    def _init_bias(self, name, arr):
        arr[:] = 7


# %%
layer = nn.Dense(3, in_units=4)
layer.initialize(Hopeful(), ctx=device)
print("bias:", layer.bias.data(device).asnumpy())

print(gi.explain(Hopeful()))

# %% [markdown]
# ## Look
#
# `gi.trace_init` records every initialization inside its block, whoever causes it. `gi.Seeded`
# makes the numbers the same each time; it is the subject of
# [lesson 10](10_same_seed_same_weights.ipynb).

# %%
net = two_layers()
with gi.trace_init(net) as trace:
    net.initialize(gi.Seeded(mx.init.Uniform(), seed=2), ctx=device)
    net(x)
    net[1].initialize(mx.init.One(), ctx=device, force_reinit=True)

trace.plot()

# %% [markdown]
# Read it from left to right. Step 1 and 2: `initialize()` fills the biases. Step 3 and 4: the
# forward pass fills the weights, each when its own layer is reached. Step 5 and 6: the second
# layer is filled anew, since `force_reinit=True` was said. The numbers behind the picture:

# %%
for event in trace.events:
    print(f"{event.order}  {event.path:9} by {event.source:13} {event.values}")

# %% [markdown]
# ## Why
#
# `initialize()` goes through the parameters, one by one:
#
# 1. Who shall fill it? The parameter's own initializer, if it has one; else the global one.
# 2. Is its shape complete? If so it is filled now. If not, the answer to 1 is noted. That note is
#    all that *deferred* means.
#
# A layer's forward pass begins by fetching its parameters. One that is only noted raises
# `DeferredInitializationError`, the error that you met in [lesson 1](01_lazy_shapes.ipynb). The
# layer catches it, infers the missing sizes from its input, fills what is noted, and fetches again.
#
# So a parameter is filled by the *first pass through its own layer*. No pass, no numbers.
#
# That is so while Gluon runs layer by layer. `hybridize()` makes one graph of the whole net, and
# then the net catches the error, not the layer. Who triggers the filling of the two weights,
# without and with it?

# %%
for hybrid in (False, True):
    net = nn.HybridSequential()
    net.add(nn.Dense(256, activation="relu"), nn.Dense(10))
    net.hybridize(hybrid)
    with gi.trace_init(net) as trace:
        net.initialize(ctx=device)
        net(x)
    print(f"{hybrid!s:5}", [(e.path, e.trigger) for e in trace.events if e.deferred])

# %% [markdown]
# A hybridized net infers and fills all its parameters at once, before it computes anything.
#
# ## Trap
#
# A printing initializer that only prints. This one is on many pages:


# %%
class OnlyPrints(mx.init.Initializer):
    def _init_weight(self, name, arr):
        print("Init", name, arr.shape)


# %%
net = two_layers()
with gi.trace_init(net) as trace:
    net.initialize(OnlyPrints(), ctx=device)
    y = net(x)
print("output:", set(y.asnumpy().ravel().tolist()))
print([event.path for event in trace.events if "wrote nothing" in event.flags])

# %% [markdown]
# Gluon hands over an array of zeros, and zeros it remains, so that every output is 0. Nothing
# complains. The mend is one line that writes into the array:


# %%
class PrintsAndFills(OnlyPrints):
    def _init_weight(self, name, arr):
        super()._init_weight(name, arr)
        arr[:] = 0.01


# %%
net = two_layers()
net.initialize(PrintsAndFills(), ctx=device)
y = net(x)
print("output:", {round(value, 3) for value in y.asnumpy().ravel().tolist()})

# %% [markdown]
# `gi.PrintInit` does it by handing the array on to a real initializer.
#
# ### A layer that nothing reaches
#
# The second trap has cost people days. A layer is made, and the forward pass does not use it. A
# `HybridBlock` computes its output in `hybrid_forward`; `F` is the module of MXNet's operators,
# which this one does not need.


# %%
class Forgetful(gluon.HybridBlock):
    def __init__(self):
        super().__init__(prefix="forgetful_")
        with self.name_scope():
            self.hidden = nn.Dense(8, activation="relu")
            self.extra = nn.Dense(8)
            self.output = nn.Dense(2)

    def hybrid_forward(self, F, x):
        return self.output(self.hidden(x))


# %% [markdown]
# One step of training. A `Trainer` changes the parameters it is given by their gradients; the 2 is
# the number of examples, by which it divides.

# %%
net = Forgetful()
net.initialize(ctx=device)
trainer = gluon.Trainer(net.collect_params(), "sgd")
with autograd.record():
    loss = net(x).sum()
loss.backward()
with attempt() as failed:
    trainer.step(2)

# %% [markdown]
# MXNet advises to run a batch through the net. A batch has just been run. The error knows where it
# was raised: `gi.explain` finds the parameter there, and from it the net. It says what is really
# wrong:

# %%
print(gi.explain(failed.error))

# %% [markdown]
# The third way mends it. The pattern takes all names but those that begin with
# `forgetful_dense1_`:

# %%
trainer = gluon.Trainer(net.collect_params("^(?!forgetful_dense1_)"), "sgd")
with attempt():
    trainer.step(2)

# %% [markdown]
# Hybridized, the same net fails sooner, at the first forward pass: it would fill all its parameters
# at once, and for one of them there is no shape.

# %%
hybridized = Forgetful()
hybridized.initialize(ctx=device)
hybridized.hybridize()
with attempt():
    hybridized(x)

# %% [markdown]
# `gi.summary`, given a shape, tells it before any run:

# %%
for row in gi.summary(net, (2, 20)).rows:
    print(f"{row.path:14} {row.state:12} {'reached' if row.reached else 'never reached'}")

# %% [markdown]
# ## Your turn
#
# **2.1 Predict.** A net of Dense layers. `widths` has one number for each: its `in_units`, or 0
# where it was not given. Return how many lines PrintInit prints at `initialize()`, and how many
# at the first forward pass.


# %%
def lines(widths):
    ### BEGIN SOLUTION
    known = sum(width > 0 for width in widths)
    return known, len(widths) - known
    ### END SOLUTION


check("2.1", lines)

# %% [markdown]
# **2.2 Count.** Write an initializer whose `count` says how many parameters it has seen: weights,
# biases, all. They must still get their numbers. Return the class.


# %%
def counting():
    ### BEGIN SOLUTION
    class Counting(mx.init.Uniform):
        count = 0

        def __call__(self, desc, arr):
            self.count += 1
            super().__call__(desc, arr)

    return Counting
    ### END SOLUTION


check("2.2", counting)

# %% [markdown]
# **2.3 Find.** Return the paths of all parameters that the net's forward pass never reaches.


# %%
def never_reached(net, shape):
    ### BEGIN SOLUTION
    rows = gi.summary(net, shape).rows
    return [row.path for row in rows if not row.reached]
    ### END SOLUTION


check("2.3", never_reached)

# %% [markdown]
# ## Elsewhere
#
# | | when numbers are drawn | how to watch |
# |---|---|---|
# | **Gluon** | at `initialize()` where shapes are known, else in the first pass | an initializer's `__call__`; `gi.trace_init` |
# | **PyTorch** | in the layer's constructor, by `reset_parameters`; `LazyLinear` in the first pass | override `reset_parameters`; a `TorchFunctionMode` sees the calls of `torch.nn.init` |
# | **Flax Linen** | in `module.init(key, x)`, at once | print in the initializer, a function |
# | **Flax NNX** | in the constructor | print in the initializer, a function |
# | **Keras** | in `build()`, called by the first pass | override `add_weight`, or print in the initializer |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - read a timeline: complete shapes are filled by `initialize()`, the others by the first pass
#   through their own layer, or of a hybridized net, and nothing twice, unless you say
#   `force_reinit=True`;
# - tell `__call__`, which sees every parameter, from `_init_weight`, which sees those without an
#   initializer of their own;
# - name a parameter that forward never reaches, before the optimizer does.
#
# Next: [lesson 3](03_forcing_initialization.ipynb), how to have the numbers when *you* want them.
