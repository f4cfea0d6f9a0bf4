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
prediction

# %%
frozen = predict(
    "Everything is frozen but the last layer of each head. Does the auxiliary loss still help the "
    "final head? yes or no",
    ...,  # your guess
)
frozen

# %% [markdown]
# ## Run
#
# ### A deep net
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
# Training means: inside `autograd.record()`. There it returns all outputs by name, elsewhere one
# array. Which of the outputs is that?

# %%
net = build(seed=0)
with autograd.record():
    output = net(images[:5])
alone = net(images[:5])
outputs = {"prediction": output.prediction, **dict(zip(net.stages, output.auxiliary))}
for name, scores in outputs.items():
    same = np.allclose(scores.asnumpy(), alone.asnumpy(), rtol=1e-3, atol=0)
    print(f"{name:11} {scores.shape}, what inference returns: {same}")

# %%
prediction.settle("final", also=("the final head", "prediction"))

# %% [markdown]
# "At inference time, these auxiliary networks are discarded", says the paper of GoogLeNet (Szegedy
# et al. 2014, *Going deeper with convolutions*). They exist for the gradient.
#
# ### How much gradient arrives
#
# The norms of the gradients in the first layer of each stage and in the final head, without and
# with the auxiliary losses at weight 0.3:


# %%
def gradient_norms(net, weight):
    loss = gi.AuxiliaryLoss(softmax, weight)
    report = gi.signal_report(net, images[:64], lambda out: loss(out, labels[:64]))
    return {row.path: row.norm for row in report.gradients}


# %%
norms = [gradient_norms(net, weight) for weight in (0, 0.3)]
print("           bias            weight\n           alone   heads   alone   heads")
for layer in ("low.0", "middle.0", "high.0", "head"):
    found = [one[f"network.{layer}.{kind}"] for kind in ("bias", "weight") for one in norms]
    print(f"{layer:10}", "".join(f" 10^{round(np.log10(norm)):<4}" for norm in found))

# %% [markdown]
# Look at the biases first. Their gradient is the error that comes back from above. Alone it is about
# 10 at the end, and fades on its way down. The near head renews it: the low stage gets nearly a
# million times more. `high` and `head` get nothing more, for no auxiliary head sits above them.
#
# Alone, the weights are at 10^-8 everywhere, even in the final head, where the error is large. The
# section *Why* tells the reason.
#
# ### Does it help?
#
# Three nets each, from three seeds, 180 steps. The final head is measured, in both cases.


# %%
def share(scores, truth):
    return float((scores.argmax(axis=1) == truth).mean().asscalar())


# %%
def fit(net, weight, steps, truth=labels):
    loss, curve = gi.AuxiliaryLoss(softmax, weight), []
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
    for _ in range(steps):
        with autograd.record():
            output = net(images)
            total = loss(output, truth)
        total.backward()
        trainer.step(len(images))
        curve.append(share(output.prediction, truth))
    return curve


# %%
nets = [build(seed) for seed in range(3)]
helped = [fit(net, 0.3, 180) for net in nets]
alone = [fit(build(seed), 0, 180) for seed in range(3)]
for name, curves in (("alone", alone), ("with auxiliary heads", helped)):
    print(f"{name:21} more than half right: {sum(max(c) > 0.5 for c in curves)} of 3")

# %% [markdown]
# ## Look
#
# The net, its heads, and what each loss trains:

# %%
net.plot()

# %% [markdown]
# The training curves. A net without help learns nothing, or begins late: where you see fewer blue
# lines than three, they lie on one another, at what guessing gives, one digit in ten. On your
# machine the curves may take another course: in training, a difference in the last digit of a sum
# grows. What was counted above holds on all.

# %% tags=["nbguard-any-figure"]
from gluon_init.plots import BLUE, ORANGE, picture

figure, axes = picture(6, 3)
for curves, colour, name in ((alone, BLUE, "alone"), (helped, ORANGE, "with heads")):
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
# the plain net learns by itself, and in 100 steps.

# %%
curves = [fit(build(seed, mx.init.Xavier()), 0, 100) for seed in range(3)]
print("Xavier, alone: more than half right:", sum(max(c) > 0.5 for c in curves), "of 3")

# %% [markdown]
# ## Why
#
# Call the trunk's stages $f_1, f_2, f_3$, the final head $h$ and the auxiliary ones $h_1, h_2$.
# The loss in training is
#
# $$L = \ell(h(f_3(f_2(f_1(x)))), y) + \lambda\,\ell(h_1(f_1(x)), y) + \lambda\,\ell(h_2(f_2(f_1(x))), y).$$
#
# The error for a layer in $f_1$ comes back on three ways. The long one is a product of as many
# factors as there are layers; if each is smaller than 1, it vanishes. The way through $h_1$ is
# short. GoogLeNet uses $\lambda = 0.3$, for Inception v3 0.4 is the custom. For the final head
# $\lambda$ changes nothing, as the table above shows: no auxiliary loss depends on it.
#
# A weight's gradient is what comes in from below times what comes back from above. In the low stage
# the second has vanished, at the end the first. That is why all weights were at 10^-8. The near
# head renews the second in the low stage. As its weights grow, the signal grows too, and wakes the
# stages above. So after the training they all have a gradient, even from the final loss alone:

