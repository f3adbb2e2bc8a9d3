"""blur-map: photos in, sharpness maps out."""

from blurkit.cli import inputs, options, output, pictures, types
from blurkit.cli.run import run
from blurkit.errors import UsageError

FORMS = ("npy", "png", "tiff", "pfm")
KIND_FORMS = ("npy", "png")
STRENGTH = 0.5  # of the map over the photo


def describe(parser):
    parser.usage = "blur-map [OPTION]... [FILE]..."
    parser.description = "Find what is in focus in photos: one map per photo, float32 in [0, 1], 1 = in focus."
    parser.examples = (
        ("blur-map -o map.npy photo.jpg", "the map of one photo"),
        ("blur-map -r -j 4 -o maps/ photos/", "a map for every photo of a tree, four at a time"),
    )
    options.files(parser, "photos", recursive=True)
    group = options.method(parser)
    group.add_argument("--raw", action="store_true", help="leave out the refinement (blur-refine does it)")
    options.sigma(group)
    group.add_argument(
        "--kind",
        action="store_true",
        help="write what blurs each pixel, instead of sharpness: 0 sharp, 1 out of focus, 2 moving (joint)",
    )
    group.add_argument(
        "--stage", metavar="STAGE", help="write what one stage of the method gives instead; list: say which there are"
    )
    options.weights(group)
    group = options.output(parser, FORMS, "npy", "map")
    picture_options(group)
    overlay_options(group)
    options.workers(parser)


def picture_options(group):
    """How a map becomes a PNG."""
    group.add_argument(
        "--stretch", action="store_true", help="PNG: darkest to black, brightest to white, instead of a fixed scale"
    )
    group.add_argument(
        "--colormap", dest="palette", action="store_const", const=options.PALETTES[0], help="PNG: in colour, for eyes"
    )
    group.add_argument(
        "--palette", choices=options.PALETTES, help="PNG: in these colours; --colormap is --palette viridis"
    )


def overlay_options(group):
    """How a map is drawn over its photo."""
    group.add_argument(
        "--overlay", action="store_true", help="PNG: the map in colour over the photo, for eyes (default viridis)"
    )
    group.add_argument(
        "--strength",
        metavar="S",
        type=types.share,
        default=STRENGTH,
        help=f"with --overlay: 0 shows the photo alone, 1 the map alone (default {STRENGTH})",
    )


def work_on(args, console):
    if args.stage == "list":
        list_stages(args)
        return
    items = inputs.from_args(args, console)
    with output.Output(args, console, FORMS, "npy") as out:
        check_picture_options(args, out)
        check_overlay(args, out)
        check_stage(args, out) if args.stage else check_planes(args, out)
        out.claim(items, args)
        wanted = pictures.wanted(items, out)
        if args.resume:
            console.detail(f"{len(items) - len(wanted)} of {len(items)} maps are there or may not be replaced")
        options.prepare(args)
        model = options.load_model(args)
        console.detail(f"method {model.method}, weights {model.weights_of('map')}")
        for item, sharpness in pictures.made(lambda item: one(item, args, model), wanted, out, args, console):
            out.write(item, encode(sharpness, out, args))


def one(item, args, model):
    """The map of one photo; with --overlay over the photo, as `encode` takes it."""
    photo = inputs.photo(item, args)
    if args.stage:
        return model.stage(photo, args.stage)
    if args.kind:
        result = model.kind_map(photo)
    elif args.raw:
        result = model.raw_map(photo, sigma=args.sigma).planes()
    else:
        result = model.blur_map(photo) if args.sigma else model.sharpness_map(photo)
    return over(photo, result, args) if args.overlay else result


def over(photo, result, args):
    """What was measured over its photo: (H, W, 3) uint8, BGR."""
    from blurkit.io.encode import KIND_COLOURS, coloured, overlaid, stretched
    from blurkit.ops.colour import eight_bits

    if args.kind:
        colours = KIND_COLOURS[result]
    else:
        colours = coloured(stretched(result) if args.stretch else result, args.palette or options.PALETTES[0])
    return overlaid(eight_bits(photo), colours, args.strength)


def check_picture_options(args, out):
    """Raise a UsageError if what makes a picture for eyes is given for another format than PNG."""
    if (args.stretch or args.palette) and out.form != "png":
        raise UsageError(f"--stretch, --colormap and --palette are for PNG, not {out.form.upper()}; add -f png")


