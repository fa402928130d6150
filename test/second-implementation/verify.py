"""Opens and verifies every vector: verify.py [--json] [VECTOR_DIR]. Exits 0 when all hold, 1 otherwise."""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True

import checks  # noqa: E402

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


def _once_each(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a doubled member")
    return dict(pairs)


def load(directory):
    """Every entry of the directory, by name; what cannot be read as vectors stands there as None."""
    everything = {}
    for path in sorted(Path(directory).iterdir()):
        try:
            everything[path.name] = json.loads(path.read_text("utf-8"), object_pairs_hook=_once_each)
        except (OSError, ValueError):
            everything[path.name] = None
    return everything


def vectors_of(name, content):
    """The vectors of a file, or None where the file is not of the form of section 17."""
    if not isinstance(content, dict) or not isinstance(content.get("about"), str):
        return None
    if name == "media.json":
        return [content]
    if set(content) != {"about", "vectors"} or not isinstance(content["vectors"], list) or not content["vectors"]:
        return None
    return content["vectors"]


def failure(name, vector, everything):
    """Why a vector does not hold, or None. Whatever a check throws is a failure, a mistake of its own included."""
    try:
        checks.FILES[name](vector, everything)
        return None
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"


def verify_file(name, everything):
    if name not in everything:
        return {"vectors": 0, "failed": [f"{name} is missing"]}
    if name not in checks.FILES:
        return {"vectors": 0, "failed": [f"{name} is unknown"]}
    vectors = vectors_of(name, everything[name])
    if vectors is None:
        return {"vectors": 0, "failed": [f"{name} is not a file of vectors"]}
    failed = []
    for number, vector in enumerate(vectors):
        why = failure(name, vector, everything)
        if why is not None:
            title = vector.get("name") if isinstance(vector, dict) else None
            failed.append(f"{number} {title}: {why}" if title else f"{number}: {why}")
    return {"vectors": len(vectors), "failed": failed}


def verify(directory):
    everything = load(directory)
    files = {name: verify_file(name, everything) for name in sorted(set(everything) | set(checks.FILES))}
    return {"ok": not any(one["failed"] for one in files.values()), "files": files}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("directory", nargs="?", default=VECTORS, metavar="VECTOR_DIR")
    arguments.add_argument("--json", action="store_true", help="print {ok, files: {name: {vectors, failed}}}")
    options = arguments.parse_args()
    if not Path(options.directory).is_dir():
        arguments.error(f"{options.directory} is not a directory")
    result = verify(options.directory)
    if options.json:
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        for name, one in result["files"].items():
            print(f"{name}: {one['vectors'] - len(one['failed']) if one['vectors'] else 0} of {one['vectors']} vectors hold")
            for why in one["failed"]:
                print(f"  {why}")
    sys.exit(0 if result["ok"] else 1)


if __name__ == "__main__":
    main()
