"""Where the arithmetic runs: OpenCV on the CPU, torch on a GPU.

`backend_for` returns a backend. It offers the operations of ``filters`` (convolve, separable, smooth, log), of
``resize`` (pool) and of ``layers``, plus `put` and `take`, which move an array to its device and back. torch is
imported only once a GPU has been detected.
"""

import functools
import importlib.util
import os

import cv2
import numpy as np

from blurkit.errors import DeviceError
from blurkit.ops import filters, layers, resize

GPU_NODES = ("/dev/nvidiactl", "/dev/dxg")  # Linux driver, Windows Subsystem for Linux
SMALLEST_SIDE = 32  # pixels; torch cannot mirror borders wider than the photo
ANY_SHAPE = (64, 64)  # pixels; a photo large enough for any device


class CpuBackend:
    """The operations on NumPy arrays: planes are (H, W), stacks (n, h, w, c), float32."""

    convolve = staticmethod(filters.convolve)
    separable = staticmethod(filters.separable)
    smooth = staticmethod(filters.smooth)
    pool = staticmethod(resize.pool)
    log = staticmethod(filters.log)
    convolve_stack = staticmethod(layers.convolve_stack)
    pool_stack = staticmethod(layers.pool_stack)
    dense = staticmethod(layers.dense)
    out_of_memory = ()  # errors of too little memory, after which smaller parts may do

    @staticmethod
    def join(*parts):
        return np.concatenate(parts, axis=1)

    @staticmethod
    def put(array):
        return array

    @staticmethod
    def take(array):
        return array


class TorchBackend:
    """The same operations on torch tensors of one device, with the shapes of `CpuBackend`."""

    def __init__(self, name):
        import torch

        self.torch = torch
        self.device = torch.device(name)
        self.log = torch.log
        self.out_of_memory = (torch.cuda.OutOfMemoryError,)
        if self.device.type == "cuda":
            # TensorFloat-32 keeps three decimal digits; maps must agree to five.
            torch.backends.cudnn.allow_tf32 = False
            torch.backends.cudnn.deterministic = True

    def put(self, array):
        return self.torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def take(self, tensor):
        return tensor.cpu().numpy()

    def convolve(self, plane, kernel):
        rows, columns = kernel.shape
        kernel = self.put(kernel.astype(np.float32))
        half = (columns // 2, columns // 2, rows // 2, rows // 2)
        padded = self.torch.nn.functional.pad(plane[None, None], half, mode="reflect")
        return self.torch.nn.functional.conv2d(padded, kernel[None, None])[0, 0]

    def separable(self, plane, column, row):
        return self.convolve(self.convolve(plane, column[:, None]), row[None, :])

    def smooth(self, plane, sigma):
        kernel = filters.gaussian_kernel(sigma)
        return self.separable(plane, kernel, kernel)

    def pool(self, plane, cell):
        height, width = plane.shape
        fill = (0, -width % cell, 0, -height % cell)
        padded = self.torch.nn.functional.pad(plane[None, None], fill, mode="replicate")
        return self.torch.nn.functional.avg_pool2d(padded, cell)[0, 0]

    def convolve_stack(self, stack, weight, bias, stride=1):
        stack = channels_first(stack)
        sums = self.torch.nn.functional.conv2d(stack, self.put(weight), self.put(bias), stride)
        return channels_last(sums.relu())

    def pool_stack(self, stack, size):
        return channels_last(self.torch.nn.functional.max_pool2d(channels_first(stack), size, ceil_mode=True))

    def dense(self, vectors, weight, bias, rectified=True):
        sums = vectors @ self.put(weight).T + self.put(bias)
        return sums.relu() if rectified else sums

    def join(self, *parts):
        return self.torch.cat(parts, dim=1)


def channels_first(stack):
    """A torch stack as torch's layers take it: (n, h, w, c) -> (n, c, h, w)."""
    return stack.permute(0, 3, 1, 2)


def channels_last(stack):
    """A torch stack as this package keeps it: (n, c, h, w) -> (n, h, w, c)."""
    return stack.permute(0, 2, 3, 1)


def gpu_present():
    """True if a GPU driver and torch are installed; imports nothing."""
    return any(map(os.path.exists, GPU_NODES)) and importlib.util.find_spec("torch") is not None


def backend_for(device, shape):
    """The backend for a device name and a photo's shape.

    Parameters
    ----------
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:N``, or
        ``torch-cpu``: torch's own CPU device, for comparing the two.
    shape : tuple
        (H, W) of the plane to be processed. Planes with a side below `SMALLEST_SIDE` pixels stay on the CPU.

    Returns
    -------
    CpuBackend or TorchBackend

    Raises
    ------
    DeviceError
        A GPU is requested by name, and it or torch is missing.
    """
    if device == "cpu" or (device == "auto" and not gpu_present()):
        return CpuBackend
    if importlib.util.find_spec("torch") is None:
        raise DeviceError(f"device {device} needs torch, which is not installed: pip install torch")
    import torch

    if device == "auto" and not torch.cuda.is_available():
        return CpuBackend
    torch_name = "cuda" if device == "auto" else device.replace("torch-", "")
    require_gpu(torch, torch_name)
    return TorchBackend(torch_name) if min(shape) >= SMALLEST_SIDE else CpuBackend


def side_by_side(*calls):
    """Run some calls at the same time, in threads.

    With one OpenCV thread (``cv2.setNumThreads``) they run one after the other.

    Parameters
    ----------
    *calls : callable
        Functions without arguments. None of them may call `side_by_side`. The first one runs in this thread, which
        reuses its memory, so it should be the largest.

    Returns
    -------
    list
        What the calls return, in their order.

    Raises
    ------
    Exception
        The error of a call, or an interrupt. An error in the first call does not wait for the others.
    """
    if cv2.getNumThreads() < 2:
        return [call() for call in calls]
    first, *others = calls
    pool = thread_pool(cv2.getNumThreads() - 1, os.getpid())
    running = [pool.submit(call) for call in others]
    return [first(), *(future.result() for future in running)]


@functools.cache
def thread_pool(size, process):
    """A pool of `size` threads that is kept, since new threads for each photo would leave a little memory behind.

    `process` is the process number: a forked process has none of its parent's threads and needs its own pool.
    """
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(size)


def torch_device(device, threads=None):
    """The torch device name training runs on; also sets the number of torch's CPU threads.

    Parameters
    ----------
    device : str
        As for `backend_for`.
    threads : int, optional
        Default 1: sums then do not depend on the number of cores, and equal seeds give equal weights on machines of
        one kind.

    Returns
    -------
    str

    Raises
    ------
    DeviceError
        torch is not installed, or the device is missing.
    """
    if importlib.util.find_spec("torch") is None:
        raise DeviceError("training needs torch, which is not installed: pip install torch")
    import torch

    torch.set_num_threads(threads or 1)
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    name = device.replace("torch-", "")
    require_gpu(torch, name)
    return name


def require_gpu(torch, name):
    """Raise DeviceError if `name` is ``cuda`` or ``cuda:N`` and torch has no such GPU."""
    if name.startswith("cuda"):
        number = int(name.partition(":")[2] or 0)
        if not torch.cuda.is_available() or number >= torch.cuda.device_count():
            raise DeviceError(f"device {name} is not there: torch finds {torch.cuda.device_count()} GPUs")
