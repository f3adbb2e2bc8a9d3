"""blur-train: a patch set in, weights out."""

from blurkit.cli import inputs, options, output, progress, types
from blurkit.cli.run import run
from blurkit.errors import InputError, UsageError, WeightsError

FORMS = ("npz",)
MOST_BYTES = 4 << 30


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
    group = parser.add_argument_group("training")
    group.add_argument(
        "--epochs", metavar="N", type=types.positive, help="passes over the patches (default: what the method needs)"
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
        "(default: what the method needs)",
    )
    options.output(parser, FORMS, "npz")


def work_on(args, console):
    from blurkit import methods
    from blurkit.io.weights import check_arrays, write_weights
    from blurkit.ops.backend import torch_device
    from blurkit.train import train_weights

    options.check_part(args)
    items = inputs.from_args(args, console)
    method, info = methods.get(args.method, args.part), methods.info(args.method, args.part)
    epochs = args.epochs or info.epochs
    least = info.least_accuracy if args.min_accuracy is None else args.min_accuracy
    with output.Output(args, console, FORMS, "npz") as out:
        if out.folder:
            raise UsageError("weights are one file: name it with -o FILE")
        out.spare(items, args)
        device = torch_device(args.device, args.threads)
        records, digest, origins = read_records(items, method.patch_record(), args.max_bytes)
        console.detail(f"{len(records)} patches")
        with Report(args) as report:
            arrays, measured = train_weights(records, args.method, epochs, args.seed, device, report, args.part)
        table(measured, args)
        check_arrays(arrays, method.SHAPES)  # hostile records can lead to NaN
        accuracy = measured["accuracy"]
        if not accuracy >= least:  # also for NaN
            raise WeightsError(
                f"accuracy on unseen photos is {accuracy:.3f}, below {least:g}: no weights written (--min-accuracy)"
            )
        threads = f" --threads {args.threads}" if args.threads else ""
        part = " --for score" if methods.has_own_score(args.method) and args.part == "score" else ""
        header = {
            "method": args.method,
            "part": args.part,
            "command": f"blur-train --method {args.method}{part} --epochs {epochs} --seed {args.seed}{threads}",
            "patches": len(records),
            "photos": len(set(records["photo"].tolist())),
            "patches_sha256": digest,
            "patches_made_by": origins,
            "versions": versions(),
            "measured": {name: round(value, 6) for name, value in measured.items()},
        }
        out.write(None, [write_weights(arrays, header)])


def versions():
    """What weights are made with: {name: version}."""
    import platform

    import numpy as np
    import torch

    from blurkit import __version__

    made_with = {"blurkit": __version__, "numpy": np.__version__, "torch": str(torch.__version__)}
    return {**made_with, "python": platform.python_version()}


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


class Report:
    """A progress bar for each phase of training, with loss and accuracy."""

    def __init__(self, args):
        self.args = args
        self.bar, self.phase, self.loss, self.accuracy = progress.Silence(), None, 0.0, 0.0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bar.close()

    def __call__(self, phase, step, steps, loss, accuracy):
        if phase != self.phase:
            self.bar = progress.start(steps, self.args, "step", phase)
            self.phase, self.loss, self.accuracy = phase, loss, accuracy
        self.loss += 0.02 * (loss - self.loss)
        self.accuracy += 0.02 * (accuracy - self.accuracy)
        self.bar.set_postfix(loss=f"{self.loss:.3f}", accuracy=f"{self.accuracy:.3f}")
        self.bar.update()


def table(measured, args):
    """Print the measured figures as a table on stderr."""
    if args.quiet:
        return
    from rich.console import Console
    from rich.table import Table

    title = f"{args.method}: on photos kept out of training"
    rows = Table("measured", "value", title=title, min_width=len(title))  # a narrower table would break the title
    for name, value in measured.items():
        rows.add_row(name.replace("_", " "), f"{value:.4f}")
    Console(stderr=True).print(rows)


def main(argv=None):
    return run("blur-train", describe, work_on, argv)
