# %% [markdown]
# # 10 · Same seed, other weights
#
# You fix the seed, build the same net, and get other weights. Nothing is broken: between the two
# runs one number more, or one less, was drawn. **On what do the drawn numbers depend, besides the
# seed? And can they depend on nothing else?**
#
# After this lesson you can
#
# - predict which weights change when something is moved, added, tied, or left to data;
# - draw weights that depend on the seed and on the place in the net, and on nothing else;
# - say when you should not care.
#
# It builds on lessons [2](02_watching_initialization.ipynb), [3](03_forcing_initialization.ipynb)
# and [6](06_tied_parameters.ipynb). About 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

device = gi.device()

# %% [markdown]
# ## Guess

# %%
lazy_or_eager = predict(
    "Two nets Dense-Dropout-Dense, the same seed. One has all sizes declared, the other learns them "
    "from its first batch, in training. Which weights are the same in both nets: those of both "
    "layers, of the first, or of none?",
    ...,  # your guess: "both", "the first" or "none"
)
lazy_or_eager

# %%
one_more = predict(
    "A net of three layers, the same seed. You put one more Dense in front of the last. "
    "How many of the three old layers keep their weights?",
    ...,  # your guess: 0 to 3
)
one_more

# %% [markdown]
# ## Run
#
# ### One stream
#
# In MXNet `uniform`, `normal` and Dropout draw from one stream. The seed says where it starts. Who
# draws next gets the next numbers.

# %%
mx.random.seed(1)
first = nd.random.uniform(shape=3).asnumpy()

mx.random.seed(1)
nd.random.uniform(shape=2)  # somebody else draws in between
print("the same:", bool((nd.random.uniform(shape=3).asnumpy() == first).all()))

# %% [markdown]
# ### Lazy and eager
#
# Both nets get the same seed. Only the moment of drawing differs.


# %%
def net_of(width=0, hidden=0, between=None):
    net = nn.Sequential()
    net.add(nn.Dense(64, in_units=width, activation="relu"))
    net.add(between or nn.Activation("relu"), nn.Dense(10, in_units=hidden))
    return net


def agree(one, other, layers=(0, 2)):
    pairs = [(one[i].weight.data(device), other[i].weight.data(device)) for i in layers]
    return [bool((a == b).min().asscalar()) for a, b in pairs]


# %%
def lazy_and_eager(between):
    nets = []
    for sizes in ((20, 64), (0, 0)):
        mx.random.seed(3)
        net = net_of(*sizes, between=between())
        net.initialize(ctx=device)
        with autograd.record():
            net(nd.ones((2, 20), ctx=device))
        nets.append(net)
    return nets


# %%
print("without Dropout:", agree(*lazy_and_eager(lambda: nn.Activation("relu"))))
print("with Dropout:   ", agree(*lazy_and_eager(lambda: nn.Dropout(0.5))))

# %%
lazy_or_eager.settle("the first", also=("first", "of the first"))

# %% [markdown]
# In the lazy net the second weight is drawn in the middle of the forward pass, after Dropout has
# taken its numbers from the stream. In the eager one it came before.
#
# ### One layer more


# %%
def three(extra=False, width=8):
    net = nn.Sequential()
    net.add(*(nn.Dense(width, in_units=width) for _ in range(4 if extra else 3)))
    return net


def layers(net):
    return [layer.weight.data(device).asnumpy() for layer in net]


# %%
def compare(init):
    nets = []
    for extra in (False, True):
        mx.random.seed(3)
        net = three(extra)
        net.initialize(init, ctx=device)
        nets.append(layers(net))
    plain, longer = nets
    return [bool(np.array_equal(plain[i], longer[j])) for i, j in ((0, 0), (1, 1), (2, 3))]


# %%
print(compare(mx.init.Normal(1)))

# %%
one_more.settle(2)

# %% [markdown]
# All that comes after the new layer gets other numbers. The same happens behind a tied layer, which
# draws nothing:


