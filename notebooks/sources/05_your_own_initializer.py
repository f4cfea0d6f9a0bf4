# %% [markdown]
# # 5 · A law of your own
#
# Half of the weights shall be zero, a quarter large and positive, a quarter large and negative:
#
# $$w \sim \begin{cases} U[5, 10] & \text{with probability } \tfrac14 \\
# 0 & \text{with probability } \tfrac12 \\
# U[-10, -5] & \text{with probability } \tfrac14 \end{cases}$$
#
# Nobody would train with it; nothing built-in draws it. **How do you write an initializer, and how
# do you know that it does what you meant?**
#
# After this lesson you can
#
# - write an initializer, from an empty class to one that is checked;
# - recognize three mistakes that raise no error, by what they leave in the numbers;
# - set single numbers of a parameter, and say when autograd refuses it.
#
# It builds on lessons [2](02_watching_initialization.ipynb) and
# [4](04_built_in_initializers.ipynb). About 20 minutes.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np
from mxnet import autograd, nd
from mxnet.gluon import nn

device = gi.device()
law = gi.MyInit()  # the law above, as the library has it

# %% [markdown]
# ## Guess

# %%
rebound = predict(
    "An initializer says arr = nd.ones(arr.shape) in place of arr[:] = .... "
    "What does the weight hold: ones, zeros, or is it an error?",
    ...,  # your guess: "ones", "zeros" or "error"
)
rebound

# %%
zeros = predict(
    "Draw from U[-10, 10], and set to zero what is smaller than 5 in size. "
    "Which share of the numbers is zero?",
    ...,  # your guess, between 0 and 1
)
zeros

# %% [markdown]
# ## Run
#
# ### An empty class
#
# An initializer is a class with one method. Gluon hands it a name and an array of zeros. Ours does
# nothing with them yet.


# %%
class Empty(mx.init.Initializer):
    def _init_weight(self, name, arr):
        pass


# %%
checked = gi.check_distribution(Empty(), law)
print(checked.ok)
print(f"{checked.rows[0].test}: {checked.rows[0].observed:.0%}")

# %% [markdown]
# The check lets the initializer fill an array of a million numbers and compares them with the law.
#
# ### Filling the array
#
# Draw from the whole interval $[-10, 10]$ first.


