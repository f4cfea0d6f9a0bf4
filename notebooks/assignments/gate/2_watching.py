"""Answers of synthetic students to assignment 2, for `gluon-init classroom gate`."""


# %% second: tracer
class Tracer(mx.init.Initializer):
    def __init__(self, inner, **settings):
        super().__init__(**settings)
        self._inner, self._seen = inner, {}

    @property
    def events(self):
        return tuple(self._seen.items())

    def _init_weight(self, name, array):
        self._inner(mx.init.InitDesc(str(name)), array)
        self._seen[str(name)] = list(array.shape)


# %% wrong: tracer: draws by itself
class Tracer(mx.init.Initializer):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.events = inner, []

    def _init_weight(self, name, array):
        nd.random.uniform(-0.07, 0.07, out=array)
        self.events.append((str(name), array.shape))


# %% wrong: tracer: forgets to draw
class Tracer(mx.init.Initializer):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.events = inner, []

    def _init_weight(self, name, array):
        self.events.append((str(name), array.shape))


# %% wrong: tracer: one record for all
class Tracer(mx.init.Initializer):
    events = []

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def _init_weight(self, name, array):
        self.inner._init_weight(name, array)
        self.events.append((str(name), array.shape))


# %% wrong: tracer: notes the array
class Tracer(mx.init.Initializer):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.events = inner, []

    def _init_weight(self, name, array):
        self.inner._init_weight(name, array)
        self.events.append((str(name), array))


# %% wrong: tracer: draws twice
class Tracer(mx.init.Initializer):
    def __init__(self, inner):
        super().__init__()
        self.inner, self.events = inner, []

    def _init_weight(self, name, array):
        self.inner._init_weight(name, array)
        self.events.append((str(name), array.shape))
        self.inner._init_weight(name, array)


# %% must fail: test_tracer
check_events(type("Deaf", (mx.init.Zero,), {"__init__": lambda self, inner: None}), None, [2], 3, 1)


# %% second: asked
def asked(layers):
    found = set()
    for place, layer in enumerate(layers):
        initializers = {"weight": layer.get("weight_initializer")}
        if layer.get("use_bias", True):
            initializers["bias"] = layer.get("bias_initializer", "zeros")
        if layer["kind"] != "BatchNorm":
            found |= {f"{place}.{name}" for name, one in initializers.items() if not one}
    return sorted(found)


# %% wrong: asked: all weights
def asked(layers):
    return [f"{i}.weight" for i, layer in enumerate(layers) if layer["kind"] != "BatchNorm"]


# %% wrong: asked: everything
def asked(layers):
    paths = []
    for i, layer in enumerate(layers):
        if layer["kind"] == "BatchNorm":
            paths += [f"{i}.gamma", f"{i}.beta"]
        else:
            paths += [f"{i}.weight", f"{i}.bias"]
    return paths


# %% wrong: asked: biases without a choice are zero
def asked(layers):
    return [
        f"{i}.weight"
        for i, layer in enumerate(layers)
        if layer["kind"] != "BatchNorm" and "weight_initializer" not in layer
    ]


# %% wrong: asked: a bias that is not there
def asked(layers):
    paths = []
    for i, layer in enumerate(layers):
        if layer["kind"] != "BatchNorm":
            if layer.get("weight_initializer") is None:
                paths.append(f"{i}.weight")
            if layer.get("bias_initializer", "zeros") is None:
                paths.append(f"{i}.bias")
    return paths


# %% must fail: test_asked
check_asked(lambda layers: [], [{"kind": "Dense", "units": 1}])


# %% second: read_record
def read_record(record):
    by_path = {}
    for event in record:
        by_path.setdefault(event["path"], []).append(event)
    first = {path: min(some, key=lambda one: one["order"]) for path, some in by_path.items()}
    last = {path: max(some, key=lambda one: one["order"]) for path, some in by_path.items()}
    return {
        "waited": [path for path, one in first.items() if one["trigger"] == "forward"],
        "redrawn": tuple(path for path, some in by_path.items() if len(some) > 1),
        "now": {path: one["initializer"] for path, one in last.items()},
    }


# %% wrong: read_record: takes the list for the order
def read_record(record):
    waited, redrawn, now = set(), set(), {}
    for event in record:
        if event["path"] in now:
            redrawn.add(event["path"])
        elif event["trigger"] == "forward":
            waited.add(event["path"])
        now[event["path"]] = event["initializer"]
    return {"waited": waited, "redrawn": redrawn, "now": now}


# %% wrong: read_record: any forward pass
def read_record(record):
    events = sorted(record, key=lambda event: event["order"])
    paths = [event["path"] for event in events]
    return {
        "waited": {event["path"] for event in events if event["trigger"] == "forward"},
        "redrawn": {path for path in paths if paths.count(path) > 1},
        "now": {event["path"]: event["initializer"] for event in events},
    }


# %% wrong: read_record: who drew first
def read_record(record):
    events = sorted(record, key=lambda event: -event["order"])
    paths = [event["path"] for event in events]
    first = {event["path"]: event for event in events}
    return {
        "waited": {path for path, event in first.items() if event["trigger"] == "forward"},
        "redrawn": {path for path in paths if paths.count(path) > 1},
        "now": {path: event["initializer"] for path, event in first.items()},
    }


# %% wrong: read_record: sorts the record itself
def read_record(record):
    record.sort(key=lambda event: event["order"])
    waited, redrawn, now = set(), set(), {}
    for event in record:
        if event["path"] in now:
            redrawn.add(event["path"])
        elif event["trigger"] == "forward":
            waited.add(event["path"])
        now[event["path"]] = event["initializer"]
    return {"waited": waited, "redrawn": redrawn, "now": now}


# %% must fail: test_read_record
check_record(lambda events: {}, list(record), set(), set(), {})


# %% second: never_filled
def never_filled(net, data):
    net(data)
    parameters = net.collect_params().values()
    return {one.name for one in parameters if one.shape is None or 0 in one.shape}


# %% wrong: never_filled: looks before the data
def never_filled(net, data):
    found = [name for name, one in net.collect_params().items() if 0 in one.shape]
    net(data)
    return found


# %% wrong: never_filled: weights only
def never_filled(net, data):
    net(data)
    parameters = net.collect_params(".*weight")
    return [name for name, one in parameters.items() if 0 in one.shape]


# %% wrong: never_filled: the first one only
def never_filled(net, data):
    net(data)
    for name, one in net.collect_params().items():
        if 0 in one.shape:
            return [name]
    return []


# %% wrong: never_filled: asks the library
def never_filled(net, data):
    net(data)
    return [row.name for row in gi.summary(net).rows if row.state == "deferred"]


# %% must fail: test_never_filled
check_never(lambda net, data: ["nothing"], Branching(lambda: nn.Dense(2)), weights)

# %% second: tell
# The first layer knew its sizes and was filled at once, the rest of the sizes came with the batch.
# The layers choose for biases, gamma, beta and for the last weight, so the initializer in
# initialize was asked for one weight only. In the end all is filled again, by the same choice:
# only the first weight becomes zero.
