import os
import subprocess
import sys
import time
from threading import Barrier, Event, current_thread

import numpy as np
import pytest

from blurkit.errors import DeviceError
from blurkit.ops import backend, filters, resize

KERNEL = np.random.default_rng(1).normal(size=(7, 7)).astype(np.float32)
OPERATIONS = {
    "convolve": lambda backend, plane: backend.convolve(plane, KERNEL),
    "separable": lambda backend, plane: backend.separable(plane, np.float32([1, 2, 1]), np.float32([-1, 0, 1])),
    "smooth": lambda backend, plane: backend.smooth(plane, 2.0),
    "pool": lambda backend, plane: backend.pool(plane, 4),
    "log": lambda backend, plane: backend.log(plane + 0.002),
}


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("shape", [(64, 48), (37, 53)])
def test_torch_gives_the_results_of_opencv(torch, name, shape):
    plane = np.random.default_rng(0).random(shape, dtype=np.float32)
    operation, on_torch = OPERATIONS[name], backend.TorchBackend("cpu")
    result = on_torch.take(operation(on_torch, on_torch.put(plane)))
    expected = operation(backend.CpuBackend, plane)
    assert result.shape == expected.shape and result.dtype == np.float32
    assert np.abs(result - expected).max() <= 1e-5


def test_both_backends_offer_the_operations_of_the_filters(torch):
    for name in (*OPERATIONS, "put", "take"):
        assert callable(getattr(backend.CpuBackend, name)) and callable(getattr(backend.TorchBackend("cpu"), name))
    for name in OPERATIONS:
        assert getattr(backend.CpuBackend, name) is getattr(resize if name == "pool" else filters, name)


def test_cpu_means_opencv():
    assert backend.backend_for("cpu", (500, 500)) is backend.CpuBackend


def test_without_a_driver_auto_means_opencv(monkeypatch):
    monkeypatch.setattr(backend, "GPU_NODES", ())
    assert not backend.gpu_present()
    assert backend.backend_for("auto", (500, 500)) is backend.CpuBackend


def test_torchs_own_cpu_can_be_asked_for_but_narrow_photos_stay_with_opencv(torch):
    assert isinstance(backend.backend_for("torch-cpu", (40, 500)), backend.TorchBackend)
    assert backend.backend_for("torch-cpu", (31, 500)) is backend.CpuBackend


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:3"])
def test_asking_for_a_gpu_where_none_is_says_so(torch, monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    for ask in (lambda: backend.backend_for(name, (500, 500)), lambda: backend.torch_device(name)):
        with pytest.raises(DeviceError, match=f"{name} is not there.*0 GPUs"):
            ask()


def test_asking_for_the_second_gpu_where_one_is_says_so(torch, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert backend.torch_device("cuda:0") == "cuda:0" and backend.torch_device("auto") == "cuda"
    with pytest.raises(DeviceError, match="cuda:1 is not there.*1 GPU"):
        backend.torch_device("cuda:1")


def test_without_torch_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: None)
    for ask in (lambda: backend.backend_for("cuda", (500, 500)), lambda: backend.torch_device("auto")):
        with pytest.raises(DeviceError, match="pip install"):
            ask()


def test_looking_for_a_gpu_imports_nothing(root, tmp_path):
    (tmp_path / "node").touch()
    code = (
        "import sys\nfrom blurkit.ops import backend\n"
        f"backend.GPU_NODES = ({str(tmp_path / 'node')!r},)\n"
        "before = set(sys.modules)\nbackend.gpu_present()\nprint(*(set(sys.modules) - before))\n"
        "assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_whole_map_is_the_same_on_torchs_device(torch, root, scene):
    from blurkit.io.weights import read_weights
    from blurkit.map import sharpness_map
    from blurkit.methods import get

    weights, _ = read_weights((root / "share" / "weights" / "zeng.npz").read_bytes(), "zeng", get("zeng").SHAPES)
    one, other = (sharpness_map(scene, weights, "zeng", device=name) for name in ("cpu", "torch-cpu"))
    assert np.abs(one - other).max() <= 1e-4  # the calibration amplifies the differences of the operations


def slow():
    time.sleep(0.01)
    return 1


def test_calls_run_side_by_side_as_far_as_there_are_threads_and_keep_their_order(threads):
    threads(2)
    both = Barrier(2, timeout=60)
    assert sorted(backend.side_by_side(both.wait, both.wait)) == [0, 1]  # neither returns before the other runs
    for count in (1, 2):
        threads(count)
        assert backend.side_by_side(slow, lambda: 2, lambda: 3) == [1, 2, 3]
    threads(1)
    assert backend.side_by_side(current_thread, current_thread) == [current_thread()] * 2


@pytest.mark.parametrize("count", [1, 2])
def test_an_error_in_one_of_the_calls_is_raised(threads, count):
    threads(count)
    with pytest.raises(ZeroDivisionError):
        backend.side_by_side(lambda: 1, lambda: 1 // 0)


def test_an_error_does_not_wait_for_the_other_calls(threads):
    threads(2)
    released, finished = Event(), []
    with pytest.raises(ZeroDivisionError):
        backend.side_by_side(lambda: 1 // 0, lambda: finished.append(released.wait(60)))
    assert not finished
    released.set()


def test_threads_are_kept_as_new_ones_would_leave_memory_behind(threads):
    threads(2)
    assert len({backend.side_by_side(current_thread, current_thread)[1] for _ in range(5)}) == 1


def test_a_forked_process_has_threads_of_its_own(threads):
    threads(2)
    backend.side_by_side(current_thread, current_thread)
    process = os.fork()
    if not process:
        os._exit(backend.side_by_side(lambda: 1, lambda: 2) != [1, 2])
    deadline = time.monotonic() + 60
    while not (done := os.waitpid(process, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    if not done[0]:
        os.kill(process, 9)
        os.waitpid(process, 0)
    assert done == (process, 0)
