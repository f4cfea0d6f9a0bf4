# %% [markdown]
# # 7 · Heads that help, and vanish
#
# GoogLeNet has three outputs while it learns and one when it is used. Inception v3 has two and
# one. **What are the others good for, how do their losses add up, which output is the prediction,
# and what is left of it all when you freeze half of the net?**
#
# After this lesson you can
#
# - show with gradient norms why a deep net may need auxiliary heads, and when it does not;
# - train with a weighted sum of losses, and predict with the final head alone;
# - tell, before you fine-tune, which losses still train anything.
#
# It builds on lessons [3](03_forcing_initialization.ipynb) and
# [4](04_built_in_initializers.ipynb). About 20 minutes.

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
prediction = predict(
    "A net has a final head and two auxiliary heads. For the accuracy on test images, do you use "
    "the final head, the mean of all three, or the best of them?",
    ...,  # your guess: "final", "mean" or "best"
)
frozen = predict(
    "Everything is frozen but the last layer of each head. Does the auxiliary loss still help the "
    "final head? yes or no",
    ...,  # your guess
)

# %% [markdown]
# ## Run
#
# ### A net that does not learn
#
# Twelve layers, ReLU, Gluon's default initializer; scikit-learn's handwritten digits.

# %%
from sklearn.datasets import load_digits

digits = load_digits()
images = nd.array(digits.data / 16, ctx=device)
labels = nd.array(digits.target, ctx=device)
softmax = gluon.loss.SoftmaxCrossEntropyLoss()


# %%
def stage():
    block = nn.HybridSequential()
    block.add(*(nn.Dense(32, activation="relu") for _ in range(4)))
    return block


# %%
def build(seed, init=None):
    stages = {"low": stage(), "middle": stage(), "high": stage()}
    heads = {"low": nn.Dense(10), "middle": nn.Dense(10)}
    net = gi.AuxiliaryNet(stages, nn.Dense(10), heads)
    gi.force_init(net, images[:1], init=init, seed=seed, device=device)
    net.hybridize()
    return net


# %% [markdown]
# `AuxiliaryNet` takes the stages, the final head, and for some of the stages a head of their own.
# In training it returns all outputs by name, otherwise the prediction:

# %%
net = build(seed=0)
with autograd.record():
    output = net(images[:5])
print("training: ", output.prediction.shape, [o.shape for o in output.auxiliary])
print("inference:", net(images[:5]).shape)

# %%
prediction.settle("final")

# %% [markdown]
# "At inference time, these auxiliary networks are discarded", says the paper. They exist for the
# gradient.
#
# ### How much gradient arrives
#
# The norm of each weight's gradient, from the first layer to the last, without and with the
# auxiliary losses at weight 0.3:


# %%
def gradient_norms(weight):
    loss = gi.AuxiliaryLoss(softmax, weight)
    report = gi.signal_report(net, images[:64], lambda out: loss(out, labels[:64]))
    trunk = [r for r in report.gradients if r["path"].startswith("network")]
    return {r["path"]: r["norm"] for r in trunk if len(r["shape"]) == 2}


without, with_heads = gradient_norms(0), gradient_norms(0.3)
for path in ("network.low.0.weight", "network.middle.0.weight", "network.high.0.weight"):
    sizes = [round(np.log10(norms[path])) for norms in (without, with_heads)]
    print(f"{path:24} 10^{sizes[0]}   10^{sizes[1]}")

# %% [markdown]
# Without the heads hardly anything arrives, anywhere. With them the low stage gets a gradient
# about a million times larger, from its own head, which is near. The high stage gets nothing
# more: no auxiliary head sits behind it.
#
# ### Does it help?
#
# Three nets each, from three seeds, 200 steps.


# %%
def train(seed, weight, init=None, steps=200):
    net, loss = build(seed, init), gi.AuxiliaryLoss(softmax, weight)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    curve = []
    for _ in range(steps):
        with autograd.record():
            total = loss(net(images), labels)
        total.backward()
        trainer.step(len(images))
        curve.append(float((net(images).argmax(axis=1) == labels).mean().asscalar()))
    return curve


# %%
alone = [train(seed, 0) for seed in range(3)]
helped = [train(seed, 0.3) for seed in range(3)]
for name, curves in (("alone", alone), ("with auxiliary heads", helped)):
    print(f"{name:21} more than half right: {sum(max(c) > 0.5 for c in curves)} of 3")

# %% [markdown]
# ## Look
#
# The net, its heads, and what each loss trains:

# %%
net.plot()

# %% [markdown]
# The training curves. The final head is measured, in both cases.

# %%
from gluon_init.plots import picture, style

figure, axes = picture(6, 3)
for curves, colour, name in ((alone, style.BLUE, "alone"), (helped, style.ORANGE, "with heads")):
    for number, curve in enumerate(curves):
        axes.plot(curve, color=colour, label=name if number == 0 else None)
axes.set_xlabel("step")
axes.set_ylabel("share of digits right")
axes.legend(frameon=False)
figure

# %% [markdown]
# ### When they do not help
#
# The trouble was the initializer: default weights are too small for twelve layers. With Xavier's
# the plain net learns by itself. That, and batch normalization, is why newer nets do without
# auxiliary heads.

# %%
print("Xavier, alone:", max(train(0, 0, mx.init.Xavier(), steps=100)) > 0.9)

