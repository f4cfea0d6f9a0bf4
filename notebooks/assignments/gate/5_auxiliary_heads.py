"""Answers of synthetic students to assignment 5, for `gluon-init classroom gate`."""


# %% second: two_heads
class TwoHeads(nn.HybridBlock):
    def __init__(self, width, classes, **settings):
        super().__init__(**settings)
        with self.name_scope():
            self.below = nn.HybridSequential()
            self.below.add(nn.Dense(width), nn.Activation("tanh"))
            self.above = nn.HybridSequential()
            self.above.add(nn.Dense(width, activation="tanh"), nn.Dense(classes))
            self.helper = nn.Dense(classes)

    def hybrid_forward(self, F, x):
        x = self.below(x)
        if not autograd.is_training():
            return self.above(x)
        return [self.above(x), self.helper(x)]


# %% wrong: two_heads: two outputs always
class TwoHeads(gluon.Block):
    def __init__(self, width, classes):
        super().__init__()
        self.trunk, self.deeper = (
            nn.Dense(width, activation="tanh"),
            nn.Dense(width, activation="tanh"),
        )
        self.final, self.auxiliary = nn.Dense(classes), nn.Dense(classes)

    def forward(self, x):
        halfway = self.trunk(x)
        return self.final(self.deeper(halfway)), self.auxiliary(halfway)


# %% wrong: two_heads: both heads at the end
class TwoHeads(gluon.Block):
    def __init__(self, width, classes):
        super().__init__()
        self.trunk, self.deeper = (
            nn.Dense(width, activation="tanh"),
            nn.Dense(width, activation="tanh"),
        )
        self.final, self.auxiliary = nn.Dense(classes), nn.Dense(classes)

    def forward(self, x):
        x = self.deeper(self.trunk(x))
        return (self.final(x), self.auxiliary(x)) if autograd.is_training() else self.final(x)


# %% wrong: two_heads: auxiliary first
class TwoHeads(gluon.Block):
    def __init__(self, width, classes):
        super().__init__()
        self.trunk, self.deeper = (
            nn.Dense(width, activation="tanh"),
            nn.Dense(width, activation="tanh"),
        )
        self.final, self.auxiliary = nn.Dense(classes), nn.Dense(classes)

    def forward(self, x):
        halfway = self.trunk(x)
        final = self.final(self.deeper(halfway))
        return (self.auxiliary(halfway), final) if autograd.is_training() else final


# %% wrong: two_heads: asks whether it is recorded
class TwoHeads(gluon.Block):
    def __init__(self, width, classes):
        super().__init__()
        self.trunk, self.deeper = (
            nn.Dense(width, activation="tanh"),
            nn.Dense(width, activation="tanh"),
        )
        self.final, self.auxiliary = nn.Dense(classes), nn.Dense(classes)

    def forward(self, x):
        halfway = self.trunk(x)
        final = self.final(self.deeper(halfway))
        return (final, self.auxiliary(halfway)) if autograd.is_recording() else final


# %% must fail: test_two_heads
check_layers(type("Flat", (nn.Dense,), {"forward": None}), 3, 2, 4)


# %% second: total_loss
def total_loss(outputs, labels, weight=0.3):
    heads = [outputs] if not isinstance(outputs, (list, tuple)) else outputs
    total = 0
    for factor, scores in zip((1, weight), heads):
        total = total - factor * nd.pick(nd.log_softmax(scores), labels).mean()
    return total


# %% wrong: total_loss: adds them as they are
def total_loss(outputs, labels, weight=0.3):
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    heads = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return sum(loss(scores, labels).mean() for scores in heads)


# %% wrong: total_loss: a weighted mean
def total_loss(outputs, labels, weight=0.3):
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    if isinstance(outputs, nd.NDArray):
        return loss(outputs, labels).mean()
    final, auxiliary = outputs
    return (1 - weight) * loss(final, labels).mean() + weight * loss(auxiliary, labels).mean()


# %% wrong: total_loss: sums over the batch
def total_loss(outputs, labels, weight=0.3):
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    if isinstance(outputs, nd.NDArray):
        return loss(outputs, labels).sum()
    final, auxiliary = outputs
    return loss(final, labels).sum() + weight * loss(auxiliary, labels).sum()