def check_overlay(args, out):
    """Raise a UsageError if --overlay has no PNG to be drawn in, or --strength no overlay."""
    if args.overlay and out.form != "png":
        raise UsageError(f"--overlay is for PNG, not {out.form.upper()}; add -f png")
    if args.strength != STRENGTH and not args.overlay:
        raise UsageError("--strength goes with --overlay")


def list_stages(args):
    """Write a line for every stage: its name, its shape, and what it is."""
    from blurkit import methods

    if args.files or args.null or args.files0_from:
        raise UsageError("--stage list takes no photos")
    if args.output or args.format:
        raise UsageError("--stage list writes lines to standard output; -o and -f do not go with it")
    for name, stage in methods.outputs(args.method).items():
        output.line(f"{name}\t{stage.shape}\t{stage.about}")


def check_stage(args, out):
    """Raise a UsageError if the method has no such stage, or the options or the format do not go with it."""
    from blurkit import methods
    from blurkit.cli.hints import did_you_mean

    stages = methods.outputs(args.method)
    if args.stage not in stages:
        raise UsageError(
            f"method {args.method} has no stage {args.stage}{did_you_mean(args.stage, stages)}; --stage list says which"
        )
    for option in ("raw", "sigma", "kind", "overlay"):
        if getattr(args, option):
            raise UsageError(f"--{option} is about maps, and does not go with --stage")
    stage = stages[args.stage]
    if stage.planes != 1 and out.form != "npy":
        what = f"has {stage.planes} planes" if stage.planes else "is a table of points"
        raise UsageError(f"stage {args.stage} {what}, and {out.form.upper()} holds one plane: add -f npy")
    if out.form == "png" and stage.white is None and not args.stretch:
        raise UsageError(f"stage {args.stage} has no fixed scale for a PNG: add --stretch, or -f npy, tiff or pfm")


def check_planes(args, out):
    """Raise a UsageError if the method does not measure what is wanted, or the format cannot hold it."""
    from blurkit import methods

    info = methods.info(args.method)
    if getattr(args, "kind", False):
        check_kind(args, out, info)
    if args.sigma and not info.measures_sigma:
        others = methods.those_with("measures_sigma")
        raise UsageError(f"method {args.method} does not measure blur in pixels; --sigma goes with --method {others}")
    if args.sigma and out.form == "png":
        raise UsageError("--sigma is in pixels, and a PNG holds 0 to 1 only: add -f npy, tiff or pfm")
    if getattr(args, "raw", False) and info.raw_planes > 1 and out.form != "npy":
        raise UsageError(
            f"a raw map of method {args.method} has {info.raw_planes} planes, which only NPY holds: add -f npy"
        )


def check_kind(args, out, info):
    """Raise a UsageError if the method does not tell kinds of blur apart, or --kind does not go with another option."""
    from blurkit import methods

    if not info.learns_kinds:
        others = methods.those_with("learns_kinds")
        raise UsageError(f"method {args.method} does not tell kinds of blur apart; --kind goes with --method {others}")
    if out.form not in KIND_FORMS:
        raise UsageError(f"--kind writes numbers, which {out.form.upper()} is not for: add -f npy or png")
    for option in ("raw", "sigma", "stretch"):
        if getattr(args, option):
            raise UsageError(f"--kind writes numbers of kinds; --{option} does not go with it")
    if args.palette not in (None, options.PALETTES[0]):
        raise UsageError("--kind has three colours of its own: --colormap, not --palette")


def encode(sharpness, out, args):
    """A map, or with --overlay a picture in colours, as the pieces of a file."""
    from blurkit.io.encode import encode_kinds, encode_map, encode_png

    if getattr(args, "overlay", False):
        return [encode_png(sharpness)]
    if getattr(args, "kind", False):
        return encode_kinds(sharpness, out.form, args.palette)
    if getattr(args, "stage", None) and out.form == "png" and not args.stretch:
        from blurkit import methods

        sharpness = (sharpness / methods.output(args.method, args.stage).white).clip(0, 1)
    return encode_map(sharpness, out.form, args.stretch, args.palette)


def main(argv=None):
    return run("blur-map", describe, work_on, argv)
