"""Shows that verify.py can fail: control.py [VECTOR_DIR]. Exits 0 when every change is noticed, 1 otherwise.

1. In every vector, every value is changed at its first, middle and last place (a bit of a byte, a character, a number,
   a truth), one at a time, and the vector must no longer hold. Where that cannot be asked stands in TOLERATED, with why.
2. For every file, verify.py itself must exit with 1 over a directory in which that file has a change, is missing,
   stands there under another name, or has a vector with a member that is unknown or missing.
"""

import copy
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import checks  # noqa: E402
import verify  # noqa: E402

VERIFY = Path(__file__).resolve().parent / "verify.py"
HEXADECIMAL = "0123456789abcdef"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def is_tolerated(name, vector, path):
    """Why a change of this value may go unnoticed, or None."""
    if path[-1] == "name" or path == ("about",):
        return "titles say nothing to a program"
    if name == "negative.json" and path != ("error",):
        return "what was refused may stay refused after a change"
    refused = vector.get("ok") is False or vector.get("verdict", "ok") != "ok"
    if refused and path not in (("ok",), ("verdict",), ("card",), ("signSeed",), ("boxSecret",), ("inboxSecret",)):
        return "what was refused may stay refused after a change"
    if name == "checkpoints.json" and vector["error"] is not None and path != ("error",):
        return "what was refused may stay refused after a change"
    if name == "checkpoints.json" and path == ("quorum",):
        return "fewer may be asked for than have cosigned"
    if name == "checkpoints.json" and path == ("note",) and vector["name"].startswith("with a line"):
        return "lines of strangers are passed over"
    if name == "areas.json" and path not in (("covers",), ("overlaps",)):
        return "another place may be as near"
    if name == "pressing-words.json" and path[0] == "words":
        return "another word may be as absent, or stand beside one that is found"
    if name == "canonical-json.json" and path == ("bytes",):
        return "another text may be canonical too"
    return None


def leaves(value, path=()):
    """The path of every value that is neither object nor list."""
    if isinstance(value, dict):
        for member in value:
            yield from leaves(value[member], (*path, member))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def changes(path, value):
    """Other values, each differing in one place."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if value is None:
        return ["x"]
    if not value:
        return ["00"]
    last = len(value.rstrip("=")) - 1
    places = sorted({0, last // 2, last})
    return [value[:at] + _other(str(path[-1]), value, at) + value[at + 1:] for at in places]


def _other(member, value, at):
    if member.endswith("Base64"):
        # The top bit of the six, which is spare in no character.
        return BASE64[BASE64.index(value[at]) ^ 32]
    if all(character in HEXADECIMAL for character in value):
        return HEXADECIMAL[int(value[at], 16) ^ 1]
    # Q, since A folds to the same letter as 4 does where words are compared.
    return "Q" if value[at] not in "Qq" else "Z"


def changed(vector, path, value):
    other = copy.deepcopy(vector)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return other


def every_value(everything):
    """(changes made, changes tolerated, what went unnoticed)"""
    made, tolerated, unnoticed = 0, 0, []
    for name in checks.FILES:
        for number, vector in enumerate(verify.vectors_of(name, everything[name])):
            for path, value in leaves(vector):
                if is_tolerated(name, vector, path):
                    tolerated += 1
                    continue
                for other in changes(path, value):
                    made += 1
                    if verify.failure(name, changed(vector, path, other), everything) is None:
                        unnoticed.append(f"{name} {number} {'.'.join(map(str, path))}: {str(other)[:60]}")
    return made, tolerated, unnoticed


# The value of each file that is changed for the whole program to notice: an expected output.
EXPECTED = {
    "hashes.json": "hash", "public-keys.json": "ok", "signatures.json": "ok", "canonical-json.json": "ok",
    "statements.json": "digest", "day-chain.json": "boxPublic", "wraps.json": "seed", "clip-keys.json": "commitment",
    "fragments.json": "leafHash", "merkle.json": "root", "clip-file.json": "manifestDigest", "grants.json": "digest",
    "sealed-messages.json": "plain", "consents.json": "grant", "shares.json": "verdict", "delivery.json": "shareDigest",
    "channel.json": "body", "pairing.json": "transcript", "audit.json": "device", "negative.json": "error",
    "media.json": "thumbnail", "log-keys.json": "keyId", "checkpoints.json": "error", "tiles.json": "root",
    "log-proofs.json": "ok", "log-texts.json": "extra", "web-tokens.json": "authorization", "register-leaves.json": "digest", "areas.json": "covers",
    "pressing-words.json": "found", "rule-book.json": "register",
}


def _exit_code(everything):
    with tempfile.TemporaryDirectory() as directory:
        for name, content in everything.items():
            (Path(directory) / name).write_text(json.dumps(content, ensure_ascii=False), "utf-8")
        run = subprocess.run([sys.executable, str(VERIFY), "--json", directory], capture_output=True, check=False)
        if json.loads(run.stdout)["ok"] != (run.returncode == 0):
            raise SystemExit("--json and exit code differ")
        return run.returncode


def whole_program(everything):
    """What verify.py does not notice."""
    unnoticed = [] if _exit_code(everything) == 0 else ["the vectors as they are"]

    def expect_failure(what, other):
        if _exit_code(other) != 1:
            unnoticed.append(what)

    for name in checks.FILES:
        last = verify.vectors_of(name, everything[name])[-1]
        value = changes((EXPECTED[name],), last[EXPECTED[name]])[0]
        variants = {
            "an expected value changed": changed(last, (EXPECTED[name],), value),
            "an unknown member": {**last, "unknown": "00"},
            "a missing member": {member: last[member] for member in last if member != EXPECTED[name]},
        }
        for what, vector in variants.items():
            content = vector
            if name != "media.json":
                content = {**everything[name], "vectors": [*everything[name]["vectors"][:-1], vector]}
            expect_failure(f"{name}: {what}", {**everything, name: content})
        without = {other: everything[other] for other in everything if other != name}
        expect_failure(f"{name}: missing", without)
        if name != "media.json":
            expect_failure(f"{name}: no vectors", {**everything, name: {**everything[name], "vectors": []}})
        expect_failure(f"{name}: another name", {**without, f"x-{name}": everything[name]})
    return unnoticed


def main():
    everything = verify.load(sys.argv[1] if len(sys.argv) > 1 else verify.VECTORS)
    if set(everything) != set(checks.FILES):
        sys.exit("the vectors themselves have to hold first: run verify.py")
    made, tolerated, unnoticed = every_value(everything)
    unnoticed += whole_program(everything)
    print(f"{made} changes made, {tolerated} values left out")
    for what in unnoticed:
        print(f"not noticed: {what}")
    sys.exit(1 if unnoticed else 0)


if __name__ == "__main__":
    main()
