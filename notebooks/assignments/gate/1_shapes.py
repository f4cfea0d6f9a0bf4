"""Answers of synthetic students to assignment 1, for `gluon-init classroom gate`."""


# %% second: weight_shapes
def weight_shapes(units, width):
    shapes, before = [], width
    for count in units:
        shapes.append([count, before])
        before = count
    return tuple(shapes)


# %% wrong: weight_shapes: inputs before outputs
def weight_shapes(units, width):
    sizes = [width, *units]
    return list(zip(sizes[:-1], sizes[1:], strict=True))


# %% wrong: weight_shapes: every layer sees the data
def weight_shapes(units, width):
    return [(count, width) for count in units]


# %% wrong: weight_shapes: forgets the first layer
def weight_shapes(units, width):
    return [(units[i + 1], units[i]) for i in range(len(units) - 1)]


# %% wrong: weight_shapes: knows the examples only
def weight_shapes(units, width):
    return {1: [(5, 3)], 3: [(4, 9), (7, 4), (2, 7)]}.get(len(units), [])


# %% must fail: test_weight_shapes
check_weights(lambda units, width: [], [5], 3, [(5, 3)])


# %% second: flat_size
from math import floor


def flat_size(height, width, channels, kernel, padding, strides):
    def after(side):
        starts = range(-padding, side + padding - kernel + 1, strides)
        return floor(len(starts) / 2)

    return float(channels * after(height) * after(width))


