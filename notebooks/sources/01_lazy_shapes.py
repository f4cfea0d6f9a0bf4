# %% [markdown]
# # 1 · A net that does not know its own size
#
# You can write `Dense(256)` without saying how many inputs the layer will get. You can even
# *initialize* it. **How can anything draw a matrix of random numbers without knowing how many
# numbers there are?**
#
# After this lesson you can
#
# - tell for each parameter of a net what is known of its shape, and why the rest is not;
# - say what `initialize()` does at once, and what it puts off;
# - predict the shapes of all parameters from the shape of one input, for dense and for
#   convolutional nets.
#
# You need to know what a dense layer computes: $y = Wx + b$. About 20 minutes. How to work with
# guesses, checks and hints is on the [start page](00_start_here.ipynb).
#
# Two words of MXNet's: an array is an *NDArray*, made by the functions in `nd`. The CPU or GPU on
# which it lies is a *context*, `ctx`; `gi.device()` is the one to use here.

# %%
import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

from mxnet import nd
from mxnet.gluon import nn

device = gi.device()

# %% [markdown]
# ## Guess
#
# Write down what you expect before you see it. A wrong guess is worth more here than none.

# %%
initialized = predict(
    "A net of two Dense layers has four parameters: two weights, two biases. "
    "How many of them hold numbers after net.initialize(), before any data?",
    ...,  # your guess: 0 to 4
)
initialized

# %%
second_width = predict(
    "The net has seen a batch of shape (2, 20). Which of these batches will it take next: "
    "(7, 20), (2, 21), both, or none?",
    ...,  # your guess: "(7, 20)", "(2, 21)", "both" or "none"
)
second_width

# %% [markdown]
# ## Run
#
# ### A net is defined
#
# Two layers, and only their outputs are given: 256 and 10.

# %%
net = nn.Sequential()
net.add(nn.Dense(256, activation="relu"), nn.Dense(10))

defined = gi.summary(net)
defined

# %% [markdown]
# Each layer knows how many numbers it puts out. So the biases are complete: one number an
# output. Of each weight only one side is known. The `?` is the number of inputs.
#
# The last two columns say which initializer is to fill a parameter, and who named it. Each layer
# has named `Zero()`, which writes zeros, for its bias, and nothing for its weight. Who names what
# is the subject of [lesson 4](04_built_in_initializers.ipynb). *Trainable* are the numbers that
# training may change: here all.
#
# The table speaks of *paths*: `0.weight` is the weight of the first layer. Gluon itself marks an
# unknown size in two ways. The layer says `None`, the parameter says `0`:

# %%
print(net[0])
print(net[0].weight.shape)

# %% [markdown]
# There are no numbers yet, so one cannot look at them.

# %%
with attempt():
    net[0].weight.data()

# %% [markdown]
# ### `initialize()` is called

# %%
net.initialize(ctx=device)

waiting = gi.summary(net)
waiting

# %%
initialized.settle(2)

# %% [markdown]
# It is often said that `initialize()` does nothing until data comes. Look at the states: it
# filled both biases, because their shapes are known. You can read them; `asnumpy()` makes a NumPy
# array of an NDArray.

# %%
bias = net[0].bias.data(device).asnumpy()
print(bias.shape, "holds", set(bias.tolist()))

# %% [markdown]
# The weights are *deferred*. Gluon has noted which initializer shall fill them, and waits. It is
# Gluon's default, `Uniform(scale=0.07)`: numbers drawn at random between -0.07 and 0.07. Asked for
# the numbers now, it fails with another error than before:

# %%
with attempt():
    net[0].weight.data(device)

# %% [markdown]
# ### Data flows
#
# One batch of two examples, 20 numbers each, all of them 1.

# %%
x = nd.ones((2, 20), ctx=device)
print("output", net(x).shape)

known = gi.summary(net)
known

# %% [markdown]
# Every `?` is gone. In this one call Gluon went from layer to layer: it read the width of what came
# in, drew the weight, computed, and passed the result on.
#
# ### The second batch
#
# More examples are no trouble: no parameter has a side for them.

# %%
net(nd.ones((7, 20), ctx=device)).shape

# %% [markdown]
# Wider examples are.

# %%
with attempt():
    net(nd.ones((2, 21), ctx=device))

# %%
second_width.settle("(7, 20)")

# %% [markdown]
# The first batch decided that the weight is 256 × 20. *Provided* in the message is that shape,
# *inferred* is the one that the new batch would need. A parameter gets its shape once.
#
# `gi.summary` finds such a conflict without computing anything, and names the block:

# %%
with attempt():
    gi.summary(net, (2, 21))

# %% [markdown]
# ### Shapes given in advance
#
# If you know the number of inputs, you can say so. Then nothing is unknown, and nothing waits.

# %%
eager = nn.Sequential()
eager.add(nn.Dense(256, in_units=20, activation="relu"), nn.Dense(10, in_units=256))
eager.initialize(ctx=device)

gi.summary(eager)

