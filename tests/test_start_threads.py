"""What MXNet's start leaves for later is loaded once, whoever asks for it and when."""

import os
import signal
import threading
import time
import types

from gluon_init._compat.later import put_off

import pytest
from fresh import answer, python


class Waiting:
    """A module that is loaded at first use, and who has loaded it."""

    def __init__(self, load):
        self.loads = 0
        self.module = types.ModuleType("waiting")

        def counted(module):
            self.loads += 1
            load(module)
            module.value = 3

        put_off(self.module, counted)


class TestThreadsAndForks:
    def test_threads_that_ask_at_once_see_one_whole_module(self):
        waiting = Waiting(load=lambda _: time.sleep(0.05))
        start = threading.Barrier(8)
        seen = []

        def ask():
            start.wait()
            seen.append(waiting.module.value)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [3] * 8
        assert waiting.loads == 1
        assert type(waiting.module) is types.ModuleType

    def test_a_thread_that_imports_a_part_does_not_wait_for_one_that_loads_the_whole(self):
        assert answer(
            """
            import gluon_init, threading
            import mxnet as mx
            from gluon_init._compat import install
            part, whole = threading.Event(), threading.Event()
            own, loaded = install._Loader._run, []
            def run(loader, module):
                loaded.append(module.__name__)
                if module.__name__ == "mxnet.contrib.text.embedding":
                    part.set()
                    assert whole.wait(60)
                if module.__name__ == "mxnet.contrib.text":
                    whole.set()
                own(loader, module)
            install._Loader._run = run
            def import_part():
                import mxnet.contrib.text.embedding
            first = threading.Thread(target=import_part, daemon=True)
            first.start()
            assert part.wait(60)
            second = threading.Thread(target=lambda: mx.contrib.text.vocab, daemon=True)
            second.start()
            first.join(60)
            second.join(60)
            answer = [first.is_alive(), second.is_alive(), sorted(loaded)]
            """
        ) == [
            False,
            False,
            [f"mxnet.contrib.text{part}" for part in (
                "", "._constants", ".embedding", ".utils", ".vocab")],
        ]  # fmt: skip

    def test_who_loads_may_look_at_what_is_there(self):
        waiting = Waiting(load=lambda module: setattr(module, "early", hasattr(module, "value")))
        assert waiting.module.value == 3
        assert waiting.module.early is False

    def test_a_load_that_fails_is_tried_again(self):
        def load(_):
            if waiting.loads == 1:
                raise ImportError("once")

        waiting = Waiting(load)
        with pytest.raises(ImportError, match="once"):
            _ = waiting.module.value
        assert waiting.module.value == 3

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_copy_of_the_process_does_not_wait_for_a_thread_that_it_lacks(self):
        parent, begun, go_on = os.getpid(), threading.Event(), threading.Event()

        def load(_):
            if os.getpid() == parent:
                begun.set()
                go_on.wait()

        waiting = Waiting(load)
        thread = threading.Thread(target=lambda: waiting.module.value)
        thread.start()
        begun.wait()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if waiting.module.value == 3 else 1)
        _, status = os.waitpid(child, 0)
        go_on.set()
        thread.join()
        assert os.waitstatus_to_exitcode(status) == 0
        assert waiting.module.value == 3

    def test_windows_which_knows_no_fork_is_told_why_it_cannot_run_mxnet(self):
        result = python(
            """
            import numpy.random, os, platform
            del os.register_at_fork
            platform.system = lambda: "Windows"
            import gluon_init
            """
        )
        assert "ImportError" in result.stderr
        assert "WSL" in result.stderr

    def test_in_a_copy_of_a_process_that_has_started(self):
        assert (
            answer(
                """
                import gluon_init, os, warnings
                import mxnet as mx
                # Of threads that others, such as NumPy's BLAS, may have started.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
                if child == 0:
                    os._exit(0 if mx.test_utils.default_context() == mx.cpu() else 1)
                answer = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
                """
            )
            == 0
        )
