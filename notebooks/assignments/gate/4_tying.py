"""Answers of synthetic students to assignment 4, for `gluon-init classroom gate`."""


# %% second: language_model
class LanguageModel(gluon.Block):
    def __init__(self, vocabulary, width, **settings):
        super().__init__(**settings)
        with self.name_scope():
            self.table = self.params.get("table", shape=(vocabulary, width))
            self.bias = self.params.get("bias", shape=(vocabulary,), init="zeros")
            self.middle = nn.Dense(width, in_units=width, flatten=False)

    def forward(self, tokens):
        table = self.table.data()
        hidden = nd.tanh(self.middle(nd.take(table, tokens)))
        return nd.dot(hidden, table, transpose_b=True) + self.bias.data()


# %% wrong: language_model: two tables
class LanguageModel(nn.HybridBlock):
    def __init__(self, vocabulary, width):
        super().__init__()
        with self.name_scope():
            self.look_up = nn.Embedding(vocabulary, width)
            self.think = nn.Dense(width, activation="tanh", flatten=False)
            self.compare = nn.Dense(vocabulary, flatten=False)

    def hybrid_forward(self, F, tokens):
        return self.compare(self.think(self.look_up(tokens)))


# %% wrong: language_model: flattens the time away
class LanguageModel(nn.HybridBlock):
    def __init__(self, vocabulary, width):
        super().__init__()
        with self.name_scope():
            self.look_up = nn.Embedding(vocabulary, width)
            self.think = nn.Dense(width, activation="tanh")
            self.compare = nn.Dense(vocabulary, in_units=width, params=self.look_up.params)

    def hybrid_forward(self, F, tokens):
        return self.compare(self.think(self.look_up(tokens)))


# %% wrong: language_model: equal tables, once
class LanguageModel(gluon.Block):
    def __init__(self, vocabulary, width):
        super().__init__()
        with self.name_scope():
            self.look_up = nn.Embedding(vocabulary, width)
            self.think = nn.Dense(width, activation="tanh", flatten=False)
            self.compare = nn.Dense(vocabulary, in_units=width, flatten=False)
        self.begun = False

    def forward(self, tokens):
        if not self.begun:
            self.compare.weight.set_data(self.look_up.weight.data())
            self.begun = True
        return self.compare(self.think(self.look_up(tokens)))


# %% wrong: language_model: without the layer between
class LanguageModel(nn.HybridBlock):
    def __init__(self, vocabulary, width):
        super().__init__()
        with self.name_scope():
            self.look_up = nn.Embedding(vocabulary, width)
            shared = self.look_up.params
            self.compare = nn.Dense(vocabulary, in_units=width, flatten=False, params=shared)

    def hybrid_forward(self, F, tokens):
        return self.compare(self.look_up(tokens))


# %% must fail: test_language_model
check_shape(nn.Dense, 9, 4, 2, 5)


# %% second: count_numbers
def count_numbers(net):
    from pathlib import Path

    net.save_parameters("count.params", deduplicate=True)
    count = sum(array.size for array in nd.load("count.params").values())
    Path("count.params").unlink()
    return float(count)


# %% wrong: count_numbers: ties counted for each layer
def count_numbers(net):
    net.save_parameters("all.params")
    return sum(array.size for array in nd.load("all.params").values())


# %% wrong: count_numbers: equal values taken for one
def count_numbers(net):
    arrays = {
        one.data().asnumpy().tobytes(): one.data().size for one in net.collect_params().values()
    }
    return sum(arrays.values())


# %% wrong: count_numbers: only what is trained
def count_numbers(net):
    return sum(one.data().size for one in net.collect_params().values() if one.grad_req != "null")


# %% wrong: count_numbers: asks the library
def count_numbers(net):
    return gi.summary(net).total


# %% wrong: count_numbers: counts arrays
def count_numbers(net):
    return len(net.collect_params().keys())


# %% must fail: test_count_numbers
check_count(lambda net: 1, twins(4), 20, "for a wrong function")


# %% second: contributions
def contributions(table, tokens, following):
    def gradient(which):
        tables = [table.copy(), table.copy()]
        tables[which].attach_grad()
        with autograd.record():
            loss = loss_of(*tables, tokens, following)
        loss.backward()
        return tables[which].grad.asnumpy()

    return [gradient(0), gradient(1)]


# %% wrong: contributions: the whole gradient twice
def contributions(table, tokens, following):
    table = table.copy()
    table.attach_grad()
    with autograd.record():
        loss = loss_of(table, table, tokens, following)
    loss.backward()
    return table.grad, table.grad


# %% wrong: contributions: half of it for each
def contributions(table, tokens, following):
    table = table.copy()
    table.attach_grad()
    with autograd.record():
        loss = loss_of(table, table, tokens, following)
    loss.backward()
    return table.grad / 2, table.grad / 2


# %% wrong: contributions: in the wrong order
def contributions(table, tokens, following):
    look_up, compare = table.copy(), table.copy()
    look_up.attach_grad()
    compare.attach_grad()
    with autograd.record():
        loss = loss_of(look_up, compare, tokens, following)
    loss.backward()
    return compare.grad, look_up.grad


# %% wrong: contributions: forgets to copy
def contributions(table, tokens, following):
    look_up, compare = table, table
    look_up.attach_grad()
    compare.attach_grad()
    with autograd.record():
        loss = loss_of(look_up, compare, tokens, following)
    loss.backward()
    return look_up.grad, compare.grad


# %% must fail: test_contributions
check_sum(lambda table, *words: (table * 0, table * 0), table + 1, tokens, following)


# %% second: save_and_restore
def save(net, path):
    parameters = {id(one): one.data() for one in net.collect_params().values()}
    nd.save(path, list(parameters.values()))


def restore(make, path):
    net = make()
    net.initialize()
    for parameter, values in zip(net.collect_params().values(), nd.load(path), strict=True):
        parameter.set_data(values)
    return net


# %% wrong: save_and_restore: each number for each layer
def save(net, path):
    net.save_parameters(path)


def restore(make, path):
    net = make()
    net.load_parameters(path)
    return net


# %% wrong: save_and_restore: initializes again
def save(net, path):
    net.save_parameters(path, deduplicate=True)


def restore(make, path):
    net = make()
    net.load_parameters(path)
    net.initialize(mx.init.Normal(0.7), force_reinit=True)
    return net


# %% wrong: save_and_restore: by names that count up
def save(net, path):
    net.collect_params().save(path)


def restore(make, path):
    net = make()
    net.collect_params().load(path)
    return net


# %% wrong: save_and_restore: forgets to give the net
def save(net, path):
    net.save_parameters(path, deduplicate=True)


def restore(make, path):
    net = make()
    net.load_parameters(path)


# %% must fail: test_save_and_restore
check_checkpoint(lambda net, path: None, lambda make, path: make(), 3, 2)


# %% second: advise
# After loading there is one table with the second set of numbers, since the later entry
# overwrites the earlier one and only names and shapes are compared. Tie first, choose one of the
# two, train again. The gradient is the sum over the uses and is right as it is. I would ask
# whether one weight is the other, with `is`.
