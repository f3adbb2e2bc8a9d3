"""blur-train: a patch set in, weights out."""

from blurkit.cli import inputs, options, output, training, types
from blurkit.cli.guard import read_by
from blurkit.cli.run import run
from blurkit.errors import InputError, UsageError, WeightsError

FORMS = ("npz",)
MOST_BYTES = 8 << 30  # of a temporary file; the tiles of the weights of joint have 6 GB


def describe(parser):
    parser.usage = "blur-train [OPTION]... [FILE]..."
    parser.description = "Learn weights from patch sets (from blur-patches). Needs torch: pip install torch."
    parser.examples = (
        ("blur-train -o mine.npz set.npy", "learn weights from one patch set"),
        (
            "blur-patches --method park *.jpg | blur-train --method park -o mine.npz",
            "from photos to weights in one pipe",
        ),
    )
    group = options.files(parser, "patch sets, any number in one stream", pixels=False)
    group.add_argument(
        "--max-bytes",
        metavar="N",
        type=types.positive,
        default=MOST_BYTES,
        help=f"refuse larger patch sets (default {MOST_BYTES})",
    )
    options.method(parser, working_size=False)
    options.part(parser)
    describe_training(parser.add_argument_group("training"))
    options.output(parser, FORMS, "npz")


def describe_training(group):
    """The options that say how it is trained."""
    group.add_argument(
        "--as-published",
        action="store_true",
        help="train as the paper does, on patches of photos and masks, for --as-published of the others (zeng)",
    )
    group.add_argument(
        "--epochs",
        metavar="N",
        type=types.positive,
        help="passes over the patches (default: what the method needs, more for few patches)",
    )
    group.add_argument(
        "--seed", metavar="N", type=types.natural, default=0, help="seed of all that is random (default 0)"
    )
    group.add_argument("--device", metavar="DEV", help="auto, cpu, cuda or cuda:N (default $BLURKIT_DEVICE or auto)")
    text = "threads (default $BLURKIT_THREADS or 1; more are faster, but give other weights)"
    group.add_argument("--threads", metavar="N", type=types.thread_count, help=text)
    group.add_argument(
        "--min-accuracy",
        metavar="A",
        type=types.share,
        help="write no weights if the network is less accurate on photos it has not seen "
        "(default: what the method needs, less for few photos)",
    )
    group.add_argument("--log", metavar="FILE", help="write step, loss and accuracy of every step to FILE, as CSV")


def work_on(args, console):
    from blurkit import methods
    from blurkit.io.weights import check_arrays, write_weights
    from blurkit.ops.backend import torch_device
    from blurkit.train import passes, train_weights

    options.check_part(args)
    if args.as_published and args.part == "score":
        raise UsageError("the papers have no score; --as-published does not go with --for score")
    shapes = methods.shapes_of(args.method, args.part, args.as_published)  # refuses what the method cannot be
    items = inputs.from_args(args, console)
    with output.Output(args, console, FORMS, "npz") as out:
        if out.folder:
            raise UsageError("weights are one file: name it with -o FILE")
        out.spare(items, args)
        device = torch_device(args.device, args.threads)
        log = training.open_log(args, read_by(args, items))
        record = methods.get(args.method, args.part).patch_record()
        records, digest, origins = read_records(items, record, args.max_bytes)
        epochs = args.epochs or passes(args.method, len(records), args.part)
        photos = len(set(records["photo"].tolist()))
        console.detail(f"{len(records)} patches of {photos} photos, {epochs} passes")
        with training.Report(args, console, log) as report:
            arrays, measured = train_weights(
                records, args.method, epochs, args.seed, device, report, args.part, args.as_published
            )
        table(measured, args)
        check_arrays(arrays, shapes)  # hostile records can lead to NaN
        check_accuracy(measured["accuracy"], photos, epochs, args)
        learned_from = {"patches": len(records), "photos": photos, "patches_sha256": digest, "patches_made_by": origins}
        figures = {name: output.without_nan(round(value, 6)) for name, value in measured.items()}
        header = {**origin(args, epochs), **learned_from, "measured": figures}
        out.write(None, [write_weights(arrays, header)])


def origin(args, epochs):
    """What the header of weights says of how they were made."""
    published = {"as_published": True} if args.as_published else {}
    command = command_line(args, epochs)
    return {"method": args.method, "part": args.part, "command": command, **published, "versions": versions()}


def versions():
    """What weights are made with: {name: version}."""
    import platform

    import numpy as np
    import torch

    from blurkit import __version__

    made_with = {"blurkit": __version__, "numpy": np.__version__, "torch": str(torch.__version__)}
    return {**made_with, "python": platform.python_version()}


def command_line(args, epochs):
    """The command that makes the same weights of the same patches."""
    from blurkit import methods

    words = [f"blur-train --method {args.method}"]
    words += ["--for score"] * (methods.has_own_score(args.method) and args.part == "score")
    words += ["--as-published"] * args.as_published
    words += [f"--epochs {epochs} --seed {args.seed}"]
    words += [f"--threads {args.threads}"] if args.threads else []
    return " ".join(words)


def check_accuracy(accuracy, photos, epochs, args):
    """Raise a WeightsError, with the way out, for a network that is less accurate than it must be."""
    from blurkit.train import least_accuracy

    least = args.min_accuracy
    if least is None:
        least = least_accuracy(args.method, photos, args.part, args.as_published)
    if accuracy >= least:  # not so for NaN
        return
    raise WeightsError(
        f"accuracy on unseen photos is {accuracy:.3f}, below {least:.3g}: no weights written; it takes more photos "
        f"than {photos}, or more passes (--epochs {2 * epochs}); --min-accuracy 0 writes the weights as they are"
    )


class Chained:
    """Several inputs as one stream with ``read``, which goes on after the end of each."""

    def __init__(self, items):
        self.items = list(items)
        self.stream = None
        self.label = "-"  # name of the input that is being read

    def read(self, size):
        while True:
            if self.stream is None:
                if not self.items:
                    return b""
                self.label = self.items[0].label
                self.stream = self.items.pop(0).open()
            piece = self.stream.read(size)
            if piece:
                return piece
            self.stream.close()
            self.stream = None


def read_records(items, dtype, most_bytes):
    """The records of all inputs, their digest, and how they were made; an error names the input it is about."""
    from blurkit.io.patchset import read_patches

    stream = Chained(items)
    try:
        return read_patches(stream, dtype, most_bytes)
    except InputError as error:
        raise InputError(f"{stream.label}: {error}") from error


def table(measured, args):
    """Print the measured figures as a table on stderr."""
    if args.quiet:
        return
    from rich.console import Console
    from rich.table import Table

    title = f"{args.method}: on photos kept out of training"
    rows = Table("measured", "value", title=title, min_width=len(title))  # a narrower table would break the title
    for name, value in measured.items():
        rows.add_row(name.replace("_", " "), f"{value:.4f}" if value == value else "not measured")
    Console(stderr=True).print(rows)


def main(argv=None):
    return run("blur-train", describe, work_on, argv)
