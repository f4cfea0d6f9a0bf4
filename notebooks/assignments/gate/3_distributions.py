"""Answers of synthetic students to assignment 3, for `gluon-init classroom gate`."""


# %% second: variance
def variance(pieces):
    centre = sum(share * (low + high) for low, high, share in pieces) / 2
    return sum(
        share * ((high - low) ** 2 / 12 + ((low + high) / 2 - centre) ** 2)
        for low, high, share in pieces
    )


# %% wrong: variance: forgets the mean
def variance(pieces):
    return sum(share * (low**2 + low * high + high**2) / 3 for low, high, share in pieces)


# %% wrong: variance: the mean of the pieces' variances
def variance(pieces):
    return sum(share * (high - low) ** 2 / 12 for low, high, share in pieces)


# %% wrong: variance: forgets the shares
def variance(pieces):
    mean = sum((low + high) / 2 for low, high, _ in pieces) / len(pieces)
    squares = sum((low**2 + low * high + high**2) / 3 for low, high, _ in pieces) / len(pieces)
    return squares - mean**2


# %% wrong: variance: the standard deviation
def variance(pieces):
    mean = sum(share * (low + high) / 2 for low, high, share in pieces)
    squares = sum(share * (low**2 + low * high + high**2) / 3 for low, high, share in pieces)
    return (squares - mean**2) ** 0.5


# %% must fail: test_variance
check_variance(lambda pieces: 9.0, [(0, 1, 1.0)], 1 / 12)


# %% second: spread
def spread(shape, slope):
    products = 1
    for side in shape[1:]:
        products *= side
    kept = (1 + slope * slope) / 2
    return nd.array([1 / (products * kept)]).sqrt()


# %% wrong: spread: outputs for inputs
def spread(shape, slope):
    return (2 / (1 + slope**2) / shape[0]) ** 0.5


# %% wrong: spread: forgets the kernel
def spread(shape, slope):
    return (2 / (1 + slope**2) / shape[1]) ** 0.5


# %% wrong: spread: a relu always
def spread(shape, slope):
    return (2 / np.prod(shape[1:])) ** 0.5


# %% wrong: spread: the variance
def spread(shape, slope):
    return 2 / (1 + slope**2) / np.prod(shape[1:])


# %% wrong: spread: Xavier
def spread(shape, slope):
    area = np.prod(shape[2:])
    return (2 / (area * (shape[0] + shape[1]))) ** 0.5


# %% must fail: test_spread
check_spread(lambda shape, slope: 3.0, (2, 2), 1, 0.5)


# %% second: triangle
class Triangle(mx.init.Initializer):
    def __init__(self, width=1.0):
        super().__init__(width=width)
        self._width = width

    def _init_weight(self, name, array):
        share = nd.random.uniform(shape=array.shape, ctx=array.context)
        left = (2 * share).sqrt() - 1
        right = 1 - (2 * (1 - share)).sqrt()
        nd.where(share < 0.5, left, right).copyto(array)
        array *= self._width


# %% wrong: triangle: uniform
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        nd.random.uniform(-self.width, self.width, out=array)


# %% wrong: triangle: twice too wide
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        shape = array.shape
        array[:] = nd.random.uniform(-self.width, self.width, shape=shape) + nd.random.uniform(
            -self.width, self.width, shape=shape
        )


# %% wrong: triangle: one number twice
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        half = nd.random.uniform(-self.width / 2, self.width / 2, shape=array.shape)
        array[:] = half + half


# %% wrong: triangle: a normal law with this spread
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        drawn = nd.random.normal(0, self.width / 6**0.5, shape=array.shape)
        array[:] = drawn.clip(-self.width, self.width)


# %% wrong: triangle: NumPy's own generator
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        array[:] = np.random.triangular(-self.width, 0, self.width, array.shape)


# %% wrong: triangle: gives it back
class Triangle(mx.init.Initializer):
    def __init__(self, width):
        super().__init__(width=width)
        self.width = width

    def _init_weight(self, _, array):
        half = self.width / 2
        shape = array.shape
        return nd.random.uniform(-half, half, shape=shape) + nd.random.uniform(
            -half, half, shape=shape
        )


# %% must fail: test_triangle
check_triangle(type("Zero", (mx.init.Zero,), {"_init_weight": None}), 1, (30, 20), 3)


# %% second: width_for
def width_for(law, deviation):
    if law == "coin":
        return deviation
    variance_of_width_one = 1 / 3 if law == "uniform" else 1 / 6
    return deviation / variance_of_width_one**0.5


# %% wrong: width_for: forgets the root
def width_for(law, deviation):
    return {"uniform": 3, "triangle": 6, "coin": 1}[law] * deviation


# %% wrong: width_for: from end to end
def width_for(law, deviation):
    return {"uniform": 12**0.5, "triangle": 24**0.5, "coin": 2}[law] * deviation


# %% wrong: width_for: takes the deviation for the variance
def width_for(law, deviation):
    return ({"uniform": 3, "triangle": 6, "coin": 1}[law] * deviation) ** 0.5


# %% must fail: test_width_for
check_width(lambda law, deviation: 9.0, "coin", 1, 1)


# %% second: defend
# Two over the number of inputs, since a relu keeps half of the mean square. The default loses a
# factor of 0.4 in each layer, Xavier one of 0.7, mine none. Gradients are not in the picture.