# %% wrong: flat_size: forgets the padding
def flat_size(height, width, channels, kernel, padding, strides):
    sides = [((side - kernel) // strides + 1) // 2 for side in (height, width)]
    return channels * sides[0] * sides[1]


# %% wrong: flat_size: padding on one side only
def flat_size(height, width, channels, kernel, padding, strides):
    sides = [((side + padding - kernel) // strides + 1) // 2 for side in (height, width)]
    return channels * sides[0] * sides[1]


# %% wrong: flat_size: forgets the pooling
def flat_size(height, width, channels, kernel, padding, strides):
    sides = [(side + 2 * padding - kernel) // strides + 1 for side in (height, width)]
    return channels * sides[0] * sides[1]


# %% wrong: flat_size: rounds up
def flat_size(height, width, channels, kernel, padding, strides):
    sides = [-(-((side + 2 * padding - kernel) // strides + 1) // 2) for side in (height, width)]
    return channels * sides[0] * sides[1]


# %% wrong: flat_size: takes images for squares
def flat_size(height, width, channels, kernel, padding, strides):
    side = ((height + 2 * padding - kernel) // strides + 1) // 2
    return channels * side * side


# %% must fail: test_flat_size
check_flat_size(lambda height, width: height * width, 1176, height=7, width=11)


# %% second: deferred
def deferred(layers):
    waiting = {
        "Dense": ("in_units", ["weight"]),
        "Conv2D": ("in_channels", ["weight"]),
        "BatchNorm": ("in_channels", ["gamma", "beta", "running_mean", "running_var"]),
    }
    return {
        f"{i}.{name}"
        for i, layer in enumerate(layers)
        if waiting[layer["kind"]][0] not in layer
        for name in waiting[layer["kind"]][1]
    }


# %% wrong: deferred: biases wait, too
def deferred(layers):
    found = []
    for i, layer in enumerate(layers):
        if "in_units" not in layer and "in_channels" not in layer:
            names = ["gamma", "beta", "running_mean", "running_var"]
            names = names if layer["kind"] == "BatchNorm" else ["weight", "bias"]
            found += [f"{i}.{name}" for name in names]
    return found


# %% wrong: deferred: forgets the normalization
def deferred(layers):
    return [
        f"{i}.weight"
        for i, layer in enumerate(layers)
        if layer["kind"] != "BatchNorm" and not {"in_units", "in_channels"} & layer.keys()
    ]


# %% wrong: deferred: all weights wait
def deferred(layers):
    return [f"{i}.weight" for i, layer in enumerate(layers) if layer["kind"] != "BatchNorm"]


# %% wrong: deferred: only the first layer waits
def deferred(layers):
    known = {"in_units", "in_channels"} & layers[0].keys()
    return [] if known else ["0.weight"]


# %% must fail: test_deferred
check_deferred(lambda layers: ["0.bias"], [{"kind": "Dense", "units": 3}])


# %% second: mended_widths
def mended_widths():
    class Mended(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.see, self.pool = nn.Conv2D(4, kernel_size=3), nn.MaxPool2D(2)
            self.tell = nn.Dense(10)

        def hybrid_forward(self, F, x):
            return self.tell(self.pool(F.relu(self.see(x))))

    return Mended()


# %% wrong: mended_widths: another number that fits one size
def mended_widths():
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, 3, activation="relu"), nn.MaxPool2D(2), nn.Dense(10, in_units=4 * 9 * 9))
    return net


# %% wrong: mended_widths: leaves the convolution out
def mended_widths():
    net = nn.HybridSequential()
    net.add(nn.MaxPool2D(2), nn.Dense(10))
    return net


# %% wrong: mended_widths: returns the broken net
def mended_widths():
    return widths_do_not_meet()


# %% wrong: mended_widths: returns nothing
def mended_widths():
    net = nn.HybridSequential()
    net.add(nn.Conv2D(4, kernel_size=3, activation="relu"), nn.MaxPool2D(2), nn.Dense(10))


# %% must fail: test_mended_widths
check_sizes(lambda: nn.Dense(3), (2, 3, 8, 8))


# %% second: mended_hidden
class Found(nn.HybridBlock):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.a, self.b, self.c = nn.Conv2D(4, 3), nn.Conv2D(5, 3), nn.Dense(10)

    def hybrid_forward(self, F, x):
        return self.c(F.relu(self.b(F.relu(self.a(x)))))


# %% wrong: mended_hidden: a tuple is no better than a list
class Found(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.layers = (nn.Conv2D(4, 3), nn.Conv2D(5, 3))
        self.last = nn.Dense(10)

    def hybrid_forward(self, F, x):
        for layer in self.layers:
            x = F.relu(layer(x))
        return self.last(x)


# %% wrong: mended_hidden: forgets the activations
class Found(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.layers = nn.HybridSequential()
        self.layers.add(nn.Conv2D(4, 3), nn.Conv2D(5, 3), nn.Dense(10))

    def hybrid_forward(self, F, x):
        return self.layers(x)


# %% wrong: mended_hidden: one convolution twice
class Found(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2D(4, 3, activation="relu"), nn.Dense(10)

    def hybrid_forward(self, F, x):
        return self.last(self.conv(x))


# %% must fail: test_mended_hidden
check_found(nn.Flatten, (2, 3, 9, 9))


# %% second: mended_forgotten
class Reached(nn.HybridSequential):
    def __init__(self):
        super().__init__()
        self.add(nn.Conv2D(4, 3), nn.BatchNorm(), nn.Activation("relu"), nn.Dense(10))


# %% wrong: mended_forgotten: takes the normalization out
class Reached(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2D(4, 3), nn.Dense(10)

    def hybrid_forward(self, F, x):
        return self.last(F.relu(self.first(x)))


# %% wrong: mended_forgotten: after the relu
class Reached(nn.HybridSequential):
    def __init__(self):
        super().__init__()
        self.add(nn.Conv2D(4, 3, activation="relu"), nn.BatchNorm(), nn.Dense(10))


# %% wrong: mended_forgotten: tells the layer its channels
class Reached(nn.HybridBlock):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = (
            nn.Conv2D(4, 3),
            nn.BatchNorm(in_channels=4),
            nn.Dense(10),
        )

    def hybrid_forward(self, F, x):
        return self.last(F.relu(self.first(x)))


# %% must fail: test_mended_forgotten
check_reached(lambda: nn.Dense(10), (4, 3))


# %% second: explain
# A weight is drawn as a whole, and without the number of inputs nobody knows how many numbers that
# is. So Gluon remembers what it was asked to do. The first batch says the width; then it is done,
# once. The bias did not have to wait. Who guesses wrongly meets an error at the first batch.