# %% [markdown]
# Giving it to the first layer alone is not enough. `initialize()` looks at each parameter by
# itself; shapes flow from layer to layer only when something flows through the net.

# %%
half = nn.Sequential()
half.add(nn.Dense(256, in_units=20, activation="relu"), nn.Dense(10))
half.initialize(ctx=device)

gi.summary(half)

# %% [markdown]
# ## Look
#
# The same four parameters at the three moments. Follow `1.weight`: its missing side is not the 20
# of the data, but the 256 of the layer before it.

# %%
from gluon_init import plots

plots.stages({"defined": defined, "initialize()": waiting, "after data": known})

# %% [markdown]
# ## Why
#
# A dense layer with $u$ units takes an input of shape $(n, d)$ and computes
#
# $$Y = X W^\top + b, \qquad X \in \mathbb{R}^{n \times d},\quad W \in \mathbb{R}^{u \times d},
# \quad b \in \mathbb{R}^{u},\quad Y \in \mathbb{R}^{n \times u}.$$
#
# $u$ stands in your program. $d$ is the last axis of $X$. So whoever knows the shape of $X$ knows
# the shape of $W$, and also that of $Y$, which is the next layer's $X$. Step by step:
#
# | step | known | follows |
# |---|---|---|
# | 0 | $X \in \mathbb{R}^{2 \times 20}$, $u_0 = 256$ | $W_0 \in \mathbb{R}^{256 \times 20}$ |
# | 1 | $X W_0^\top \in \mathbb{R}^{2 \times 256}$, $u_1 = 10$ | $W_1 \in \mathbb{R}^{10 \times 256}$ |
# | 2 | $Y \in \mathbb{R}^{2 \times 10}$ | nothing left |
#
# No number of $X$ is needed for this, only its shape. So the shapes can be had without data:

# %%
fresh = nn.Sequential()
fresh.add(nn.Dense(256, activation="relu"), nn.Dense(10))

inferred = gi.summary(fresh, (2, 20))
print([row.shape for row in inferred.rows])
print({row.state for row in inferred.rows}, "and the weight itself is", fresh[0].weight.shape)

# %% [markdown]
# All shapes are there and nothing is initialized. `fresh` itself has not even learned its shapes.
#
# The steps of the table as a picture, drawn from the net itself: beside each layer its weight, with
# what was unknown and what it becomes.

# %%
gi.infer_shapes(fresh, (2, 20)).plot()

# %% [markdown]
# ## Images
#
# A convolution slides a small window over the image. Its weight has the shape (channels out,
# channels in, kernel height, kernel width): nothing in it depends on the image's size. What comes
# out does. With kernel $k$, padding $p$ and stride $s$, of a height $h$ remains
#
# $$h' = \left\lfloor \frac{h + 2p - k}{s} \right\rfloor + 1 .$$
#
# A Dense layer behind it gets one input for each channel and each remaining pixel. Two image
# sizes, one net:


# %%
def small_convnet():
    net = nn.Sequential()
    net.add(nn.Conv2D(8, kernel_size=3, activation="relu"), nn.MaxPool2D(2), nn.Dense(10))
    return net


# %%
plots.stages(
    {
        "defined": gi.summary(small_convnet()),
        "28 x 28": gi.summary(small_convnet(), (1, 1, 28, 28)),
        "64 x 64": gi.summary(small_convnet(), (1, 1, 64, 64)),
    }
)

# %% [markdown]
# The convolution is the same in both. The Dense weight `2.weight` is not: 28 becomes 26, halved
# 13, and $8 \cdot 13 \cdot 13 = 1352$. With 64 it is $8 \cdot 31 \cdot 31 = 7688$.
#
# Move the image size and watch the last weight. The cell below it shows the same for four sizes.

# %% tags=["widget", "nbval-ignore-output"]
from gluon_init.course import widgets

widgets.explore_image_size(small_convnet)

# %%
for size in (8, 28, 64, 224):
    summary = gi.summary(small_convnet(), (1, 1, size, size))
    print(f"{size:>3} x {size:<3}  2.weight {summary.rows[2].shape}  {summary.total:>8,} numbers")

# %% [markdown]
# ## Trap
#
# You try a net on a few small images to see that it works, then start it on the real ones.

# %%
net = small_convnet()
net.initialize(ctx=device)
net(nd.ones((1, 1, 28, 28), ctx=device)).shape

# %%
with attempt():
    net(nd.ones((1, 1, 64, 64), ctx=device))

# %% [markdown]
# The trial has fixed the Dense weight. The convolution would take any size, the Dense layer will
# not. To mend it, let something between the two give the same number of values for every image.
# An average over the whole image gives one a channel:

# %%
mended = nn.Sequential()
mended.add(nn.Conv2D(8, kernel_size=3, activation="relu"), nn.GlobalAvgPool2D(), nn.Dense(10))
mended.initialize(ctx=device)
[mended(nd.ones((1, 1, size, size), ctx=device)).shape for size in (28, 64)]