# %%
class Flat(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = nd.random.uniform(-10, 10, shape=arr.shape)


# %%
print("\n".join(gi.check_distribution(Flat(), law).problems[:3]))

# %% [markdown]
# There are no zeros, and much where nothing should be. `U[5, 10] + U[-10, -5]` is what the law has
# beside the zeros.
#
# ### Clearing the middle
#
# Multiplying by a comparison sets to zero what is small: `abs(w) >= 5` is 1 or 0.


# %%
class Tutorial(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = nd.random.uniform(-10, 10, shape=arr.shape)
        arr *= arr.abs() >= 5


# %%
checked = gi.check_distribution(Tutorial(), law)
checked.check()  # raises where something is wrong
print(checked.ok)
print([f"{row.test}: {row.observed:.2f}" for row in checked.rows if "P(" in row.test])

# %%
zeros.settle(0.5)

# %% [markdown]
# The interval from -5 to 5 is half of the one from -10 to 10, so half of the numbers became zero.
#
# ### It is an initializer like any other
#
# A layer takes it. (The `+ 0.0` turns into 0 what multiplying and rounding leave as -0.)

# %%
net = nn.Sequential()
net.add(nn.Dense(4, weight_initializer=Tutorial()), nn.Dense(2))
mx.random.seed(5)
gi.force_init(net, (1, 3), device=device)

print(net[0].weight.data(device).asnumpy().round(1) + 0.0)

# %% [markdown]
# It fills the one parameter for which it was named:

# %%
gi.summary(net).plot(of="initializer")

# %% [markdown]
# ### A mixture
#
# The law is a *mixture*: first a component is chosen, then a number is drawn from it.
# `gi.Mixture` takes the components and their probabilities. "Spike and slab" is one that people
# do use: most weights zero, some normal.

# %%
sparse = gi.Mixture([(0.8, 0), (0.2, mx.init.Normal(1))])
print(sparse, gi.check_distribution(sparse).ok)

# %% [markdown]
# Move the share of zeros. The cell below shows three of them.

# %% tags=["widget", "nbval-ignore-output"]
from gluon_init.course import widgets

widgets.explore_mixture()

# %%
for share in (0.2, 0.5, 0.8):
    result = gi.check_distribution(gi.MyInit(zero=share), shape=(300, 300))
    print(f"zero={share}: variance {result.law.variance:.2f}, zeros {result.points[0.0]:.2f}")

# %% [markdown]
# ## Look
#
# The histogram of what was drawn, over the law. A point has no density: its probability is the
# height of a pin, on the scale at the right.

# %%
checked.plot()

# %% [markdown]
# The same from a layer: 120,000 weights, half of them in the bar at zero.

# %%
from gluon_init import plots
from gluon_init.plots import SKY

layer = nn.Dense(300, in_units=400, weight_initializer=Tutorial())
gi.force_init(layer, seed=5, device=device)

figure, axes = plots.picture(6, 2.6)
axes.hist(layer.weight.data(device).asnumpy().ravel(), bins=81, color=SKY)
axes.set(xlabel="weight", ylabel="number of weights")
figure

# %% [markdown]
# ## Why
#
# Let $p$ be the share of zeros. The two intervals lie symmetrically, so the mean is 0, and the
# variance is the mean square of the rest:
#
# $$\operatorname{Var}(w) = (1-p) \cdot \frac{1}{10-5}\int_5^{10} w^2\,dw
# = (1-p)\cdot\frac{10^3-5^3}{3\cdot 5} = (1-p)\cdot\frac{175}{3}.$$
#
# For $p = \tfrac12$ that is 29.17. Compare with the printed line for `zero=0.5`. It is about 18,000
# times the variance of Gluon's default, $0.07^2/3$.
#
# How does the check decide? Among a million right numbers the share of zeros still varies a
# little, with a standard deviation of $\sqrt{0.5 \cdot 0.5/10^6} = 0.0005$. It asks how probable a
# deviation as large as the one seen is, and objects below one in a thousand, all tests together.
#
# ## Trap
#
# ### The name means another array


# %%
class Rebinding(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr = nd.ones(arr.shape)


# %%
layer = nn.Dense(2, in_units=3)
layer.initialize(Rebinding(), ctx=device)
print(set(layer.weight.data(device).asnumpy().ravel().tolist()))
print(gi.check_distribution(Rebinding(), mx.init.One()).problems[0])

# %%
rebound.settle("zeros", also=("zero", 0))

# %% [markdown]
# `arr = ...` gives the name `arr` another array; Gluon's own stays as it was. `arr[:] = ...` writes
# into it:


# %%
class Writing(mx.init.Initializer):
    def _init_weight(self, name, arr):
        arr[:] = nd.ones(arr.shape)


# %%
layer = nn.Dense(2, in_units=3)
layer.initialize(Writing(), ctx=device)
print(set(layer.weight.data(device).asnumpy().ravel().tolist()))
print(gi.check_distribution(Writing(), mx.init.One()).ok)

# %% [markdown]
# ### Two that look right
#
# One draws a single row and lets it be repeated. One seeds inside, so that "results can be
# reproduced".


# %%
class OneRow(mx.init.Initializer):
    def _init_weight(self, name, arr):
        row = nd.random.uniform(-10, 10, shape=(1, arr.shape[1]))
        arr[:] = (row * (row.abs() >= 5)).broadcast_to(arr.shape)


class SeedInside(mx.init.Initializer):
    def _init_weight(self, name, arr):
        mx.random.seed(0)
        arr[:] = nd.random.uniform(-10, 10, shape=arr.shape)
        arr *= arr.abs() >= 5


# %% [markdown]
# In the first, each number has the right law, but only 1000 were drawn, not a million. So it has
# many problems. Three of them:

# %%
for problem in gi.check_distribution(OneRow(), law).problems:
    if problem.startswith(("P(w = 0)", "only", "neighbours in a column depend on one another:")):
        print(problem)

# %% [markdown]
# All units of a layer are equal: the unbroken symmetry of
# [lesson 4](04_built_in_initializers.ipynb). The second has the right numbers, and again and again
# the same:

# %%
print("\n".join(gi.check_distribution(SeedInside(), law).problems))

# %% [markdown]
# All layers of one shape are equal. Worse, `mx.random.seed(0)` sets back every other draw of the
# program, too. A layer is made three times, and each time some numbers are drawn that have nothing
# to do with it:

# %%
for _ in range(3):
    nn.Dense(2, in_units=3, weight_initializer=SeedInside()).initialize(ctx=device)
    print(nd.random.uniform(shape=3).asnumpy().round(3))

# %% [markdown]
# `Tutorial`, above, has none of these faults. For draws that repeat, leave the seed to `gi.Seeded`
# ([lesson 10](10_same_seed_same_weights.ipynb)). Two layers of one shape, filled twice:


# %%
def two_weights():
    net = nn.Sequential()
    net.add(nn.Dense(50, in_units=50), nn.Dense(50, in_units=50))
    net.initialize(gi.Seeded(Tutorial(), seed=0), ctx=device)
    return [layer.weight.data(device).asnumpy() for layer in net]


first, again = two_weights(), two_weights()
print("the same when filled again:", np.array_equal(first, again))
print("the same in both layers:   ", np.array_equal(first[0], first[1]))

# %% [markdown]
# ## Setting single numbers
#
# `data()` returns the parameter's own array. What you write into it is in the net.

# %%
layer = nn.Dense(2, in_units=3)
layer.initialize(mx.init.Constant(7), ctx=device)
layer.weight.data(device)[:] += 1
layer.weight.data(device)[0, 0] = 42
print(layer.weight.data(device).asnumpy().tolist())

# %% [markdown]
# While autograd records, writing into a parameter that has a gradient is refused, whether the layer
# has been used or not. MXNet does not look: the gradient might be computed from numbers that are
# gone.

# %%
with attempt(), autograd.record():
    layer.weight.data(device)[0, 0] = 1

# %% [markdown]
# `set_data` is refused, too, in spite of what is often written:

# %%
try:
    with autograd.record():
        layer.weight.set_data(nd.ones((2, 3), ctx=device))
except mx.MXNetError as error:
    print("refused:", type(error).__name__)

# %% [markdown]
# Write before `record()` or after `backward()`:

# %%
x = nd.ones((1, 3), ctx=device)
with autograd.record():
    y = layer(x)
y.backward()
layer.weight.set_data(nd.ones((2, 3), ctx=device))
print(layer.weight.data(device).asnumpy().tolist())

# %% [markdown]
# ## Your turn
#
# **5.1 Write.** Return an initializer class that takes `low` and `high` and draws from
# $U[\text{low}, \text{high}]$ or $U[-\text{high}, -\text{low}]$, each with probability one half,
# never zero. Use MXNet's random numbers.


# %%
def two_sided():
    ### BEGIN SOLUTION
    class TwoSided(mx.init.Initializer):
        def __init__(self, low, high):
            super().__init__(low=low, high=high)
            self.low, self.high = low, high

        def _init_weight(self, name, arr):
            size = nd.random.uniform(self.low, self.high, shape=arr.shape)
            arr[:] = size * nd.random.uniform(-1, 1, shape=arr.shape).sign()

    return TwoSided
    ### END SOLUTION


check("5.1", two_sided)

# %% [markdown]
# **5.2 Mix.** Return an initializer that gives zero with probability `zero`, and else a number from
# the normal distribution with standard deviation `sigma`.


# %%
def spike_and_slab(zero, sigma):
    ### BEGIN SOLUTION
    return gi.Mixture([(zero, 0), (1 - zero, mx.init.Normal(sigma))])
    ### END SOLUTION


check("5.2", spike_and_slab)

# %% [markdown]
# **5.3 Judge.** `init` is an initializer that should draw from `law`. Return `True` if it does and
# `False` if it does not.


# %%
def is_right(init, law):
    ### BEGIN SOLUTION
    return gi.check_distribution(init, law).ok
    ### END SOLUTION


check("5.3", is_right)

# %% [markdown]
# ## Elsewhere
#
# | | an initializer of your own is | it writes | single numbers |
# |---|---|---|---|
# | **Gluon** | a subclass of `mx.init.Initializer` | into the array that it is given | `data()[0, 0] = 42` |
# | **PyTorch** | a function, called under `torch.no_grad()` | into the parameter, in place: names end in `_` | `with torch.no_grad(): w[0, 0] = 42` |
# | **Flax**, Linen and NNX | a function `(key, shape, dtype)` | nothing; it returns the array | `w.at[0, 0].set(42)` returns a new array |
# | **Keras** | a subclass of `keras.initializers.Initializer`, or a function | nothing; `__call__` returns the array | `w.assign(...)` |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - write an initializer, `arr[:] = ...`, and check it against its law;
# - tell a rebound name, a repeated row and a seed inside by what they leave;
# - set numbers by `data()[:]` and `set_data`, outside of a recording.
#
# Next: [lesson 6](06_tied_parameters.ipynb), one parameter in several places.
