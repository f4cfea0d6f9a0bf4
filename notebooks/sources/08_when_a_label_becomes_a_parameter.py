# %% [markdown]
# # 8 · When a label becomes a parameter
#
# Somebody adds a second loss to a working program, for an auxiliary head. MXNet answers: *Unknown
# initialization pattern for aux*. But `aux` is a label. **Why would anyone initialize a label? And
# why does the remedy that the message proposes make it worse?**
#
# After this lesson you can
#
# - say what Module takes each argument of a symbol for;
# - tell the four cases of a second label apart, and know the one that fails in silence;
# - say which outputs a metric compares with which labels, and measure one head alone.
#
# It builds on [lesson 7](07_auxiliary_heads.ipynb). Module is MXNet's interface from before Gluon;
# many programs still use it. About 20 minutes.

# %%
import warnings

import gluon_init as gi  # makes MXNet importable: always first
from gluon_init.course import attempt, check, hint, predict

import mxnet as mx
import numpy as np

device = gi.device()
warnings.simplefilter("ignore")  # Module warns of names; we look at the names ourselves

# %% [markdown]
# ## Guess
#
# In Module a label is a variable of the graph, like data and weights. The iterator supplies arrays by
# name, and `label_names` tells Module which names are labels.

# %%
declared = predict(
    "The iterator supplies both labels, 'target' and 'aux'. Module is given "
    "label_names=['target']. Does it train, or fail?",
    ...,  # your guess: "train" or "fail"
)
declared

# %%
remedied = predict(
    "Now aux = mx.sym.var('aux', init=mx.init.Normal()), as the message proposes, and the "
    "iterator has forgotten aux. Does training on the main head's metric notice? yes or no",
    ...,  # your guess
)
remedied

# %% [markdown]
# ## Run
#
# ### The program
#
# A trunk, a main head, an auxiliary head half-way. Each has a regression loss with a label. In a
# symbol a label is a variable like any other: the graph does not say that it is one.


# %%
def network(**aux):
    data = mx.sym.var("data")
    trunk = mx.sym.FullyConnected(data, num_hidden=10, name="trunk")
    helper = mx.sym.FullyConnected(trunk, num_hidden=1, name="helper_fc")
    deeper = mx.sym.FullyConnected(mx.sym.tanh(trunk), num_hidden=10, name="deeper")
    main = mx.sym.FullyConnected(mx.sym.tanh(deeper), num_hidden=1, name="main_fc")
    target, label = mx.sym.var("target"), mx.sym.var("aux", **aux)
    return mx.sym.Group([
        mx.sym.LinearRegressionOutput(main, target, name="main"),
        mx.sym.LinearRegressionOutput(helper, label, name="helper"),
    ])  # fmt: skip


# %%
def batches(*labels):
    values = {"target": np.ones((64, 1)), "aux": np.full((64, 1), 5.0)}
    chosen = {name: values[name] for name in labels}
    return mx.io.NDArrayIter({"data": np.ones((64, 10))}, chosen, batch_size=16)


def fit(symbol, label_names, data, metric="rmse", epochs=1):
    module = mx.mod.Module(symbol, label_names=label_names, context=device)
    module.fit(data, num_epoch=epochs, eval_metric=metric, initializer=gi.Seeded("xavier", 8))
    return module


# %% [markdown]
# ### The error

# %%
with attempt() as failed:
    fit(network(), ["target"], batches("target", "aux"))

# %%
declared.settle("fail")

# %% [markdown]
# The data for `aux` was there, and it did not matter. `gi.explain` looks at the module:

# %%
print(gi.explain(failed.error))

# %% [markdown]
# ### Before `fit`
#
# `gi.check_labels` tells what Module will take each argument for, without running anything.

# %%
gi.check_labels(network(), ["data"], ["target"], batches("target", "aux"))

# %% [markdown]
# ### The mend
#
# Declare both labels, and supply both.

# %%
module = fit(network(), ["target", "aux"], batches("target", "aux"))
print(*sorted(module.get_params()[0]), sep="\n")

# %% [markdown]
# Eight parameters, no label among them.
#
# ### Four cases
#
# Declared or not, supplied or not:

# %%
for names in (["target", "aux"], ["target"]):
    for supplied in (["target", "aux"], ["target"]):
        print(f"declared {', '.join(names)}; supplied {', '.join(supplied)}:")
        with attempt():
            fit(network(), names, batches(*supplied))

# %% [markdown]
# What is declared must be supplied, and what is a label must be declared. In the second case the
# *metric* complains: it has two outputs to measure, and one label.
#
# ### One label for both heads
#
# If both heads shall learn the same, they can share the variable. Then there is one label, and it
# is declared.


# %%
def shared_label():
    data, target = mx.sym.var("data"), mx.sym.var("target")
    trunk = mx.sym.FullyConnected(data, num_hidden=10, name="trunk")
    heads = [
        mx.sym.LinearRegressionOutput(
            mx.sym.FullyConnected(trunk, num_hidden=1, name=f"{name}_fc"), target, name=name
        )
        for name in ("main", "helper")
    ]
    return mx.sym.Group(heads)


# %%
with attempt():
    fit(shared_label(), ["target"], batches("target"))

# %% [markdown]
# The initialization went through, and the metric fails again: it wants a label for each output,
# and there are two outputs. Which brings us to what is measured.
#
# ## Look
#
# The metric takes outputs and labels in order. The outputs come in the order of the symbol. The
# labels come in the order of the iterator, and `NDArrayIter` sorts them by name.

# %%
report = gi.check_labels(network(), ["data"], ["target", "aux"], batches("target", "aux"))
report.plot()

# %% [markdown]
# `main_output` is compared with `aux`, although it is trained on `target`. Both labels are declared,
# everything trains as it should, and the number that is reported is wrong. Main should come close
# to 1, helper to 5:

# %%
both = batches("target", "aux")
module = fit(network(), ["target", "aux"], both, epochs=30)
main, helper = (out.asnumpy() for out in module.predict(both))
print("outputs:", main.mean().round(1), helper.mean().round(1))
print("metric of all outputs:", round(dict(module.score(both, "rmse"))["rmse"], 1))

# %% [markdown]
# The metric says that both are 4 off. `gi.head_metric` measures one output with its own label:

# %%
for output, label in (("main_output", "target"), ("helper_output", "aux")):
    metric = gi.head_metric("rmse", output, label)
    name, value = module.score(both, metric)[0]
    print(f"{name}: below 0.1: {value < 0.1}")

# %% [markdown]
# ## Why
#
# A symbol has *arguments*: all variables that no operator computes. Module sorts them by the names
# that you give it:
#
# | the argument is in | Module takes it for | filled by |
# |---|---|---|
# | `data_names` | data | the iterator, each batch |
# | `label_names` | a label | the iterator, each batch |
# | neither | **a parameter** | the initializer, once; then the optimizer |
#
# `aux` was in neither. The initializer was asked to fill it. Module's initializers go by the ending
# of the name, weight, bias, gamma, beta, and `aux` ends in none of them: that is the message. (The
# running statistics of a batch normalization are called *auxiliary states*. They have nothing to
# do with it.)
#
# In Gluon this cannot happen: labels never enter the net. The loss is computed outside, and
# parameters are objects, not names. The same program in Gluon:

# %%
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

trunk, deeper = nn.Dense(10), nn.HybridSequential()
deeper.add(nn.Activation("tanh"), nn.Dense(10, activation="tanh"))
twin = gi.AuxiliaryNet({"trunk": trunk, "deeper": deeper}, nn.Dense(1), {"trunk": nn.Dense(1)})
x, target, aux = (nd.full(shape, v, ctx=device) for shape, v in
                  (((16, 10), 1), ((16, 1), 1), ((16, 1), 5)))  # fmt: skip
twin = gi.force_init(twin, x, init=mx.init.Xavier(), seed=8, device=device)

# %%
loss = gi.AuxiliaryLoss(gluon.loss.L2Loss(), 1)
trainer = gluon.Trainer(twin.collect_params(), "sgd", {"learning_rate": 0.05})
for _ in range(200):
    with autograd.record():
        total = loss(twin(x), target, aux)
    total.backward()
    trainer.step(16)

with autograd.record():
    output = twin(x)
