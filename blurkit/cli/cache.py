"""The part of blur-score that keeps scores from run to run: --cache and --prune."""

import struct

from blurkit.cli import bursts, culling, pictures, records
from blurkit.errors import BlurkitError, UsageError

TIMES, CONTENT = "times", "content"
SHAPE = struct.Struct("<HH")  # rows and columns of a look


def describe(parser):
    """The options."""
    group = parser.add_argument_group("cache")
    group.add_argument(
        "--cache",
        metavar="HOW",
        nargs="?",
        choices=(TIMES, CONTENT),
        const=TIMES,
        help="keep scores, and measure no photo twice; a photo is known by size and times, or with --cache=content by "
        "all it holds",
    )
    group.add_argument(
        "--prune", action="store_true", help="with --cache: only drop the scores of photos that are gone or changed"
    )


def check(args):
    """Raise a UsageError for options that need or exclude each other."""
    if args.prune and not args.cache:
        raise UsageError("--prune is about the scores that --cache keeps; write --cache --prune")
    if args.prune and (args.files or args.files0_from or args.null or args.calibrate):
        raise UsageError("--prune goes through all scores that are kept; it takes no photos")
    others = culling.given(args, *culling.CHOOSING, "report") + culling.ways(args)
    if args.prune and others:
        raise UsageError(f"--prune only drops scores; {others[0]} does not go with it")
    for option in ("truth", "maps", "boxes"):
        if args.cache and getattr(args, option):
            raise UsageError(f"--cache keeps scores of photos; --{option} does not go with it")


def prune(args):
    """Drop what is of no use any more, and tell how much."""
    from blurkit import cache

    records.write_figures(dict(zip(("dropped", "kept"), cache.prune(), strict=True)), args)


class Store:
    """What --cache knows of photos; nothing without it. A context, at whose end new scores are written.

    Parameters
    ----------
    args : namespace
    model : callable
        Gives the `Model`.
    side : int, pixels
        Longer side at which photos are measured, 0 = their own.
    console : Console
    """

    def __init__(self, args, model, side, console):
        self.args, self.model, self.side, self.console = args, model, side, console
        self.cache = self.settings = None
        self.found = self.measured = self.passed = 0
        self.may_find = not args.report
        if not args.cache:
            return
        if args.mask:
            self.say("--cache keeps no scores within a --mask; photos are measured anew")
            return
        if args.report:
            self.say("--cache keeps no pictures for the page of --report; photos are measured anew")
        from blurkit.cache import Cache

        self.cache = Cache(self.say)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.cache is None:
            return
        self.cache.__exit__(*error)
        self.console.detail(f"{self.measured} measured, {self.found} from the cache")
        if self.passed:
            self.say(f"{self.passed} scores are not kept: --cache keeps those of photos alone in their files")

    def say(self, text):
        """Say something that changes no result."""
        if not self.args.quiet:
            self.console.say(text)

    def find(self, item):
        """The `File` of an input, None if it cannot be one of which scores are kept; and its result if that is kept."""
        if self.cache is None or item.path is None or item.data is not None:
            return None, None
        from blurkit.identity import file_at

        file = file_at(item.path, self.args.cache == CONTENT)
        if file is None or not self.may_find:
            return file, None
        kept = self.cache.get(file, self.key()) if self.key() else None
        if kept is None or culling.looks(self.args) and kept.look is None:
            return file, None
        pictures.remark_pages(item, kept.others, self.args, self.console)
        self.found += 1
        return file, self.result(kept)

    def key(self):
        """What the settings of the run are called; None while they are wrong, which measuring tells."""
        if self.settings is None:
            from blurkit.identity import settings

            try:
                model = self.model()
            except BlurkitError:
                return None
            self.settings = settings(
                model,
                self.side,
                max_pixels=self.args.max_pixels,
                pages=self.args.pages,
                develop_raw=self.args.raw_develop,
                share=self.args.region.share,
                softest=self.args.region.softest,
                detail=self.args.detail,
            )
        return self.settings

    def result(self, kept):
        """The result of a photo from what is kept of it."""
        result = kept.score(self.model())
        if kept.no_score:
            result["no_score"] = kept.no_score
        if culling.looks(self.args):
            time, camera, exposure = kept.taken
            result |= {"taken": bursts.Taken(time, tuple(camera), tuple(exposure)), "look": unpacked(kept.look)}
        if self.args.similar:
            from blurkit import similar

            result["fingerprint"] = similar.fingerprint(result["look"].thumbnail)
        return result

    def put(self, task, result):
        """Keep the result of a task, if it was measured."""
        if self.cache is None or task.kept:
            return
        self.measured += 1
        if task.file is None or task.item.frame is not None or "sigma" not in result:
            self.passed += 1
            return
        from blurkit.cache import FIGURES, Kept

        figures = {name: result[name] for name in FIGURES}
        look = packed(result["look"]) if "look" in result else None
        kept = Kept(figures, result.get("no_score"), task.item.others, result.get("taken"), look)
        self.cache.put(task.file, self.key(), kept)


def packed(look):
    """A ``sets.Look`` as bytes."""
    import zlib

    return zlib.compress(SHAPE.pack(*look.thumbnail.shape) + look.thumbnail.tobytes() + look.energy.tobytes())


def unpacked(data):
    """The ``sets.Look`` in the bytes of `packed`."""
    import zlib

    import numpy as np

    from blurkit.sets import Look

    data = zlib.decompress(data)
    shape = SHAPE.unpack_from(data)
    pixels = shape[0] * shape[1]
    thumbnail = np.frombuffer(data, np.uint8, pixels, SHAPE.size).reshape(shape)
    return Look(thumbnail, np.frombuffer(data, np.float16, pixels, SHAPE.size + pixels).reshape(shape))
