"""What several test files use: a runner for the commands, small photos with a known answer, the shared photo folder."""

import os
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
settings.register_profile("light", max_examples=30, deadline=None, derandomize=True)  # the same cases in every run
settings.load_profile("light")

Done = namedtuple("Done", "status stdout stderr")
ORIENTATION = 0x0112  # EXIF tag


@pytest.fixture(scope="session")
def root():
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared():
    """The folder beside the checkout that holds photos and tools, or a skip."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("there is no ../shared")
    return folder


@pytest.fixture(scope="session")
def data():
    """The shared photos, or a skip."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/data")
    return folder


@pytest.fixture(scope="session")
def environment():
    """Environment variables without those that steer blurkit, or that hide what NumPy cannot do with a pipe."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("BLURKIT_", "PYTHONUNBUFFERED"))}


@pytest.fixture(scope="session")
def bare():
    """The environment of a stranger's machine: the path to the programs of the system, and no variable of ours."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin"}


@pytest.fixture(scope="session")
def start(environment):
    """start("blur-map", argument, ..., **as for Popen): a running command of the checkout, streams as pipes."""

    def start(command, *arguments, env=None, interpreter=(), **more):
        words = [str(a) if isinstance(a, int | float) else a for a in arguments]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen(
            [sys.executable, *interpreter, ROOT / "bin" / command, *words],
            env={**environment, **(env or {})},
            **streams,
        )

    return start


@pytest.fixture(scope="session")
def run(start):
    """run("blur-map", argument, ..., stdin=bytes): the finished command as (status, stdout, stderr)."""

    def run(command, *arguments, stdin=b"", **more):
        with start(command, *arguments, **more) as process:
            try:
                out, err = process.communicate(stdin, timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Done(process.returncode, out, err)

    return run


@pytest.fixture
def program(tmp_path):
    """program(name, text): writes a program that comes before others of its name on the path of `shell`."""
    (tmp_path / "programs").mkdir()

    def program(name, text):
        (tmp_path / "programs" / name).write_text(text)
        (tmp_path / "programs" / name).chmod(0o755)

    return program


@pytest.fixture
def shell(root, bare, tmp_path):
    """shell(text, status, **environment): what bash prints.

    The commands of the checkout are on its path, and the photos' folder is its home.
    """
    folders = [tmp_path / "programs", root / "bin", os.path.dirname(sys.executable), bare["PATH"]]
    login = {
        **bare,
        "HOME": str(tmp_path),
        "PATH": os.pathsep.join(map(str, folders)),
        "SHELL": "/bin/bash",  # a login has one
    }

    def shell(text, status=0, **variables):
        done = subprocess.run(
            ["bash", "-c", text],
            cwd=tmp_path,
            env={**login, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )
        assert done.returncode == status, done.stderr
        return done.stdout

    return shell


@pytest.fixture(scope="session")
def scene():
    """A photo, (90, 120, 3) uint8: texture with edges, sharp on the left, blurred by 3 pixels on the right."""
    rng = np.random.default_rng(7)
    sharp = rng.normal(128, 35, (90, 120, 3))
    sharp = sharp + cv2.resize(rng.normal(0, 40, (15, 20, 3)), (120, 90), interpolation=cv2.INTER_NEAREST)
    soft = cv2.GaussianBlur(sharp, None, 3)
    soft[:, :60] = sharp[:, :60]
    return np.clip(np.rint(soft), 0, 255).astype(np.uint8)


@pytest.fixture
def deep(scene):
    """The scene in 16 bits, with values that 8 bits cannot hold."""
    return scene.astype(np.uint16) * 257 - (np.arange(120, dtype=np.uint16) % 5)[None, :, None] * (scene > 0)


@pytest.fixture(scope="session")
def photos(tmp_path_factory, scene):
    """A folder of the scene in many formats, and of files that are no photos."""
    folder = tmp_path_factory.mktemp("photos")
    picture = Image.fromarray(scene)
    picture.save(folder / "photo.png")
    picture.save(folder / "photo.jpg", quality=95, subsampling=0)
    picture.convert("L").save(folder / "grey.png")
    picture.quantize(64).save(folder / "palette.png")
    picture.convert("CMYK").save(folder / "cmyk.jpg", quality=95, subsampling=0)
    Image.fromarray(np.dstack([scene, np.full((90, 120), 77, np.uint8)])).save(folder / "rgba.png")
    deep = scene.astype(np.uint16) * 257
    cv2.imwrite(str(folder / "deep_grey.png"), deep[..., 1])
    cv2.imwrite(str(folder / "deep_rgb.png"), deep[..., ::-1])
    turned = Image.Exif()
    turned[ORIENTATION] = 6
    Image.fromarray(np.rot90(scene)).save(folder / "turned.jpg", quality=95, subsampling=0, exif=turned)
    Image.fromarray(scene[:1, :1]).save(folder / "dot.png")
    Image.fromarray(np.tile(scene[:3], (1, 5, 1))[:, :500]).save(folder / "strip.png")
    Image.fromarray(np.tile(scene[:, :3], (6, 1, 1))[:500]).save(folder / "column.png")
    whole = (folder / "photo.jpg").read_bytes()
    (folder / "truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("A photo? No: some words.\n")
    return folder


@pytest.fixture(scope="session")
def graded(discs):
    """A photo, (120, 160, 3) uint8, of four blurs.

    Sharp at the lower left, blurred by 0.8 pixels above, by 1.3 pixels on the right, and by both at the upper right.
    """
    photo = discs(np.random.default_rng(7), 120, 160)
    photo[:, 80:] = cv2.GaussianBlur(photo, (0, 0), 1.3)[:, 80:]
    photo[:40] = cv2.GaussianBlur(photo[:40], (0, 0), 0.8)
    return photo


@pytest.fixture(scope="session")
def discs():
    """discs(rng, height, width): overlapping discs of random colour, (height, width, 3) uint8, edges everywhere."""

    def discs(rng, height, width):
        photo = np.full((height, width, 3), 128, np.uint8)
        for _ in range(height * width // 60):
            centre = int(rng.integers(width)), int(rng.integers(height))
            cv2.circle(photo, centre, int(rng.integers(2, 9)), rng.integers(0, 256, 3).tolist(), -1)
        return photo

    return discs


@pytest.fixture
def threads():
    """threads(n): let OpenCV use n threads until the end of the test."""
    before = cv2.getNumThreads()
    yield cv2.setNumThreads
    cv2.setNumThreads(before)


@pytest.fixture(scope="module")
def window(tmp_path_factory):
    """A window of headless Chromium, or a skip."""
    from tests import browser

    if browser.program() is None:
        pytest.skip("there is no Chromium")
    window = browser.Browser(tmp_path_factory.mktemp("browser"))
    yield window
    window.close()


@pytest.fixture
def shown(window, tmp_path):
    """shown(rows, option...): the window with the page of some rows in it."""

    from tests.files import made

    def shown(rows, threshold=None, **options):
        path = tmp_path / "page.html"
        path.write_bytes(made(rows, threshold=threshold))
        window.open(path, **options)
        return window

    yield shown
    window.of("localStorage.clear()")