print([float(one.mean().asscalar().round(1)) for one in (output.prediction, *output.auxiliary)])

# %% [markdown]
# Two labels, two losses, and no name that could be taken for another.
#
# ## Trap
#
# The message proposes `mx.sym.Variable(init=...)`, and the forum's author tried it: "It works."

# %%
module = fit(network(init=mx.init.Normal()), ["target"], batches("target", "aux"))
print(*sorted(module.get_params()[0]), sep="\n")

# %% [markdown]
# Look at the first name. There is no error, and `aux` is a weight of the model now. What does it
# hold?

# %%
aux = module.get_params()[0]["aux"].asnumpy()
print(aux.shape, set(aux.ravel().tolist()))

# %% [markdown]
# One number for each example of a batch of 16: the labels of the last batch. Each batch of the
# iterator overwrites them, so the training was right. It is the rest that is wrong. The labels are
# saved with the weights, and with another batch size the file does not fit any more. And what if
# the iterator does not have them?

# %%
main_only = gi.head_metric("rmse", "main_output", "target")
forgot = batches("target")
module = fit(network(init=mx.init.Normal()), ["target"], forgot, metric=main_only, epochs=30)
main, helper = (out.asnumpy() for out in module.predict(forgot))
print("outputs:", main.mean().round(1), abs(helper.mean()).round(1))

# %%
remedied.settle("no")

# %% [markdown]
# No error. The helper should come close to 5 and learned 0: the small random numbers that the
# initializer drew in place of labels. `gi.check_labels` sees both coming:

# %%
import textwrap

for name, data in (("supplied", both), ("forgotten", forgot)):
    report = gi.check_labels(network(init=mx.init.Normal()), ["data"], ["target"], data)
    problem = next(row.problem for row in report.rows if row.argument == "aux")
    print(textwrap.fill(f"{name}: {problem}", 88))

# %% [markdown]
# ## Your turn
#
# **8.1 Predict.** What becomes of a second label, `aux`? `declared`: it is in `label_names`.
# `supplied`: the iterator has it. `init`: its variable was given `init=`. `fit` is called with
# `eval_metric="rmse"`, the metric of *all* outputs. Return `"fails"` if it raises, `"silent"` if the
# label becomes a weight without an error, `"trains"` if all is well.


# %%
def outcome(declared, supplied, init):
    ### BEGIN SOLUTION
    if not supplied:
        return "fails"
    if declared:
        return "trains"
    return "silent" if init else "fails"
    ### END SOLUTION


check("8.1", outcome)

# %% [markdown]
# **8.2 Mend.** `symbol` has one input, `data`, and several losses with labels. Return the
# `label_names` that Module needs for it.


# %%
def needed_labels(symbol):
    ### BEGIN SOLUTION
    rows = gi.check_labels(symbol, ["data"], []).rows
    return [row.argument for row in rows if row.role == "label"]
    ### END SOLUTION


check("8.2", needed_labels)

# %% [markdown]
# **8.3 Measure.** Return a metric, the mean squared error, that compares the output of the loss
# called `head` with `label` alone.


# %%
def one_head(head, label):
    ### BEGIN SOLUTION
    return gi.head_metric("mse", f"{head}_output", label)
    ### END SOLUTION


check("8.3", one_head)

# %% [markdown]
# ## Elsewhere
#
# | | where labels enter | can a label become a parameter |
# |---|---|---|
# | **MXNet Module** | as variables of the graph | yes, if its name is not declared |
# | **Gluon** | outside the net, in the loss | no |
# | **PyTorch** | outside the module, in the loss | only if you wrap it in `nn.Parameter` |
# | **Flax**, Linen and NNX | as an argument of the loss function | only if you put it among the parameters |
# | **Keras** | as `y` of `fit`, or as outputs by name | no |
#
# Checked with PyTorch 2.14, Flax 0.12 and Keras 3.15.
#
# ## Recap
#
# You can now
#
# - sort a symbol's arguments as Module does: data, label, and everything else;
# - mend the error by declaring and supplying the label, and not by `init=`;
# - say which output is compared with which label, and measure one head by name.
#
# Next: [lesson 9](09_why_the_numbers_matter.ipynb), what the drawn numbers do to a deep net.
