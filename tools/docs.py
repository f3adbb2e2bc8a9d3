"""The library and the manual as a folder of HTML: docs.py OUT [RESULTS]

The library by pdoc, from the docstrings; the manual by mandoc or else by groff; the pictures of `make bench`
from RESULTS, if it has made any. OUT/index.html leads to all of it.
"""

import html
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = ("cli", "noscore")  # the inside of the commands, which have the manual
NEEDS_TORCH = (
    *(f"methods.joint.{name}" for name in ("crops", "on_torch", "pretrained", "training")),
    *("methods.park.training", "methods.zeng.network", "methods.zeng.training"),
)
PICTURES = (".png", ".jpg", ".svg")
STYLE = "body{max-width:52rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 sans-serif}img{max-width:100%}"
PAGE = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style></head>'


def page(title, body):
    """A page of HTML."""
    return f"{PAGE.format(title=html.escape(title), style=STYLE)}<body>{body}</body></html>\n"


def library(out):
    """The pages of the library."""
    import pdoc

    import blurkit

    without = (*LEFT_OUT, *(() if find_spec("torch") else NEEDS_TORCH))
    shown = [found.name for found in iter_modules(blurkit.__path__)]  # what blurkit itself offers is not all
    names = [f"blurkit.{name}" for name in shown if name not in without] + [f"!blurkit.{name}" for name in without]
    pdoc.render.configure(docformat="numpy", show_source=False, footer_text="blurkit")
    pdoc.pdoc("blurkit", *names, output_directory=out)


def manual(path):
    """The body of a page of the manual."""
    mandoc, groff = ["mandoc", "-T", "html"], ["groff", "-man", "-Thtml"]
    command = mandoc if shutil.which("mandoc") else groff
    text = subprocess.run([*command, path], capture_output=True, text=True, check=True).stdout
    return re.search(r"<body[^>]*>(.*)</body>", text, re.S)[1]


def pictures(results, out):
    """The names of the pictures of the bench, copied to OUT."""
    found = sorted(path for path in results.glob("*") if path.suffix in PICTURES) if results.is_dir() else []
    for path in found:
        shutil.copy(path, out / path.name)
    return [path.name for path in found]


def index(pages, shown):
    """The first page."""
    links = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name in pages)
    parts = [
        "<h1>blurkit</h1>",
        '<p><a href="blurkit.html">The library</a></p>',
        f"<h2>The manual</h2><ul>{links}</ul>",
    ]
    if shown:
        parts.append("<h2>Pictures of the bench</h2>")
        parts += [f'<p>{html.escape(name)}<br><img src="{name}" alt="{html.escape(name)}"></p>' for name in shown]
    return page("blurkit", "".join(parts))


def main(out, results=ROOT / "bench" / "results"):
    out.mkdir(parents=True, exist_ok=True)
    library(out)
    pages = [path.name for path in sorted((ROOT / "man").glob("*.[157]"))]
    for name in pages:
        (out / f"{name}.html").write_text(page(name, manual(ROOT / "man" / name)))
    (out / "index.html").write_text(index(pages, pictures(results, out)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:])) if len(sys.argv) in (2, 3) else sys.exit(__doc__)