# %%
def tied_or_not(init):
    nets = []
    for tie in (False, True):
        mx.random.seed(3)
        net = three()
        if tie:
            gi.tie(net, "1.weight", "0.weight")
        net.initialize(init, ctx=device)
        nets.append(layers(net)[2])
    return bool(np.array_equal(*nets))


# %%
print("the last layer is the same:", tied_or_not(mx.init.Normal(1)))

# %% [markdown]
# ### A stream for each parameter
#
# `gi.Seeded(init, seed)` gives each parameter a stream of its own. The stream starts at a number
# that is made of the seed and the parameter's path. Nobody else draws from it.

# %%
seeded = gi.Seeded(mx.init.Normal(1), seed=3)
print("one layer more:", compare(seeded))
print("tied, the last layer is the same:", tied_or_not(seeded))

# %% [markdown]
# The third is `False` for another reason than before. The last layer of the longer net has another
# path, `3.weight`, and so another stream. Now the lazy and the eager net, with Dropout between, and
# no seed for MXNet at all:

# %%
nets = []
for sizes in ((20, 64), (0, 0)):
    net = net_of(*sizes, between=nn.Dropout(0.5))
    net.initialize(seeded, ctx=device)
    with autograd.record():
        net(nd.ones((2, 20), ctx=device))
    nets.append(net)
print(agree(*nets))

# %% [markdown]
# Any initializer can be inside. `gi.force_init(net, shape, seed=3)` does the same for a whole net.

# %%
forced = gi.force_init(
    net_of(between=nn.Dropout(0.5)), (2, 20), init=mx.init.Normal(1), seed=3, device=device
)
print(agree(forced, nets[0]))

# %% [markdown]
# ## Look
#
# Who draws when, in the lazy net with Dropout. Between step 3 and step 4 the dropout layer takes
# its numbers, and nothing in the picture shows it. That is the trouble with one stream.

# %%
net = net_of(between=nn.Dropout(0.5))
with gi.trace_init(net) as trace:
    net.initialize(ctx=device)
    with autograd.record():
        net(nd.ones((2, 20), ctx=device))
trace.plot()

# %% [markdown]
# ## Why
#
# A generator is a function that turns a state into a number and the next state:
# $s_{k+1} = f(s_k)$, $u_k = g(s_k)$. With one stream, the weight of layer $i$ is made of
# $u_{k_i}, u_{k_i+1}, \dots$, where $k_i$ is *how many numbers were drawn before*. Everything that
# draws earlier moves $k_i$.
#
# With a stream for each parameter, its start is $s_0 = h(\text{seed}, \text{path})$, where $h$ is a
# hash: a function whose results look unrelated, however alike its arguments are. No other layer
# appears in that formula. NumPy's `SeedSequence` is such a function. It takes a list of integers:

# %%
for last in (0, 1):
    print([3, last], "->", np.random.SeedSequence([3, last]).generate_state(2))

# %% [markdown]
# Do streams from such starts have anything to do with one another? Three layers of 64 × 64 numbers,
# and the largest correlation between any two of them:

# %%
net = gi.force_init(three(width=64), init=mx.init.Normal(1), seed=3, device=device)
table = np.corrcoef([weight.ravel() for weight in layers(net)])
print("largest correlation:", abs(table - np.eye(3)).max().round(2))

# %% [markdown]
# ## Trap
#
# To "make it reproducible", somebody puts the seed into the initializer.


# %%
class Reproducible(mx.init.Initializer):
    def _init_weight(self, name, arr):
        mx.random.seed(3)
        arr[:] = nd.random.normal(shape=arr.shape)


# %%
net = three()
net.initialize(Reproducible(), ctx=device)
a, b, c = layers(net)
print("all layers equal:", bool((a == b).all() and (b == c).all()))

# %% [markdown]
# Every run gives the same weights, and so does every layer. And whatever else draws from the stream,
# such as Dropout, begins anew each time a parameter is filled. `gi.Seeded` leaves the stream to
# everybody else. Two programs with different seeds, 7 and 8, should drop different units:


# %%
def same_dropout(init):
    masks = []
    for seed in (7, 8):
        mx.random.seed(seed)
        three().initialize(init, ctx=device)
        with autograd.record():
            masks.append(nd.Dropout(nd.ones(50, ctx=device), p=0.5))
    return bool((masks[0] == masks[1]).min().asscalar())


print("the seed inside: the same units are dropped:", same_dropout(Reproducible()))
print("gi.Seeded:       the same units are dropped:", same_dropout(seeded))

# %% [markdown]
# ### When not to care
#
# A result that holds for one seed only is no result. Whether a net learns must not depend on which
# numbers it began with; that is tested with several seeds, as lessons 7 and 9 did. The same weights
# twice are worth having where two runs are compared number by number: a regression test, a bug that is
# hunted, two devices that should agree.
#
# ## Your turn
#
# **10.1 Predict.** Nets of equal Dense layers, one stream, the same seed. A layer is inserted before
# layer `place` of `count` (counted from 0). Return how many of the old layers keep their weights.


# %%
def keep(count, place):
    ### BEGIN SOLUTION
    return place
    ### END SOLUTION


check("10.1", keep)

# %% [markdown]
# **10.2 Repeat.** Return the net, complete, with weights that depend on `seed` and each parameter's
# path alone: not on what has been drawn before, and not on the other layers. Leave MXNet's stream as
# it is. The batch has the shape `shape`.


# %%
def repeat(net, shape, seed):
    ### BEGIN SOLUTION
    return gi.force_init(net, shape, init=mx.init.Xavier(), seed=seed)
    ### END SOLUTION


check("10.2", repeat)

# %% [markdown]
# **10.3 Suspect.** `init` is an initializer. Return `True` if the weights of two layers of one net,
# of one shape, that it fills one after the other get the same numbers.


# %%
def seeds_inside(init):
    ### BEGIN SOLUTION
    a, b = nd.zeros((20, 20)), nd.zeros((20, 20))
    init(mx.init.InitDesc("a_weight"), a)
    init(mx.init.InitDesc("b_weight"), b)
    return bool((a == b).min().asscalar())
    ### END SOLUTION


check("10.3", seeds_inside)

# %% [markdown]
# **10.4 Build.** Write what `gi.Seeded` does, in small. Return an initializer that fills a weight
# with random numbers which depend on `seed` and the parameter's name alone. It may move neither
# MXNet's nor NumPy's stream. `np.random.SeedSequence` takes a list of integers.


# %%
def by_name(seed):
    ### BEGIN SOLUTION
    class ByName(mx.init.Initializer):
        def _init_weight(self, name, arr):
            start = np.random.SeedSequence([seed, *name.encode()])
            arr[:] = np.random.default_rng(start).normal(size=arr.shape)

    return ByName()
    ### END SOLUTION


check("10.4", by_name)

# %% [markdown]
# ## Elsewhere
#
# | | one stream, or many | order-independent |
# |---|---|---|
# | **MXNet** | one for nearly all, `mx.random.seed` | `gi.Seeded`, `gi.force_init(seed=)` |
# | **PyTorch** | one for each device, `torch.manual_seed` | a `Generator` for each call, by hand |
# | **Flax Linen** | none: a key is an argument | yes: the module's path is folded into the key |
# | **Flax NNX** | `nnx.Rngs`, a key and a counter | no: one layer more moves all that come after it |
# | **Keras** | one seed for each initializer | if each layer is given an initializer with a seed of its own; one object used twice draws the same twice |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - say on what a drawn weight depends: on the seed, and on all that was drawn before it;
# - give each parameter its own stream, from seed and path;
# - tell where equal weights are needed, and where several seeds are.
#
# This was the last lesson. [The start page](00_start_here.ipynb) shows what you have solved. All
# that the lessons used works on your own nets: `import gluon_init as gi`.
