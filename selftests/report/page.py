#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a report holds, read as a browser reads it.

page.py FILE           well-formed, self-contained? prints what is wrong
page.py FILE totals    a line a vIOMMU, backend and answer, with its number
page.py FILE cells     a line a host, vIOMMU, backend and answer
"""
import sys
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}
ANSWERS = ["accepted", "refused", "error", "unknown", "skipped", "abort", "hang"]


class Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.stack, self.wrong, self.ids, self.refs = [], [], set(), set()
        self.rows, self.row, self.cell, self.table = [], None, None, None
        self.tags = {}
        self.text = []

    def handle_starttag(self, tag, attrs, closed=False):
        a = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if len(a) != len(attrs):
            self.wrong.append(f"{self.getpos()}: an attribute twice in <{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self.wrong.append(f"{self.getpos()}: handler {name}")
            if name in ("src", "href", "xlink:href", "action", "data"):
                if not (value.startswith("#") or value.startswith("data:")):
                    self.wrong.append(f"{self.getpos()}: leaves the file: {name}={value}")
                if value.startswith("#"):
                    self.refs.add(value[1:])
        for name in ("aria-labelledby",):
            self.refs.update((a.get(name) or "").split())
        if "id" in a:
            if a["id"] in self.ids:
                self.wrong.append(f"{self.getpos()}: id {a['id']} twice")
            self.ids.add(a["id"])
        if tag == "table":
            self.table = a.get("id")
        if tag == "tr":
            self.row = []
        if tag in ("td", "th") and self.row is not None:
            self.cell = {"text": "", "title": a.get("title"), "n": a.get("data-n"),
                         "span": int(a.get("colspan", 1))}
            self.row.append(self.cell)
        if tag not in VOID and not closed:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs, True)

    def handle_endtag(self, tag):
        if not self.stack or self.stack[-1] != tag:
            self.wrong.append(f"{self.getpos()}: </{tag}> closes {self.stack[-1:]}")
            while self.stack and self.stack[-1] != tag:
                self.stack.pop()
        if self.stack:
            self.stack.pop()
        if tag in ("td", "th"):
            self.cell = None
        if tag == "tr":
            self.rows.append((self.table, self.row))
            self.row = None

    def handle_data(self, data):
        self.text.append(data)
        if self.cell is not None:
            self.cell["text"] += data


def load(path):
    page = Page()
    with open(path, encoding="utf-8", errors="strict") as f:
        page.feed(f.read())
    page.close()
    if page.stack:
        page.wrong.append(f"not closed: {page.stack}")
    for ref in page.refs - page.ids:
        page.wrong.append(f"no element has id {ref}")
    return page


def totals(page):
    for table, row in page.rows:
        if table != "totals" or row[0]["text"] == "vIOMMU":
            continue
        for answer, cell in zip(ANSWERS, row[2:]):
            if int(cell["text"]):
                yield f"{row[0]['text']} {row[1]['text']} {answer} {cell['text']}"


def cells(page):
    heads = [row for table, row in page.rows if table == "hosts"][:1][0]
    viommus = [c["title"] for c in heads if c["span"] == 2]
    for table, row in page.rows:
        if table != "hosts" or len(row) != 4 + 2 * len(viommus):
            continue
        for i, cell in enumerate(row[4:]):
            for part in (cell["n"] or "").split():
                answer, n = part.split(":")
                yield f"{row[0]['text']} {viommus[i // 2]} {'legacy iommufd'.split()[i % 2]} {answer} {n}"


def main():
    page = load(sys.argv[1])
    what = sys.argv[2] if len(sys.argv) > 2 else None
    if what == "totals":
        print("\n".join(sorted(totals(page))))
    elif what == "cells":
        print("\n".join(sorted(cells(page))))
    else:
        for tag in ("script", "iframe", "object", "embed", "img"):
            if tag in page.tags:
                page.wrong.append(f"<{tag}>")
        print("\n".join(page.wrong[:20]), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
