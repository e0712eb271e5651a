# SPDX-License-Identifier: GPL-2.0-or-later
"""What `hiod --help` and `hiod COMMAND --help` say, taken apart.

The manual page and the completion scripts are made of this, so that an option is
described once: in the program.
"""
import re
import subprocess

ARG = r'(?:\[?=\S+| (?:[A-Z][A-Za-z0-9|/.]*|[a-z]+=\S*)(?= |$|,))'
ONE = r'--?[A-Za-z0-9][\w-]*(?:%s)?' % ARG
OPTION = re.compile(r' {1,8}(%s(?:, %s)*)(?: +(\S.*))?$' % (ONE, ONE))


def lines(argv):
    """What --help of a command prints."""
    done = subprocess.run(argv + ['--help'], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def commands(program):
    """Names and summaries in `hiod --help`."""
    text = lines([program])
    for line in text[text.index('Commands:') + 1:]:
        m = re.match(r'  (\S+) +(\S.*)', line)
        if not m:
            return
        yield m.group(1), m.group(2)


def option(text, i):
    """The option that begins at line i: what it is, what it does, the line after it; or None."""
    m = OPTION.match(text[i])
    if not m:
        return None
    what = [m.group(2) or '']
    column = min(m.start(2) if m.group(2) else 8, 8)
    i += 1
    while i < len(text) and re.match(' {%d,}\\S' % column, text[i]) and not OPTION.match(text[i]):
        what.append(text[i].strip())
        i += 1
    return m.group(1), re.sub(r'\s+', ' ', ' '.join(what)).strip(), i


class Option:
    """names: ['-v', '--viommu']; arg: 'SPEC' or ''; optional: the argument may be left out."""

    def __init__(self, spec, text):
        self.names, self.arg, self.optional = [], '', False
        for part in spec.split(', '):
            m = re.match(r'(--?[\w-]+)(\[?[= ])?(.*)', part)
            self.names.append(m.group(1))
            if m.group(2):
                self.arg = m.group(3).rstrip(']')
                self.optional = m.group(2) == '[='
        self.text = text
        self.repeated = 'may be repeated' in text.lower()


def options(text):
    """All options of a --help; several on one line ("--dmar FILE, --ivrs FILE") are several."""
    found, i = [], 0
    while i < len(text):
        o = option(text, i)
        if not o:
            i += 1
            continue
        i = o[2]
        parts = o[0].split(', ')
        longs = [p for p in parts if p.startswith('--')]
        if len(longs) > 1:
            found += [Option(p, o[1]) for p in parts]
        else:
            found.append(Option(o[0], o[1]))
    return found


def arguments(text):
    """The kinds of argument in the usage line: ['HOST'], ['CAPTURE'], ['PROGRAM', 'ARG']."""
    usage = re.split(r'(?<!\S)--(?!\S)', text[0])[0]
    rest = re.sub(r'\[[^]]*\]', ' ', usage.split(' ', 3)[3] if usage.count(' ') > 2 else '')
    rest = re.sub(r'--?[\w-]+[= ][A-Z]+', ' ', rest)
    return re.findall(r'(?<![\w-])[A-Z]+(?:\.[A-Z]+)?', rest)
