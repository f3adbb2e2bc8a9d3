"""blur-refine: maps in, refined maps out."""

from blurkit.cli import inputs, options, output, pictures, types
from blurkit.cli.map import FORMS, check_picture_options, check_planes, encode, picture_options
from blurkit.cli.run import run
from blurkit.errors import InputError


def describe(parser):
    parser.usage = "blur-refine [OPTION]... --guide PHOTO [FILE]..."
    parser.description = "Refine raw maps (from blur-map --raw) along the photos they were made from."
    parser.examples = (
        ("blur-refine --guide a.jpg -o a.npy raw.npy", "refine one raw map along its photo"),
        ("blur-map --raw a.jpg | blur-refine --guide a.jpg > a.npy", "the same in a pipe"),
    )
    group = options.files(parser, "maps: NPY (any number in one stream), PNG, TIFF or PFM")
    group.add_argument(
        "--guide", metavar="PHOTO", action="append", default=[], help="the photo of a map; given once per map, in order"
    )
    method = options.method(parser)
    options.sigma(method)
    method.add_argument(
        "--steps",
        metavar="N",
        type=types.steps,
        help="the paper's map after N steps, or its 'mix' of several, not brought to 1 (zeng, --as-published)",
    )
    picture_options(options.output(parser, FORMS, "npy", "map"))


def work_on(args, console):
    items = inputs.from_args(args, console)
    with output.Output(args, console, FORMS, "npy") as out:
        check_picture_options(args, out)
        check_planes(args, out)
        out.claim(items, args)
        for named, raw, guide in pictures.maps_with_photos(items, args.guide, "--guide", args, console, raw=True):
            if out.wants(named):
                refine_one(named, raw, guide, args, out, console)


def refine_one(item, raw, guide, args, out, console):
    """Refine and write one map; a bad photo or one of another size costs only this map."""
    from blurkit.refine import refine_map

    about = item.label if guide is None else guide.label  # what an error is about
    try:
        photo = None if guide is None else inputs.photo(guide, args)
        about = item.label
        refined = refine_map(raw, photo, args.method, args.as_published, args.working_size, args.sigma, args.steps)
    except (InputError, MemoryError) as error:
        console.bad(about, error)
    else:
        console.detail(f"{item.label}: {raw.shape[-1]}x{raw.shape[-2]} refined")
        out.write(item, encode(refined, out, args))


def main(argv=None):
    return run("blur-refine", describe, work_on, argv)
