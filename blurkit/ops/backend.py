"""Where the arithmetic runs: OpenCV on the CPU, torch on a GPU.

`backend_for` hands out an object with the verbs of ``filters`` (convolve,
separable, smooth, log), ``resize`` (pool) and ``layers``, plus `put` and `take`, which move
an array there and back. torch is imported only once a GPU is known to be there.
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


class CpuBackend:
    """The verbs on NumPy arrays."""

    convolve = staticmethod(filters.convolve)
    separable = staticmethod(filters.separable)
    smooth = staticmethod(filters.smooth)
    pool = staticmethod(resize.pool)
    log = staticmethod(filters.log)
    convolve_stack = staticmethod(layers.convolve_stack)
    pool_stack = staticmethod(layers.pool_stack)
    halve_stack = staticmethod(layers.halve_stack)
    enlarge_stack = staticmethod(layers.enlarge_stack)
    dense = staticmethod(layers.dense)

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
    """The same verbs on torch tensors of shape (H, W) on one device."""

    def __init__(self, name):
        import torch

        self.torch = torch
        self.device = torch.device(name)
        self.log = torch.log
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

    def convolve_stack(self, stack, weight, bias, stride=1, border=0):
        found = self.torch.nn.functional.conv2d(
            stack.permute(0, 3, 1, 2), self.put(weight), self.put(bias), stride, border
        )
        return found.relu().permute(0, 2, 3, 1)

    def pool_stack(self, stack, size):
        return self.torch.nn.functional.max_pool2d(stack.permute(0, 3, 1, 2), size, ceil_mode=True).permute(0, 2, 3, 1)

    def halve_stack(self, stack):
        return self.torch.nn.functional.avg_pool2d(stack.permute(0, 3, 1, 2), 2, ceil_mode=True).permute(0, 2, 3, 1)

    def enlarge_stack(self, stack, shape):
        return self.torch.nn.functional.interpolate(stack.permute(0, 3, 1, 2), size=shape, mode="bilinear").permute(
            0, 2, 3, 1
        )

    def dense(self, vectors, weight, bias, rectified=True):
        found = vectors @ self.put(weight).T + self.put(bias)
        return found.relu() if rectified else found

    def join(self, *parts):
        return self.torch.cat(parts, dim=1)


def gpu_present():
    """True if a GPU driver and torch are installed; imports nothing."""
    return any(map(os.path.exists, GPU_NODES)) and importlib.util.find_spec("torch") is not None


def backend_for(device, shape):
    """The verbs for a device name and a photo's shape.

    Parameters
    ----------
    device : str
        ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:N``, or
        ``torch-cpu``: torch's own CPU device, for comparing the two.
    shape : tuple
        (H, W) of the plane to come; narrow ones stay on the CPU.

    Raises
    ------
    DeviceError
        A GPU is asked for by name and cannot be had.
    """
    if device == "cpu" or (device == "auto" and not gpu_present()):
        return CpuBackend
    if importlib.util.find_spec("torch") is None:
        raise DeviceError(f"device {device} needs torch, which is not installed: pip install torch")
    import torch

    if device == "auto" and not torch.cuda.is_available():
        return CpuBackend
    wanted = "cuda" if device == "auto" else device.replace("torch-", "")
    require_gpu(torch, wanted)
    return TorchBackend(wanted) if min(shape) >= SMALLEST_SIDE else CpuBackend


def side_by_side(*calls):
    """What some calls return, in their order; run at a time as far as OpenCV may have more than one thread (``cv2.setNumThreads``).

    An error or an interrupt in one does not wait for the others. None of them may call this.
    """
    if cv2.getNumThreads() < 2:
        return [call() for call in calls]
    first, *others = calls  # the first, in this thread, reuses its memory: it should be the largest
    running = [workers(cv2.getNumThreads() - 1, os.getpid()).submit(call) for call in others]
    return [first(), *(call.result() for call in running)]


@functools.cache
def workers(count, process):
    """So many threads, kept: a new one for each photo leaves a little memory behind. A forked process has none of its parent's."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(count)


def torch_device(device, threads=None):
    """The torch device name training runs on; sets torch's CPU threads.

    One thread unless told: sums then do not depend on the number of cores, and equal
    seeds give equal weights on machines of one kind.

    Raises
    ------
    DeviceError
        torch is not installed, or the device is not there.
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
    """Raise DeviceError unless ``cuda`` or ``cuda:N`` is there; anything else passes."""
    if name.startswith("cuda"):
        number = int(name.partition(":")[2] or 0)
        if not torch.cuda.is_available() or number >= torch.cuda.device_count():
            raise DeviceError(f"device {name} is not there: torch finds {torch.cuda.device_count()} GPUs")