# %%
grown = gradient_norms(nets[0], 0)
for layer in ("low.0", "middle.0", "high.0", "head"):
    print(f"{layer:10} above 10^-3: {grown[f'network.{layer}.weight'] > 1e-3}")

# %% [markdown]
# ### What the loss says
#
# Of a net that knows nothing each head gives every digit one tenth, and the loss is
# $\ln 10 = 2.3$. The report has the losses without their weights, so that they can be compared;
# the total has $2.3 + 0.3 \cdot (2.3 + 2.3)$.

# %%
loss = gi.AuxiliaryLoss(softmax, 0.3)
with autograd.record():
    total = loss(build(seed=0)(images), labels)
print({name: round(value, 2) for name, value in loss.report().items()})
print("total:", round(float(total.mean().asscalar()), 2))

# %% [markdown]
# A weight may also depend on the epoch, `AuxiliaryLoss(softmax, lambda epoch: 0.3 * 0.9**epoch)`.
# The epoch is `loss.epoch`, which your training loop sets.
#
# ### The two famous ones
#
# The numbers that training and inference need, and the shapes that their auxiliary heads take in:

# %%
for make, size in ((gi.googlenet, 224), (gi.inception_v3, 299)):
    net = make()
    full, plain = (gi.summary(n, (1, 3, size, size)).trainable for n in (net, net.inference()))
    print(f"{make.__name__}: {full:,} in training, {plain:,} at inference")
    for row in gi.infer_shapes(net, (1, 3, size, size)).rows:
        if row.block.removeprefix("network.") in net.stages:
            print(f"    head at {row.block}, which gives {row.outputs[0][1:]}")

# %% [markdown]
# Nearly half of GoogLeNet's parameters are in heads that are thrown away. `net.inference()` is the
# plain net, with the same parameters; what it saves loads into any net of its kind.
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
# `AuxiliaryNet` has a graph for each mode, and the first call fills everything, whatever the mode:

# %%
net = gi.AuxiliaryNet({"low": nn.Dense(8)}, nn.Dense(3), {"low": nn.Dense(3)})
net.initialize(ctx=device)
net.hybridize()
print("inference:", net(images).shape)
with autograd.record():
    output = net(images)
print("training: ", output.prediction.shape, [one.shape for one in output.auxiliary])
print("inference:", net(images).shape)

# %% [markdown]
# ### Taking outputs by their place
#
# A question in PyTorch's forum began with `criterion(output, aux_output, target)`. A loss compares
# two things. Of three, it takes the auxiliary output for the label:

# %%
with attempt():
    softmax(output.prediction, output.auxiliary[0], labels)

# %% [markdown]
# Then `output, aux = model(x)` said *too many values to unpack*, for GoogLeNet has two auxiliary
# heads. (With `aux_logits=False` it says the same: there is one tensor, and its rows are unpacked.)
# The thread ends with `aux1, aux2, outputs = model(x)`. That runs, and is wrong. torchvision returns
# the final output first:

# %%
aux1, aux2, outputs = "logits", "aux_logits2", "aux_logits1"  # the order of torchvision
print("predicts with", outputs, "and gives the weight 0.3 to", aux1, "and", aux2)

# %% [markdown]
# Take outputs by name, and there is no order to remember: `output.prediction`. Here the counterpart
# of `aux_logits=False` is `net.inference()`.
#
# ### Freezing
#
# To fine-tune, you freeze the trunk of a trained net and make its last layers anew. `gi.reach` tells
# which losses still do anything.

# %%
net = nets[0]
gi.freeze(net, "^network.(low|middle|high)")
print("\n".join(str(gi.reach(net)).splitlines()[-6:]))

# %% [markdown]
# It can be seen in training, too. A new task: digits in five pairs, 0 and 1, 2 and 3, and so on. All
# last layers are new, the losses are added up with weight 0, 0.3, or 1.

# %%
pairs = (labels / 2).floor()


def values(net):
    found = net._collect_params_with_prefix()
    return {path: parameter.data(device).asnumpy() for path, parameter in found.items()}


