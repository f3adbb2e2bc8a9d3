"""Shell completions, written from the parsers: ``python -m blurkit.cli.completions OUTDIR``."""

import importlib
import re
import sys
from pathlib import Path

from blurkit import __version__
from blurkit.cli import options

COMMANDS = ("patches", "train", "map", "refine", "mask", "score")
FOLDERS = ("DIR", "GOOD", "BAD")  # metavars of values
FILES = ("FILE", "F", "OUT", "PHOTO", "MASKS", "HTML")
WORDS = {
    "--device": ("auto", "cpu", "cuda"),
    "--threshold": ("otsu", "mean"),
    "--region": ("all", "mask"),
}  # values that may also be a word
ZSH_FOLDERS = (
    "{(( ${words[(I)(--recursive|-SHORT#rSHORT#)]} )) && _files -/ || _files}"  # with -r; else, or without any, files
)
FISH_FOLDERS = " -f -a '(__fish_complete_directories)'"
MADE = "made by python -m blurkit.cli.completions; do not edit"

BASH = """\
# bash completion for {command}; {made}
_{name}() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} words=
    if [[ $current == = ]]; then  # --option=
        current=
    elif [[ $previous == = ]]; then  # --option=value
        previous=${{COMP_WORDS[COMP_CWORD-2]}}
    fi
{second_values}    COMPREPLY=()
    case $previous in
{cases}
        *) if [[ $current == -* ]]; then words="{flags}"{below}; fi ;;
    esac
    [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _{name} {command}
"""


def parsers():
    """Every command's name and parser, in the order of `COMMANDS`."""
    for name in COMMANDS:
        command = f"blur-{name}"
        yield command, options.build(command, importlib.import_module(f"blurkit.cli.{name}").describe, __version__)


def switches(parser):
    """The parser's options, each an argparse action with its `value`."""
    return [(action, *value(action)) for action in parser._actions if action.option_strings]


def value(action):
    """What an option takes: (kind, words); kind is none, words, files, folders or any."""
    words = tuple(action.choices or WORDS.get(action.option_strings[-1], ()))
    metavar = action.metavar[0] if isinstance(action.metavar, tuple) else action.metavar
    if action.nargs in (0, "?"):  # a value that may be left out is not offered
        return "none", words
    if words:
        return "words", words
    if metavar in FOLDERS:
        return "folders", words
    return "files" if metavar in FILES else "any", words


def recursive(parser):
    """The short options that may stand beside -r in one word, as a glob of bash and zsh; None if -r is no option."""
    if "-r" not in parser._option_string_actions:
        return None
    names = [name for action, kind, _ in switches(parser) if kind == "none" for name in action.option_strings]
    letters = sorted(name[1] for name in names if len(name) == 2)
    return f"[{''.join(letters)}]"


def gist(action):
    """The help of an option without its asides."""
    return re.sub(r"( \([^()]*\))+$", "", action.help.split("; ")[0])


def quoted(text, quote):
    """A text in single quotes, its own quotes written as `quote`."""
    return "'" + text.replace("'", quote) + "'"


def bash(command, parser):
    """The bash file of one command; bash itself completes file names if no words are offered."""
    answers = {
        "words": 'words="{}" ',
        "files": "",
        "folders": "compopt +o default -o dirnames ",
        "any": "compopt +o default ",
    }
    cases, second_values = [], ""
    for action, kind, words in switches(parser):
        if kind != "none":
            cases.append(f"        {'|'.join(action.option_strings)}) {answers[kind].format(' '.join(words))};;")
        if action.nargs == 2:
            (name,) = action.option_strings
            condition = f"$COMP_CWORD -gt 2 && ${{COMP_WORDS[COMP_CWORD-2]}} == {name}"
            second_values += f"    [[ {condition} ]] && previous={name}\n"
    flags = " ".join(flag for action, *_ in switches(parser) for flag in action.option_strings)
    short, below = recursive(parser), ""
    if short:
        is_given = f'" ${{COMP_WORDS[*]}} " =~ \\ (--recursive|-{short}*r{short}*)\\ '
        below = f"\n        elif [[ {is_given} ]]; then compopt -o dirnames"
    name = command.replace("-", "_")
    return BASH.format(
        command=command,
        name=name,
        made=MADE,
        cases="\n".join(cases),
        flags=flags,
        second_values=second_values,
        below=below,
    )


def zsh(commands):
    """The zsh file of all commands."""
    cases = ""
    for command, parser in commands:
        short = recursive(parser)
        below = ZSH_FOLDERS.replace("SHORT", short) if short else "_files"
        specs = ["_arguments -s -S", *(zsh_option(*switch) for switch in switches(parser)), f"'*:file:{below}' ;;"]
        cases += f"    {command})\n        " + " \\\n            ".join(specs) + "\n"
    return f"#compdef {' '.join(command for command, _ in commands)}\n# {MADE}\ncase $service in\n{cases}esac\n"


def zsh_option(action, kind, words):
    """One option as _arguments takes it: (those it excludes) its names [its gist] : value : how to complete it."""
    how = {"none": "", "words": f"({' '.join(words)})", "files": "_files", "folders": "_files -/", "any": " "}[kind]
    text = "[" + gist(action).replace("[", "\\[").replace("]", "\\]") + "]"
    metavars = action.metavar if isinstance(action.metavar, tuple) else (action.metavar or "value",)
    text += "".join(f":{metavar}:{how}" for metavar in metavars) if how else ""
    may_repeat = isinstance(action.default, list)
    first = "'*'" if may_repeat else f"'({' '.join(action.option_strings)})'"
    names = [
        name + ("=" if name.startswith("--") else "+") * bool(how and action.nargs is None)
        for name in action.option_strings
    ]
    spread = names[0] if len(names) == 1 else f"{{{','.join(names)}}}"
    return first + spread + quoted(text, "'\\''")


def fish(command, parser):
    """The fish file of one command."""
    answers = {
        "none": "",
        "words": " -x -a '{}'",
        "files": " -r -F",
        "folders": " -x -a '(__fish_complete_directories)'",
        "any": " -x",
    }
    lines = [f"# fish completion for {command}; {MADE}"]
    for action, kind, words in switches(parser):
        names = "".join(
            f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in action.option_strings
        )
        description = quoted(gist(action), "\\'")
        lines.append(f"complete -c {command}{names}{answers[kind].format(' '.join(words))} -d {description}")
        if action.nargs == 2:
            condition = f"'contains -- {action.option_strings[0]} (commandline -opc)[-2]'"
            lines.append(f"complete -c {command} -n {condition}{FISH_FOLDERS}")
    if recursive(parser):
        lines.append(f"complete -c {command} -n '__fish_contains_opt -s r recursive'{FISH_FOLDERS}")
    return "\n".join(lines) + "\n"


def main(folder):
    """Write all completions into a folder: bash and fish want a file per command, zsh takes one for all."""
    commands, folder = list(parsers()), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for command, parser in commands:
        (folder / command).write_text(bash(command, parser))
        (folder / f"{command}.fish").write_text(fish(command, parser))
    (folder / "_blurkit").write_text(zsh(commands))


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit("usage: python -m blurkit.cli.completions OUTDIR")