# %% [markdown]
# ## Why
#
# Call the trunk's stages $f_1, f_2, f_3$, the final head $h$ and the auxiliary ones $h_1, h_2$.
# The loss in training is
#
# $$L = \ell(h(f_3(f_2(f_1(x)))), y) + \lambda\,\ell(h_1(f_1(x)), y) + \lambda\,\ell(h_2(f_2(f_1(x))), y).$$
#
# The gradient for a weight in $f_1$ comes on three ways. The long one is a product of as many
# factors as there are layers; if each is smaller than 1, it vanishes. The way through $h_1$ is
# short. GoogLeNet uses $\lambda = 0.3$, for Inception v3 0.4 is the custom. For the final head
# $\lambda$ changes nothing: no auxiliary loss depends on it.

# %%
loss = gi.AuxiliaryLoss(softmax, 0.3)
with autograd.record():
    total = loss(net(images), labels)
print({name: round(value, 2) for name, value in loss.report().items()})

# %% [markdown]
# The losses are reported without their weights, so that they can be compared. A weight may also
# depend on the epoch, `AuxiliaryLoss(softmax, lambda epoch: 0.3 * 0.9**epoch)`.
#
# ### The two famous ones
#
# Shapes of their auxiliary heads' inputs, and the numbers that training and inference need:

# %%
for make, size in ((gi.googlenet, 224), (gi.inception_v3, 299)):
    net = make()
    full, plain = (gi.summary(n, (1, 3, size, size)).trainable for n in (net, net.inference()))
    rows = gi.infer_shapes(net, (1, 3, size, size)).rows
    grids = [r["outputs"][0][1:] for r in rows if r["block"][8:] in net.stages]
    print(f"{make.__name__}: {full:,} in training, {plain:,} at inference, heads on {grids}")

# %% [markdown]
# Half of GoogLeNet's parameters are in heads that are thrown away. `net.inference()` is the plain
# net, with the same parameters; what it saves loads into any net of its kind.
#
# ## Trap
#
# ### Switching by hand
#
# The obvious way to write such a net: look at the mode, and return one or several outputs.


# %%
class ByHand(gluon.HybridBlock):
    def __init__(self):
        super().__init__(prefix="hand_")
        with self.name_scope():
            self.low, self.high, self.head = nn.Dense(8), nn.Dense(3), nn.Dense(3)

    def hybrid_forward(self, F, x):
        x = self.low(x)
        if autograd.is_training():
            return self.high(x), self.head(x)
        return self.high(x)


# %%
net = ByHand()
net.initialize(ctx=device)
net.hybridize()
with autograd.record():
    net(images)
print("at inference it returns", type(net(images)).__name__, "of", len(net(images)))

# %% [markdown]
# A hybridized net keeps the graph of its first call, and that was a training call. In the other
# order, the graph lacks the head, and Gluon cannot tell the head's shape:

# %%
net = ByHand()
net.initialize(ctx=device)
net.hybridize()
with attempt():
    net(images)

# %% [markdown]
# `AuxiliaryNet` has a graph for each mode, and the first call fills everything, whatever the mode.
#
# ### Freezing
#
# For fine-tuning you freeze the trunk and train new last layers. Which losses still do anything?

# %%
net = build(seed=0)
report = gi.freeze(net, "^network.(low|middle|high)")
print("\n".join(str(report).splitlines()[-6:]))

# %%
frozen.settle("no")

# %% [markdown]
# The auxiliary losses train their own heads, which are thrown away, and nothing else. To fine-tune
# from the middle stage on, freeze what is below it: one auxiliary loss is worth its time again.

# %%
gi.unfreeze(net, "^network.middle|^network.high").idle

# %% [markdown]
# ## Your turn
#
# **7.1 Add up.** Return the total loss for `output`, what an `AuxiliaryNet` returned in training:
# the main loss plus `weight` times the sum of the auxiliary ones. `loss(scores, labels)` is given.


# %%
def total_loss(output, labels, loss, weight):
    ### BEGIN SOLUTION
    auxiliary = sum(loss(scores, labels) for scores in output.auxiliary)
    return loss(output.prediction, labels) + weight * auxiliary
    ### END SOLUTION


check("7.1", total_loss)

# %% [markdown]
# **7.2 Measure.** Return the share of images which the net classifies right.


# %%
def accuracy(net, images, labels):
    ### BEGIN SOLUTION
    return float((net(images).argmax(axis=1) == labels).mean().asscalar())
    ### END SOLUTION


check("7.2", accuracy)

# %% [markdown]
# **7.3 Worth it?** Return the names of the auxiliary heads whose losses still train something of
# the network.


# %%
def worth_it(net):
    ### BEGIN SOLUTION
    idle = gi.reach(net).idle
    return [name for name in net.stages if name not in idle]
    ### END SOLUTION


check("7.3", worth_it)

# %% [markdown]
# ## Elsewhere
#
# | | in training | at inference | weights |
# |---|---|---|---|
# | **Gluon** | `gi.AuxiliaryNet`: `output.prediction`, `output.auxiliary` | the prediction | `gi.AuxiliaryLoss(loss, 0.3)` |
# | **torchvision 0.29** | `GoogLeNetOutputs(logits, aux_logits2, aux_logits1)`, `InceptionOutputs(logits, aux_logits)` | a tensor, after `net.eval()` | you add them up |
# | **JAX / Flax** | a `train` argument of your own, and a tuple | the same function, `train=False` | you add them up |
# | **Keras 3** | a `Model` with several outputs | another `Model` on the same layers | `compile(loss_weights=...)` |
#
# ## Recap
#
# You can now
#
# - show where the gradient ends, and how a near loss renews it; and that a good initializer may
#   make it needless;
# - add up weighted losses, and predict with the final head;
# - ask `gi.reach` which losses still train anything when part of a net is frozen.
#
# Next: [lesson 8](08_when_a_label_becomes_a_parameter.ipynb), where a second head runs into MXNet's
# older interface.
