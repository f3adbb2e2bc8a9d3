"""Hints for wrong usage: what was meant. Imported only after an error."""

import difflib
import os

from blurkit.cli.completions import parsers

ALIKE = 0.65  # share of letters in common, as difflib counts them, from which on one word may be meant by another
LIKE_NAMES = 4  # lines of standard input that must look like names of files
SUFFIXES = (".npy", ".npz", ".pfm")  # of files that are no pictures

# What people type who come from other programs: (options that are not there, one that is, how to write it).
# The first row counts whose second entry is an option of the command.
HABITS = (
    ("-R --recurse --recursively --recursion --subfolders --subdirs", "-r", "-r"),
    ("--output-dir --out-dir --outdir --output-folder --output-directory --directory --dest -d", "-o", "-o FOLDER/"),
    ("--out --outfile --out-file --output-file --save -O", "-o", "-o OUT"),
    ("--threshold --thresh --cutoff --min-score --min-sharpness -t", "--fail-below", "--fail-below T"),
    ("--threshold --thresh --cutoff", "--threshold", "--threshold T"),
    ("--tsv --table --excel", "--csv", "--csv"),
    ("--jsonl --output-format --format -f", "--json", "--json"),
    ("--limit --head --best --count -n", "--top", "--top N"),
    ("--tail --worst --lowest", "--bottom", "--bottom N"),
    ("--sorted --order --order-by --sort-by", "--sort", "--sort"),
    ("--workers --num-workers --processes --procs --parallel --cores --cpus --njobs -P -p -n", "-j", "-j N"),
    (
        "--files-from --from-file --file-list --filelist --input-list --list -T",
        "--files0-from",
        "--files0-from F, each name ended by NUL",
    ),
    ("--null --print0 -print0 --zero -z", "-0", "-0"),
    ("--gpu --cuda --use-gpu", "--device", "--device cuda"),
    ("--cpu --no-gpu --no-cuda", "--device", "--device cpu"),
    ("--model --algorithm --backend -m", "--method", "--method"),
    ("--checkpoint --ckpt --model-path --weight", "--weights", "--weights FILE"),
    ("--size --resize --max-dim --max-side --max-width --scale", "--max-size", "--max-size N"),
    ("--size --resize --max-dim --max-side --max-size --scale", "--working-size", "--working-size N"),
    ("--overwrite --replace --clobber --yes -y", "--force", "--force"),
    ("--skip-existing --continue --no-clobber --skip --no-overwrite", "--resume", "--resume"),
    ("--color --colour --colourmap --cmap --heatmap", "--colormap", "--colormap"),
    ("--inverse --invers --negate --reverse", "--invert", "--invert"),
    ("--photo --image --photos", "--guide", "--guide PHOTO"),
    ("--html --gallery --page", "--report", "--report HTML"),
    ("--random-seed --random-state", "--seed", "--seed N"),
    ("--silent --no-progress --no-progress-bar", "-q", "-q"),
    ("-V", "--version", "--version"),
    ("-? --usage -help", "--help", "--help"),
)
# {options that a command does not need: a sentence about {prog} and the {takes} it takes}
NO_OPTION = {
    "--input --inputs --image --images --photo --photos --file --files --path -i": "files are named without an option",
    "--output --out --outfile --output-file --output-dir --outdir --out-dir -o -O": (
        "{prog} writes lines to standard output: {prog} ... > FILE"
    ),
    "-r -R --recursive --recurse": "{prog} takes {takes}, not folders: name them, as in FOLDER/*",
}


def did_you_mean(word, words):
    """'; did you mean ...?' if one of `words` is like `word`, else an empty text."""
    by_letters = {option.lstrip("-"): option for option in words}
    bare = word.lstrip("-").lower().replace("_", "-")
    longer = [option for option in by_letters if bare and option.startswith(bare)]
    meant = longer if len(longer) == 1 else difflib.get_close_matches(bare, by_letters, 1, ALIKE)
    return f"; did you mean {by_letters[meant[0]]}?" if meant else ""


def unknown(parser, words):
    """The error for options that a command does not have."""
    text = ""
    for word in words:
        name = word.partition("=")[0]
        if text:
            text += " " if text.endswith("?") else "; "
        text += f"there is no option {name}{meant(parser, name)}"
    return text


def meant(parser, name):
    """What an option that a command does not have may mean, as the end of a sentence."""
    options = parser._option_string_actions
    for others, option, written in HABITS:
        if name in others.split() and option in options:
            return f"; did you mean {written}?"
    for others, text in NO_OPTION.items():
        if name in others.split():
            return "; " + text.format(prog=parser.prog, takes=parser.get_default("takes"))
    if having := [command for command, other in parsers() if name in other._option_string_actions]:
        return f"; {' and '.join(having)} {'has' if len(having) == 1 else 'have'} it"
    return (
        did_you_mean(name, [option for option in options if option.startswith("--")])
        or f"; {parser.prog} --help shows all"
    )


def with_way_out(parser, message):
    """The error for wrong usage, with a hint at a file name taken for options, or a long option with one dash."""
    options = parser._option_string_actions
    for word in parser.words:
        name = word.partition("=")[0]
        if not word.startswith("-") or word == "-" or name in options:
            continue
        if os.path.lexists(word):
            return f"{message.partition(';')[0]}; a name that starts with - goes after --: {parser.prog} -- {word}"
        if f"-{name}" in options and "did you mean" not in message:
            return f"{message}; did you mean -{name}?"
    return message


def folder(args):
    """The error for a folder in place of a file; `args` are the arguments of the command, or None."""
    if args is None:
        return "is a folder"
    if hasattr(args, "recursive"):
        return "is a folder; -r takes the photos in it"
    return f"is a folder; name the {args.takes} in it, as in FOLDER/*"


def names(start, args):
    """The error for standard input whose `start` is names of files; None if it is something else."""
    from blurkit.io.photo import PICTURE_SUFFIXES, RAW_SUFFIXES

    lists = start.split(b"\0") if b"\0" in start else start.splitlines()
    whole = lists[:-1] if len(lists) > 1 else lists  # the last may be cut short
    try:
        firsts = [os.fsencode(name).decode() for name in whole[:LIKE_NAMES]]
    except UnicodeDecodeError:
        return None
    endings = PICTURE_SUFFIXES + RAW_SUFFIXES + SUFFIXES
    likely = [name.isprintable() and (name.lower().endswith(endings) or os.path.exists(name)) for name in firsts]
    if not likely or not all(likely):
        return None
    command, takes = ("blur-map", "photos") if args is None else (args.parser.prog, args.takes)
    pipe = f"find ... -print0 | {command} -0"
    if b"\0" in start:
        return f"standard input holds names, not {takes}; add -0: {pipe}"
    what = "a photo" if takes == "photos" else takes
    return f"standard input holds names, not {what}; -0 reads names each ended by NUL: {pipe}"