# %% wrong: total_loss: for a pair only
def total_loss(outputs, labels, weight=0.3):
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    return loss(outputs[0], labels).mean() + weight * loss(outputs[1], labels).mean()


# %% must fail: test_total_loss
check_loss(lambda outputs, labels, weight: 9.0, [[1, 2]], [[2, 1]], [0], 0.5)


# %% second: accuracy
def accuracy(outputs, labels):
    metric = mx.metric.Accuracy()
    metric.update([labels], [outputs[0] if isinstance(outputs, (list, tuple)) else outputs])
    return metric.get()[1]


# %% wrong: accuracy: of both heads together
def accuracy(outputs, labels):
    heads = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return sum((one.argmax(axis=1) == labels).mean().asscalar() for one in heads) / len(heads)


# %% wrong: accuracy: of the last output
def accuracy(outputs, labels):
    scores = outputs[-1] if isinstance(outputs, (list, tuple)) else outputs
    return (scores.argmax(axis=1) == labels).mean().asscalar()


# %% wrong: accuracy: in percent
def accuracy(outputs, labels):
    scores = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
    return 100 * (scores.argmax(axis=1) == labels).mean().asscalar()


# %% wrong: accuracy: takes an array for a pair
def accuracy(outputs, labels):
    return (outputs[0].argmax(axis=-1) == labels).mean().asscalar()


# %% must fail: test_accuracy
check_accuracy(lambda outputs, labels: 0.4, [[1, 2]], [[2, 1]], [1], 1.0)


# %% second: train
def train(symbol, data, labels, epochs):
    arguments = symbol.list_arguments()
    module = mx.mod.Module(
        symbol,
        data_names=[name for name in arguments if name in data],
        label_names=[name for name in arguments if name in labels],
    )
    batches = mx.io.NDArrayIter(data, labels, batch_size=16)
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(mx.init.Uniform(0.3))
    module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.1})
    for _ in range(epochs):
        batches.reset()
        for batch in batches:
            module.forward_backward(batch)
            module.update()
    return module


# %% wrong: train: names one label, as before
def train(symbol, data, labels, epochs):
    return broken(symbol, data, labels, epochs)


# %% wrong: train: names the labels of the example
def train(symbol, data, labels, epochs):
    batches = mx.io.NDArrayIter(data, labels, batch_size=16)
    module = mx.mod.Module(symbol, data_names=list(data), label_names=["target", "aux"])
    module.fit(
        batches, num_epoch=epochs, eval_metric="rmse", optimizer_params={"learning_rate": 0.1}
    )
    return module


# %% wrong: train: an initializer for every name
class Anything(mx.init.Xavier):
    def _init_default(self, name, array):
        array[:] = 0


def train(symbol, data, labels, epochs):
    first = next(iter(labels))
    batches = mx.io.NDArrayIter(data, labels, batch_size=16)
    module = mx.mod.Module(symbol, data_names=list(data), label_names=[first])
    module.fit(batches, num_epoch=epochs, eval_metric="rmse", initializer=Anything())
    return module


# %% wrong: train: forgets the helper's label
def train(symbol, data, labels, epochs):
    name, values = next(iter(labels.items()))
    batches = mx.io.NDArrayIter(data, {name: values}, batch_size=16)
    module = mx.mod.Module(symbol, data_names=list(data), label_names=list(labels))
    module.fit(
        batches, num_epoch=epochs, eval_metric="rmse", optimizer_params={"learning_rate": 0.1}
    )
    return module


# %% wrong: train: trains the main head only
def train(symbol, data, labels, epochs):
    name, values = next(iter(labels.items()))
    batches = mx.io.NDArrayIter(data, {name: values}, batch_size=16)
    module = mx.mod.Module(symbol["main_output"], data_names=list(data), label_names=[name])
    module.fit(
        batches, num_epoch=epochs, eval_metric="rmse", optimizer_params={"learning_rate": 0.1}
    )
    return module


# %% must fail: test_train
check_training(lambda *arguments: None, {"a": 1, "b": 2})


# %% second: explain
# Module sorts variables by the names it is given, and what is in neither list is a weight to it.
# The name aux has no ending that the initializer knows. With another name or an init it would have
# been drawn and saved like a weight, quietly. So: label_names. For predictions the final head is
# enough, and its numbers do not change when the other one is left out.
