"""The pictures in inputs: a file or a stream holds one, or any number one after the other."""

from collections import deque
from fractions import Fraction

from blurkit.cli import inputs, parallel, progress
from blurkit.errors import InputError, NotAMap, UsageError

COMBED = "is interlaced: what moves has combs, which pass for sharp edges; ffmpeg -vf yadif takes them out"


def every(items, args, console):
    """An Input for every picture of some inputs, see `of`."""
    for item in items:
        yield from of(item, args, console)


def wanted(items, out):
    """The inputs that have results to be made; standard input may hold many under other names."""
    return [item for item in items if item.path is None or out.wants(item)]


def made(work, items, out, args, console):
    """(input, result) of every picture of some inputs whose result is wanted, with a bar; errors are told.

    The results are those of `work` on the Input of a picture, in order.
    """
    bar = progress.start(len(items), args, "photo")
    photos = (item for item in every(items, args, console) if item.is_bad or out.wants(item))
    for item, result, error in parallel.in_order(work, photos, args.jobs):
        if error:
            console.bad(item.label, error)
        else:
            yield item, result
        bar.update((item.frame or 1) == 1)  # an input has one step, however many pictures it holds
    bar.close()


def of(item, args, console):
    """An Input for every picture of one, its bytes read, one at a time.

    Where there are several, each has its number. A picture that cannot be read is an Input as well, and the last one:
    reading it gives the error.
    """
    number = 0
    try:
        stream = item.open()
    except InputError as error:
        yield item._replace(data=error)
        return
    try:
        is_pipe = item.path is None or item.data is not None
        for number, picture in numbered(read(stream, args), is_pipe and bool(getattr(args, "fps", None))):
            remark(item, number, picture, args, console)
            yield one_of(item, number, picture, args)
    except InputError as error:
        yield failed(item, number, error)
    except OSError as error:
        yield failed(item, number, item.unreadable(error))
    finally:
        if item.path is not None:
            stream.close()


def read(stream, args):
    """The pictures of a stream."""
    from blurkit.io.pictures import pictures

    return pictures(stream, args.max_pixels, pages=getattr(args, "pages", False))


def numbered(pictures, is_series):
    """(number from 1, picture) of each; (0, picture) of one that is alone.

    Whether one is alone shows only when the next begins or the stream ends; a frame of a video, and of what the user
    calls a series, has its number whatever comes.
    """
    waiting = deque([next(pictures)])
    if not (is_series or waiting[0].is_frame):
        try:
            waiting.append(next(pictures))
        except StopIteration:
            yield 0, waiting.popleft()
            return
        except InputError:
            yield 1, waiting.popleft()
            raise
    number = 0
    while waiting:
        number += 1
        yield number, waiting.popleft()
        if not waiting:
            waiting.extend(picture for picture in [next(pictures, None)] if picture is not None)


def one_of(item, number, picture, args):
    """The Input of one picture."""
    if not number:
        return item._replace(data=picture.data, others=picture.others)
    rate = getattr(args, "fps", None)
    time = Fraction(number - 1) / rate if rate else picture.time
    return item._replace(data=picture.data, stem=f"{item.stem}-{number:06}", frame=number, time=time)


def failed(item, number, error):
    """The Input whose reading gives an error, after `number` pictures."""
    return item._replace(data=error, frame=number + 1 if number else None)


def remark(item, number, picture, args, console):
    """Say once what may surprise."""
    remark_pages(item, picture.others, args, console)
    if picture.is_interlaced and number == 1 and not args.quiet:
        console.say(f"{item.name}: {COMBED}")


def remark_pages(item, others, args, console):
    """Say how many pages of a TIFF are passed over."""
    if others and not args.quiet:
        console.say(f"{item.name}: holds {others + 1} pages; the first is taken, and all with --pages")


def maps_with_photos(items, paths, option, args, console, raw=False, sigma=False):
    """Every map of the inputs with the Input of its photo (None if `paths` is empty).

    The photos may be frames of one stream. A map that cannot be read is reported and uses up its photo, so that the
    other maps keep theirs.
    """
    if "-" in paths and (args.null or args.files0_from == "-" or any(item.path is None for item in items)):
        raise UsageError(f"standard input cannot be both {option} and a map or a list")
    sources = [inputs.Input(None if path == "-" else path, inputs.NAMELESS) for path in paths]
    photos = every(sources, args, console)
    count = 0
    for item in items:
        try:
            for named, sharpness in inputs.maps(item, args.max_pixels, raw, sigma):
                count += 1
                photo = next(photos, None)
                if paths and photo is None:
                    raise UsageError(f"map {count} has no photo; give {option} once per map")
                yield named, sharpness, photo
        except InputError as error:
            if isinstance(error, NotAMap) and hasattr(args, "photos"):
                error = InputError(f"{error}; --photos makes its map first")
            console.bad(item.label, error)
            next(photos, None)
    left = sum(1 for _ in photos)
    if left and not console.status:
        raise UsageError(f"there are {count} maps, but {count + left} photos; give {option} once per map")
