"""All kinds of bad input in numbers, as a table: `make fuzz CASES=20000 SEED=0`.

Most MiB is what a case took beyond what was in use before it; commands in processes of their own are held to a bound
instead. A kind has a process of its own, so that a crash costs one case; every case can be repeated by its seed, kind
and number.
"""

import argparse
import faulthandler
import os
import random
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))  # where tests/ is
SHARES = {  # of 100 cases
    "photos": 28,
    "streams": 6,
    "maps": 18,
    "weights": 10,
    "patch sets": 8,
    "commands": 12,
    "arguments": 16,
    "processes": 2,
}
HEAD = f"{'kind':<12}{'cases':>8}{'refused':>9}{'accepted':>10}{'most MiB':>10}{'seconds':>9}{'failures':>10}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=20_000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("build/fuzz"), help="folder for the files that showed a bug")
    parser.add_argument("--kind", choices=SHARES, help="this kind alone")
    parser.add_argument("--number", type=int, help="this case alone")
    args = parser.parse_args()
    if args.number is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
        return print(*outcome(args, args.kind, args.number), sep="\t")
    print(f"seed {args.seed}\n{HEAD}", flush=True)
    failed = 0
    for kind, share in SHARES.items():
        if args.kind in (None, kind):
            failed += table_row(args, kind, args.cases if args.kind else args.cases * share // 100)
    print(f"{failed} failures" + (f"; their files are in {args.keep}" if failed else ""))
    sys.exit(failed > 0)


def table_row(args, kind, cases):
    """Run the cases of a kind, print their figures; return how many failed."""
    start, counts, most, failures = time.monotonic(), {"refused": 0, "accepted": 0}, 0, []
    first = 0
    while first < cases:
        for number, result, taken in child(args, kind, first, cases):
            first = number + 1
            if result in counts:
                counts[result] += 1
                most = max(most, taken)
            elif result != "begun":
                failures.append((number, result))
    spent = time.monotonic() - start
    done = f"{kind:<12}{cases:>8}{counts['refused']:>9}{counts['accepted']:>10}"
    print(f"{done}{most / 2**20:>10.1f}{spent:>9.0f}{len(failures):>10}", flush=True)
    for number, result in failures:
        print(f"    --kind {kind!r} --seed {args.seed} --number {number}: {result}", flush=True)
    return len(failures)


def child(args, kind, first, end):
    """(number, result, bytes) of the cases first..end-1, from a process of their own that may die.

    Before each of them comes (number, 'begun', 0).
    """
    args.keep.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        warnings.simplefilter("ignore")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say of each file
        stacks = open(args.keep / f"{kind}.stack", "a")
        faulthandler.enable(stacks)
        faulthandler.register(signal.SIGALRM, stacks, chain=True)
        with os.fdopen(writing, "w", buffering=1) as pipe:
            for number in range(first, end):
                pipe.write(f"{number}\tbegun\t0\n")
                pipe.write("\t".join(map(str, (number, *outcome(args, kind, number)))) + "\n")
        os._exit(0)
    os.close(writing)
    number = first
    with os.fdopen(reading) as pipe:
        for line in pipe:
            number, result, taken = line.rstrip("\n").split("\t")
            yield int(number), result, int(taken)
    _, code = os.waitpid(pid, 0)
    if code:
        yield int(number), f"the process died: {os.waitstatus_to_exitcode(code)}", 0


def outcome(args, kind, number):
    """('refused' or 'accepted' or a complaint in one line, bytes of memory) of one case."""
    import guard
    from arguments import COMMANDS
    from targets import READERS

    os.environ.update(OPENCV_LOG_LEVEL="SILENT")
    guard.ready()
    case = {**READERS, **COMMANDS}[kind](random.Random(f"{args.seed} {kind} {number}"))
    try:
        return guard.checked(case)
    except Exception as error:
        (args.keep / f"{kind}-{args.seed}-{number}".replace(" ", "-")).write_bytes(case[1])
        line = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{case[0][:200]}: {type(error).__name__}: {error} ({Path(line.filename).name}:{line.lineno})"
        return ascii(text).strip("'\"").replace("\t", " "), 0


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    main()
