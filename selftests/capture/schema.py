# SPDX-License-Identifier: GPL-2.0-or-later
"""schema.py HIOD CORPUS DOCS: run by test_schema.sh; prints KTAP."""
import copy
import functools
import glob
import json
import os
import subprocess
import sys
import tempfile

import jsonschema

hiod, corpus, docs = sys.argv[1:4]


def validator(name):
    with open(os.path.join(docs, name), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


host_schema = validator("host.schema.json")
capture_schema = validator("capture.schema.json")


def unique(pairs):
    keys = [k for k, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError("duplicate key")
    return dict(pairs)


@functools.lru_cache(maxsize=None)  # hosts have most lines in common
def line_by_schema(kind, text):
    try:
        d = json.loads(text, object_pairs_hook=unique)
    except ValueError as e:
        return str(e)
    v = host_schema if kind == "host" else capture_schema
    for e in v.iter_errors(d):
        return e.message[:200]
    return None


def by_schema(kind, text):
    """None, or why the schema refuses it."""
    for d in [text] if kind == "host" else text.splitlines():
        why = line_by_schema(kind, d)
        if why:
            return why
    return None


def by_reader(directory, texts):
    """For each (kind, text): None, or the reader's message."""
    paths = []
    for i, (kind, text) in enumerate(texts):
        suffix = ".host.json" if kind == "host" else ".capture.jsonl"
        path = os.path.join(directory, "%d%s" % (i, suffix))
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        paths.append(path)
    said = {}
    for at in range(0, len(paths), 500):
        run = subprocess.run([hiod, "validate", "-q"] + paths[at:at + 500],
                             capture_output=True, text=True, check=False)
        if run.returncode not in (0, 2):
            raise RuntimeError("hiod validate: %d %s" % (run.returncode, run.stderr[:300]))
        for line in run.stderr.splitlines():
            path = line.partition("hiod: ")[2].partition(":")[0]
            said[path] = line
    return [said.get(p) for p in paths]


# ---- documents that are wrong in one way -----------------------------------

FULL_HOST = {
    "hiod-host": 1, "origin": "made", "source": "by hand", "kernel": "6.12.117",
    "cmdline": "quiet", "features": {"iommufd": False},
    "type1-unsafe-interrupts": True, "iommufd-unsafe-interrupts": True, "noiommu": True,
    "compat-noiommu": True, "container-is-iommufd": True, "dma-entry-limit": 17,
    "container": {"major": 10, "minor": 196, "mode": "0666", "error": "EACCES"},
    "iommufd": {"major": 10, "minor": 257, "mode": "0660"},
    "iommus": [{
        "name": "dmar0", "link": "../../virtual/iommu/dmar0", "type": "intel",
        "registers": {"version": "1:0", "address": "0xfed90000", "cap": "0xd2008c22260206",
                      "ecap": "0xf00f4a"},
        "domains-supported": 65536, "domains-used": 5, "isolated-msi": False, "coherent": True,
        "domains": {
            "type1": {"start": "0x0", "last": "0x7fffffffff", "page-sizes": "0x1000"},
            "paging": {"error": "EINVAL", "start": "0x0", "last": "0xff", "page-sizes": "0x1000"},
            "pasid": {"error": "EOPNOTSUPP"}, "dirty": {"error": 524}},
        "hw-info": {"type": 1, "data": "0100ff"}}],
    "groups": [{"id": 7, "type": "DMA", "node": {"major": 253, "minor": 3},
                "reserved": [{"start": "0x1", "last": "0x2", "type": "msi"}]}],
    "devices": [{
        "bdf": "0000:00:05.0", "link": "../x", "driver": "vfio-pci", "group": 7, "iommu": 0,
        "mdev": True, "noiommu": True, "busy": True, "attributes": {"vendor": "0x1b36"},
        "vfio-dev": "vfio0", "cdev": {"major": 252, "minor": 0}, "hw-capabilities": "0x9",
        "max-pasid-log2": 20, "reserved": [{"start": "0x1", "last": "0x2", "type": "direct"}],
        "info": {"flags": 2, "regions": 9, "irqs": 5, "caps": "00"},
        "regions": [{"index": 0, "flags": 7, "size": "0x1000", "offset": "0x0", "caps": "ff"},
                    {"index": 8, "error": "EINVAL"}],
        "irqs": [{"index": 0, "flags": 7, "count": 1}, {"index": 3, "error": "EINVAL"}]}],
    "files": [{"path": "/proc/x", "content": "a"}, {"path": "/proc/l", "link": "x"},
              {"path": "/proc/e", "error": "EIO"}],
    "firmware": {"width": 39, "atsr": 1, "satc": 2, "reserved": [
        {"start": "0x1000", "last": "0x1fff", "devices": ["0000:00:14.0"]}]},
    "provenance": [{"key": "kernel", "how": "assumed", "note": "kernel 6.12"}],
}

HEADER = {"hiod-capture": 1, "client": "probe", "kernel": "6.12", "arch": "x86_64",
          "source": "here", "device": "0000:00:05.0"}
RESULT = {"result": {"verdict": "accepted"}}
CALLS = [
    {"call": "open", "path": "/dev/iommu", "flags": "0x80002", "ret": 3, "t": 0.25},
    {"call": "open", "path": "/dev/iommu", "flags": "0x2", "ret": -1, "errno": "ENOENT"},
    {"call": "close", "fd": 3, "kind": "iommufd", "ret": 0},
    {"call": "ioctl", "fd": 3, "kind": "container", "req": "0x3b65",
     "name": "VFIO_CHECK_EXTENSION", "arg": "0x3", "ret": 1},
    {"call": "ioctl", "fd": 3, "kind": "group", "req": "0x3b6a", "str": "0000:00:05.0", "ret": 4},
    {"call": "ioctl", "fd": 3, "kind": "iommufd", "req": "0x3b84", "in": "2000", "out": "2001",
     "mem": {"allowed_iovas": {"in": "00", "out": "ff"}}, "ret": -1, "errno": "EMSGSIZE"},
    {"call": "read", "fd": 3, "kind": "file", "len": 9, "text": "ab", "ret": 2},
    {"call": "pread", "fd": 3, "kind": "device", "len": 9, "off": "0x40", "out": "00ff", "ret": 2},
    {"call": "write", "fd": 3, "kind": "fault", "text": "ab", "ret": 2},
    {"call": "pwrite", "fd": 3, "kind": "device", "off": "0x4", "in": "0001", "ret": 2},
    {"call": "fstat", "fd": 3, "kind": "group", "mode": "020600", "rdev": [253, 0], "ret": 0},
    {"call": "stat", "path": "/x", "mode": "0100644", "rdev": [0, 0], "ret": 0},
    {"call": "access", "path": "/x", "flags": "0x4", "ret": -1, "errno": 524},
    {"call": "readlink", "path": "/x", "len": 511, "text": "../y", "ret": 4},
    {"call": "listdir", "path": "/x", "len": 64, "names": ["a", "bc"], "ret": 5},
]


def mutations(doc, path=()):
    """(what, document) for each member removed, of another type, out of range, and added to."""
    if isinstance(doc, dict):
        d = copy.deepcopy(doc)
        d["surprise"] = 1
        yield path + ("surprise added",), d
        for k in doc:
            d = copy.deepcopy(doc)
            del d[k]
            yield path + (k, "removed"), d
            for name, value in values(doc[k]):
                d = copy.deepcopy(doc)
                d[k] = value
                yield path + (k, name), d
            for what, inner in mutations(doc[k], path + (k,)):
                d = copy.deepcopy(doc)
                d[k] = inner
                yield what, d
    elif isinstance(doc, list):
        for i, v in enumerate(doc):
            for what, inner in mutations(v, path + (i,)):
                d = copy.deepcopy(doc)
                d[i] = inner
                yield what, d


def values(v):
    if not isinstance(v, str):
        yield "a string", "x"
    if isinstance(v, bool) or not isinstance(v, int):
        yield "a number", 5
    if not isinstance(v, (dict, list)):
        yield "an array", []
        yield "an object", {}
    yield "null", None
    if isinstance(v, (int, float)) and not isinstance(v, bool):
        yield "negative", -2
        yield "too big", 1 << 40
        yield "a fraction", 1.5
    if isinstance(v, str) and v.startswith("0x"):
        yield "no prefix", v[2:]
        yield "upper case", v.upper().replace("0X", "0x").replace("0x", "0xA")
        yield "17 digits", "0x" + "1" * 17
        yield "no digits", "0x"
    if isinstance(v, str) and v.startswith("E"):
        yield "no errno", "einval"
        yield "errno 0", 0


# What only the readers know: references, sums, names of requests, types with a meaning.
def semantic(what, kind):
    last = what[-1]
    if kind == "host":
        return what[0] in ("groups", "iommus") and last == "removed" and len(what) == 2 or \
            what[-2:] == ("id", "removed")
    return what[-2] in ("text", "out", "names", "in", "str", "ret") if len(what) > 1 else False


def host_documents():
    for what, d in mutations(FULL_HOST):
        # A free-form member's name and type are the host's own business.
        if "attributes" in what and what[-1] == "surprise added":
            continue
        if not semantic(what, "host"):
            yield "host " + ".".join(map(str, what)), ("host", json.dumps(d, indent=1))


def text_of(header, calls, result):
    return "".join(json.dumps(x) + "\n" for x in [header] + calls + [result])


def capture_documents():
    for what, d in mutations(HEADER):
        yield "header " + ".".join(map(str, what)), ("capture", text_of(d, [], RESULT))
    for i, call in enumerate(CALLS):
        for what, d in mutations(call):
            name = "%s %d %s" % (call["call"], i, ".".join(map(str, what)))
            # The sum of bytes is the readers' business, that of a result its sign.
            if semantic(what, "capture") and what[-1] == "removed":
                continue
            if what[-2:] in (("len", "negative"), ("ret", "negative")) or \
                    not (what[0] == "ret" and what[-1] in ("too big",) and
                         call["call"] not in ("open", "ioctl")):
                yield name, ("capture", text_of(HEADER, [d], RESULT))


# ---- the tests ---------------------------------------------------------------

results = []


def test(name, problems):
    for p in problems[:10]:
        print("# " + p)
    results.append((name, not problems))


print("KTAP version 1")
print("1..4")

files = sorted(glob.glob(os.path.join(corpus, "hosts", "*.json*")))
problems = [] if files else ["no files in " + corpus]
for path in files:
    with open(path, encoding="utf-8") as f:
        why = by_schema("host" if path.endswith(".host.json") else "capture", f.read())
    if why:
        problems.append("%s: %s" % (path, why))
test("schema.corpus_is_valid", problems)

run = subprocess.run([hiod, "validate"] + files, capture_output=True, text=True, check=False)
problems = run.stderr.splitlines()
if run.returncode or len(run.stdout.splitlines()) != len(files):
    problems.append("hiod validate: %d, %d lines for %d files" %
                    (run.returncode, len(run.stdout.splitlines()), len(files)))
test("schema.readers_accept_the_corpus", problems)

for kind, base, documents in (
        ("host", ("host", json.dumps(FULL_HOST)), host_documents),
        ("capture", ("capture", text_of(HEADER, CALLS, RESULT)), capture_documents)):
    named = [("the whole document", base)] + list(documents())
    with tempfile.TemporaryDirectory() as directory:
        read = by_reader(directory, [d for _, d in named])
    problems = []
    refused = 0
    for (name, (k, text)), reader in zip(named, read):
        schema = by_schema(k, text)
        refused += schema is not None
        if (schema is None) != (reader is None):
            problems.append("%s: the schema says %s, the reader %s" %
                            (name, schema or "valid", reader or "valid"))
    if by_schema(*base) or read[0]:
        problems.append("the whole document: %s, %s" % (by_schema(*base), read[0]))
    if refused < 200:
        problems.append("only %d of %d documents were refused" % (refused, len(named)))
    print("# %d %s documents, %d refused by both" % (len(named), kind, refused))
    test("schema.agrees_with_the_reader_on_%ss" % kind, problems)

for i, (name, ok) in enumerate(results, 1):
    print("%s %d %s" % ("ok" if ok else "not ok", i, name))
sys.exit(0 if all(ok for _, ok in results) else 1)