# %% [markdown]
# ## Real nets, real images
#
# Do the nets of the model zoo mind the size of their images? Compare all their parameter shapes
# for 224 and 256 pixels. No net is run, no number drawn.

# %%
from mxnet.gluon.model_zoo import vision

for name in ("alexnet", "vgg11", "resnet18_v1", "mobilenetv2_1.0"):
    model = vision.get_model(name)
    small, large = (gi.summary(model, (1, 3, s, s)) for s in (224, 256))
    differ = [a.path for a, b in zip(small.rows, large.rows) if a.shape != b.shape]
    print(f"{name:16} {small.total:>12,} numbers   {differ or 'same shapes'}")

# %% [markdown]
# AlexNet and VGG flatten the image before their first Dense layer. The other two take an average
# over the whole image, as the mended net does. So a ResNet will take small images too. Ten of
# scikit-learn's handwritten digits, 8 × 8 pixels, repeated to 32 × 32 and to three channels:

# %%
import numpy as np
from sklearn.datasets import load_digits

digits = load_digits().images[:10] / 16
images = np.repeat(np.kron(digits, np.ones((4, 4)))[:, None], 3, axis=1)

figure, axes = plots.picture(7, 0.9)
axes.imshow(np.hstack(list(images[:, 0])), cmap="gray_r")
axes.set_axis_off()
figure

# %%
resnet = vision.resnet18_v1(classes=10)
resnet.initialize(ctx=device)
before = gi.summary(resnet)
scores = resnet(nd.array(images, ctx=device))
after = gi.summary(resnet)

print("images", images.shape, "scores", scores.shape)
print("before:", before.unknown, "of", len(before), "parameters have an unknown side")
print("after: ", after.unknown)

# %% [markdown]
# One batch has settled all 81.

# %% [markdown]
# ## Your turn
#
# Each check answers at once and draws new sizes every time. `hint("1.1")` gives one step of help,
# called again the next one.
#
# **1.1 Predict.** `units` is a list such as `[256, 10]`, `width` the number of inputs. Return the
# list of the weights' shapes.


# %%
def weight_shapes(units, width):
    ### BEGIN SOLUTION
    inputs = [width, *units]
    return [(out, into) for out, into in zip(units, inputs)]
    ### END SOLUTION


check("1.1", weight_shapes)

# %% [markdown]
# **1.2 Follow the image.** A convolution of `channels` channels and a square kernel, no padding,
# then `MaxPool2D(2)`. How many numbers reach the Dense layer behind them?


# %%
def flat_size(height, width, channels, kernel):
    ### BEGIN SOLUTION
    rows = (height - kernel + 1) // 2
    columns = (width - kernel + 1) // 2
    return channels * rows * columns
    ### END SOLUTION


check("1.2", flat_size)

# %% [markdown]
# **1.3 Leave nothing open.** Return a net of two Dense layers with biases, `hidden` and `classes`
# wide, for inputs of `width` numbers, in which `initialize()` fills every parameter at once. The
# check calls `initialize()`.


# %%
def known_in_advance(width, hidden, classes):
    ### BEGIN SOLUTION
    net = nn.Sequential()
    net.add(nn.Dense(hidden, in_units=width, activation="relu"))
    net.add(nn.Dense(classes, in_units=hidden))
    return net
    ### END SOLUTION


check("1.3", known_in_advance)

# %% [markdown]
# **1.4 Build.** Return a net with at least one convolution that takes colour images of any size,
# from 16 × 16 pixels on, one after the other, and gives `classes` scores for each.


# %%
def any_size(classes):
    ### BEGIN SOLUTION
    net = nn.Sequential()
    net.add(nn.Conv2D(8, 3, activation="relu"), nn.GlobalAvgPool2D(), nn.Dense(classes))
    return net
    ### END SOLUTION


check("1.4", any_size)

# %% [markdown]
# ## Elsewhere
#
# | | how sizes are left open | when they become known | how the unknown looks |
# |---|---|---|---|
# | **Gluon** | always, unless `in_units` is given | at the first forward pass | `0`, or `-1` under `npx.set_np()` |
# | **PyTorch** | a class of its own, `nn.LazyLinear` | at the first forward pass | `UninitializedParameter` |
# | **Flax Linen** | always; a module holds no parameters | when you call `module.init(key, x)`, which returns them | there is nothing to look at |
# | **Flax NNX** | never: `nnx.Linear(20, 256, rngs=rngs)` | in the constructor | does not occur |
# | **Keras** | always, unless an `Input` is given | at the first call, or at `build(shape)` | the list of weights is empty |
#
# In all but NNX the width comes from what flows in. They differ in where the numbers live before
# that. Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - read a summary: a layer's outputs are known from the program, its inputs only from what flows
#   into it;
# - say what `initialize()` does: it fills every parameter whose shape is complete, and notes the
#   initializer for the others, which are filled at the first forward pass;
# - work out every shape from one input, and see which layers tie a net to one size.
#
# Next: [lesson 2](02_watching_initialization.ipynb), which call really draws the numbers.
