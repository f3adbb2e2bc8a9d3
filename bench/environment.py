"""What figures were made with: versions of programs and libraries, and the machine."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from blurkit import __version__

PACKAGES = ("numpy", "opencv-python-headless", "pillow", "scipy", "scikit-image", "torch", "PyTurboJPEG", "tqdm")


def environment():
    """{name: version or words}: blurkit, Python, the libraries that are installed, system, CPU and cores."""
    versions = {"blurkit": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        **versions,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
    }


def cpu():
    """The name of the processor, or its kind where the system does not tell."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text().splitlines() if described.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