# %%
def fine_tune(weight):
    net.network.head = nn.Dense(5)
    net.auxiliary.low, net.auxiliary.middle = nn.Dense(5), nn.Dense(5)
    before = values(gi.force_init(net, images[:1], seed=4, device=device))  # only what is new
    curve, after = fit(net, weight, 80, pairs), values(net)
    moved = [path for path in after if (after[path] != before[path]).any()]
    print(f"weight {weight}: moved", sorted({path.rpartition(".")[0] for path in moved}))
    return curve, after["network.head.weight"]


# %%
(curve, head), *others = [fine_tune(weight) for weight in (0, 0.3, 1)]
print("it works, twice as good as guessing one in five:", max(curve) > 0.4)
print("the final head is the same:", all(np.allclose(head, h, atol=1e-5) for _, h in others))

# %%
frozen.settle("no")

# %% [markdown]
# The auxiliary losses train their own heads, which are thrown away, and nothing else. To fine-tune
# from the middle stage on, freeze what is below it: one auxiliary loss is worth its time again.

# %%
gi.unfreeze(net, "^network.middle|^network.high")
gi.reach(net).idle

# %% [markdown]
# One thing in a frozen layer may move all the same: the running statistics of a BatchNorm. They have
# no gradient, and follow each batch. `BatchNorm(use_global_stats=True)` stops them. Here gamma and
# beta are frozen, and the layer below is trained:

# %%
small = nn.HybridSequential()
small.add(nn.Dense(3, in_units=4), nn.BatchNorm(in_channels=3))
small.initialize(ctx=device)
gi.freeze(small, "gamma|beta")
with autograd.record():
    total = small(nd.ones((8, 4), ctx=device)).sum()
total.backward()
print("moved:", bool(small[1].running_mean.data(device).abs().max().asscalar() > 0))

# %% [markdown]
# ### From a file
#
# A trunk that others have trained comes as a file, with heads for their classes: here ten digits.
# For five pairs three layers of it do not fit. MXNet refuses the whole file, and `allow_missing=True`
# does not help: nothing is missing.

# %%
import tempfile

folder = tempfile.TemporaryDirectory()
file = f"{folder.name}/ten_digits.params"
nets[1].save_parameters(file)

tuned = build(7)
tuned.network.head = nn.Dense(5)
tuned.auxiliary.low, tuned.auxiliary.middle = nn.Dense(5), nn.Dense(5)

# %%
with attempt():
    tuned.load_parameters(file, allow_missing=True)

# %% [markdown]
# `gi.load` takes the file without the layers that you name, or nothing at all. What was left out is
# new, and has to be initialized.

# %%
heads = ["network.head", "auxiliary.low", "auxiliary.middle"]
gi.load(tuned, file, skip=heads)
gi.force_init(tuned, images[:1], seed=4, device=device)  # only what is new

now, saved = values(tuned), values(nets[1])
same = [path for path in now if np.array_equal(now[path], saved[path])]
print(len(same), "of", len(now), "parameters are those of the file; the others:")
print(*[path for path in now if path not in same], sep="\n")

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
# **7.2 Measure.** Return the share of images which the net classifies right, between 0 and 1.


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
# **7.4 Predict.** The same without a net. The `stages` of a trunk follow one another, auxiliary
# heads sit at those in `heads`, and those in `frozen` are frozen: three lists of names. Return the
# names of the heads whose losses train nothing of the network.


# %%
def idle_heads(stages, heads, frozen):
    ### BEGIN SOLUTION
    return [name for name in heads if set(stages[: stages.index(name) + 1]) <= set(frozen)]
    ### END SOLUTION


check("7.4", idle_heads)

# %% [markdown]
# **7.5 Build.** `stages` has the names and blocks of a trunk. Return a net of them with a final head
# for `classes`, and an auxiliary head for as many at the stage that `place` names. It must be ready
# to be called, at inference first, and then in training.


# %%
def with_head(stages, place, classes):
    ### BEGIN SOLUTION
    net = gi.AuxiliaryNet(stages, nn.Dense(classes), {place: nn.Dense(classes)})
    net.initialize(ctx=gi.device())
    return net
    ### END SOLUTION


check("7.5", with_head)

# %% [markdown]
# ## Elsewhere
#
# | | in training | at inference | weights |
# |---|---|---|---|
# | **Gluon** | `gi.AuxiliaryNet`: `output.prediction`, `output.auxiliary` | the prediction | `gi.AuxiliaryLoss(loss, 0.3)` |
# | **torchvision** | `GoogLeNetOutputs(logits, aux_logits2, aux_logits1)`, `InceptionOutputs(logits, aux_logits)` | a tensor, after `net.eval()` | you add them up |
# | **Flax**, Linen and NNX | a `train` argument of your own, and a tuple | the same function, `train=False` | you add them up |
# | **Keras** | a `Model` with several outputs | another `Model` on the same layers | `compile(loss_weights=...)` |
#
# Checked with PyTorch 2.14, torchvision 0.29, Flax 0.12 and Keras 3.15.
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
