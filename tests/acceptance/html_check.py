#!/usr/bin/env python3
# The report's page in a real browser
# SPDX-License-Identifier: Apache-2.0
"""Plays both intrusions and a drill with hostile names, scans them, opens their pages in headless
Chromium, and checks what a person relies on: no error on the console, nothing asked of any network,
no dialog and no markup out of values, every tag leads to its record and shows it, tables filter,
sort and give CSV, the keyboard reaches everything, nothing hangs over the edge of a phone, text
stands out from its background in light and dark, paper shows what is folded.
Screenshots at 1440 and 390 pixels, light and dark, and a PDF lie in --out afterwards. Exit 77
without Chromium."""
import argparse
import base64
import csv
import io
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import browser
import check_exports
import hostile_play

TAGS_CLICKED = 40
CONTRAST_MIN = 4.5  # WCAG 2.2, 1.4.3
LOOKED_AT = ["body", ".d", "small", "main a", ".t", ".kind", ".badge", "td.confirmed", ".strip a",
             "thead th", ".box h2", "footer p"]

# The luminance contrast of the first visible element of a selector against what is behind it.
CONTRAST = """(selector => {
  const one = document.querySelector(selector);
  if (!one) return null;
  const channel = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  let behind = [255, 255, 255], up = one;
  for (; up; up = up.parentElement) {
    const c = parse(getComputedStyle(up).backgroundColor);
    if (c.length < 4 || c[3] > 0) { behind = c; break; }
  }
  const a = light(parse(getComputedStyle(one).color)), b = light(behind);
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
})"""

CLICK_TAG = """(async number => {
  const link = document.querySelectorAll('a.t')[number];
  for (let up = link; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true;
  link.click();
  await new Promise(done => setTimeout(done, 30));
  const row = document.querySelector(':target');
  if (!row || '#' + row.id !== link.getAttribute('href')) return 'no target';
  const box = row.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) return 'the record is not in sight';
  if (row.cells.length !== 5 || row.cells[4].textContent.length !== 64) return 'no hash';
  return getComputedStyle(row).backgroundColor === 'rgba(0, 0, 0, 0)' ? 'not marked' : '';
})"""


class Checker:
    """One page in one browser, and what is wrong with it."""

    def __init__(self, held, name, out):
        self.browser, self.name, self.out = held, name, out
        self.bad = []

    def expect(self, good, text):
        if not good:
            self.bad.append(f"{self.name}: {text}")

    def size(self, width, height, dark=False, media=""):
        self.browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                          deviceScaleFactor=1, mobile=width < 600)
        self.browser.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.browser.settle(0.1)

    def picture(self, name, whole_height=0):
        clip = {}
        if whole_height:
            clip["captureBeyondViewport"] = True
            clip["clip"] = {"x": 0, "y": 0, "width": self.browser.run("innerWidth"),
                            "height": whole_height, "scale": 1}
        data = self.browser.call("Page.captureScreenshot", format="png", **clip)["data"]
        (self.out / f"{self.name}-{name}.png").write_bytes(base64.b64decode(data))

    def check_quiet(self, address):
        """What the browser complained about or asked for while the page was open."""
        for event in self.browser.events:
            told = event.get("params", {})
            method = event.get("method", "")
            if method == "Runtime.exceptionThrown":
                self.expect(False, f"exception {told['exceptionDetails']['text']}")
            elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
                self.expect(False, f"console: {told['args']}")
            elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                self.expect(False, f"log: {told['entry']['text']}")
            elif method == "Page.javascriptDialogOpening":
                self.expect(False, f"a dialog opened: {told['message']}")
            elif method == "Network.requestWillBeSent":
                url = told["request"]["url"]
                self.expect(url.split("#")[0] == address or url.startswith("blob:null/"),
                            f"asked for {url}")

    def check_markup(self):
        counts = self.browser.run("Object.fromEntries(['script','img','iframe','object','embed',"
                                  "'link','base','form','plaintext'].map(n=>[n,document."
                                  "querySelectorAll(n).length]))")
        self.expect(counts.pop("script") == 1 and not any(counts.values()), f"elements {counts}")
        self.expect(self.browser.run("[...document.querySelectorAll('*')].every(e=>[...e.attributes]"
                                     ".every(a=>!a.name.startsWith('on')))"), "a handler")

    def check_tags(self):
        count = self.browser.run("document.querySelectorAll('a.t').length")
        self.expect(count > 10, f"{count} tags only")
        dead = self.browser.run("[...document.querySelectorAll('a[href]')].filter(a=>!a.getAttribute("
                                "'href').startsWith('#')||!document.getElementById(a.getAttribute("
                                "'href').slice(1))).length")
        self.expect(dead == 0, f"{dead} links lead nowhere")
        for number in range(0, count, max(1, count // TAGS_CLICKED)):
            told = self.browser.run(f"{CLICK_TAG}({number})")
            self.expect(not told, f"tag {number}: {told}")
        self.browser.run("history.replaceState(null, '', location.pathname)")

    def check_table(self, downloads):
        shown = "[...document.querySelector('table.hosts tbody').rows].filter(r=>!r.hidden).length"
        every = self.browser.run(shown)
        first = self.browser.run("document.querySelector('table.hosts tbody tr th').firstChild."
                                 "textContent")
        self.browser.run("document.querySelector('.bar input').focus()")
        self.browser.call("Input.insertText", text=first)
        some = self.browser.run(shown)
        self.expect(1 <= some <= every, f"the filter shows {some} of {every}")
        self.browser.run("document.querySelector('.bar input').select()")
        self.browser.call("Input.insertText", text="no host is called that")
        self.expect(self.browser.run(shown) == 0, "the filter shows what does not fit")
        self.expect("0 of" in self.browser.run("document.querySelector('.bar output').textContent"),
                    "the filter does not say how many")
        self.browser.run("document.querySelector('.bar input').select()")
        self.browser.key("Delete", 46)
        self.expect(self.browser.run(shown) == every, "an empty filter does not show all")
        self.check_states(shown, every)
        self.check_sort()
        self.check_download(downloads, every)

    def check_states(self, shown, every):
        """Each state shows its own rows, and all of them together are all rows."""
        together = 0
        for state in ("confirmed", "probable", "exposed", "cleared", ""):
            self.browser.run("(s=>{s.value='%s';s.dispatchEvent(new Event('change'))})"
                             "(document.querySelector('.bar select'))" % state)
            count = self.browser.run(shown)
            other = self.browser.run("[...document.querySelector('table.hosts tbody').rows].filter("
                                     "r=>!r.hidden&&r.cells[1].textContent!=='%s').length" % state)
            together += count if state else 0
            self.expect(not state or other == 0, f"{other} rows of others among the {state}")
        self.expect(count == every == together, f"states have {together} of {every} rows")

    def check_sort(self):
        names = "[...document.querySelectorAll('table.hosts tbody th')].map(t=>t.textContent)"
        self.browser.run("document.querySelector('table.hosts thead button').focus()")
        self.browser.key("Enter", 13)
        self.browser.run("document.querySelector('table.hosts thead button').click()")
        up = self.browser.run(names)
        self.browser.run("document.querySelector('table.hosts thead button').click()")
        down = self.browser.run(names)
        self.expect(sorted(up) == sorted(down) and (len(set(up)) < 2 or up != down), "no sorting")
        self.expect(self.browser.run("document.querySelector('table.hosts thead th').getAttribute("
                                     "'aria-sort')") is not None, "sorting is not told")

    def check_download(self, downloads, every):
        self.browser.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        self.browser.run("document.querySelector('.bar button').click()")
        deadline = time.monotonic() + 10
        while not list(downloads.glob("*.csv")) and time.monotonic() < deadline:
            self.browser.settle(0.1)
        files = list(downloads.glob("*.csv"))
        if not files:
            self.expect(False, "no CSV came")
            return
        rows = list(csv.reader(io.StringIO(files[0].read_text(encoding="utf-8-sig"), newline="")))
        self.expect(len(rows) == every + 1, f"{len(rows)} rows of CSV for {every} hosts")
        self.expect(all(len(row) == len(rows[0]) for row in rows), "rows of CSV differ in length")
        self.expect(not any(cell[:1] in "=+-@" for row in rows for cell in row if cell),
                    "a cell of the CSV is a formula")
        files[0].unlink()

    def check_keyboard(self):
        self.browser.run("document.activeElement.blur(); scrollTo(0, 0)")
        for step in range(12):
            self.browser.key("Tab", 9)
            told = self.browser.run("(e=>[e.tagName,e.matches(':focus-visible'),"
                                    "getComputedStyle(e).outlineStyle])(document.activeElement)")
            self.expect(told[0] in ("A", "BUTTON", "INPUT", "SUMMARY", "DIV") and told[1],
                        f"Tab {step + 1} leads to {told}")
            self.expect(told[2] != "none", f"Tab {step + 1}: the focus is not seen")
        names = self.browser.run("[...document.querySelectorAll('input,button,svg[role],.w')].filter("
                                 "e=>e.tagName==='INPUT'?!e.labels.length:e.tagName==='BUTTON'?"
                                 "!e.textContent.trim():e.tagName==='DIV'?e.tabIndex!==0:"
                                 "!e.getAttribute('aria-label')).length")
        self.expect(names == 0, f"{names} elements without a name or out of reach")

    def check_looks(self):
        for dark in (False, True):
            self.size(1440, 900, dark)
            for selector in LOOKED_AT:
                ratio = self.browser.run(f"{CONTRAST}({selector!r})")
                self.expect(ratio is None or ratio >= CONTRAST_MIN,
                            f"{selector} has contrast {ratio:.1f} {'dark' if dark else 'light'}"
                            if ratio else "")
            self.picture(f"1440{'-dark' if dark else ''}", 3000)
        for dark in (False, True):
            self.size(390, 844, dark)
            width = self.browser.run("document.documentElement.scrollWidth")
            self.expect(width <= 390, f"{width} pixels wide on a phone")
            self.picture(f"390{'-dark' if dark else ''}", 4000)
        self.size(1440, 900)
        self.picture("1440-whole", min(self.browser.run("document.body.scrollHeight"), 15000))

    def check_paper(self):
        data = self.browser.call("Page.printToPDF", printBackground=False,
                                 preferCSSPageSize=False)["data"]
        paper = base64.b64decode(data)
        (self.out / f"{self.name}.pdf").write_bytes(paper)
        self.expect(paper.startswith(b"%PDF"), "no PDF")
        closed = self.browser.run("dispatchEvent(new Event('beforeprint'));[...document."
                                  "querySelectorAll('details')].filter(d=>!d.open).length")
        self.expect(closed == 0, f"{closed} folds stay closed on paper")

    def check_filtered_paper(self):
        """A filter is said on paper, with what it leaves out; so is what paper itself leaves out."""
        self.size(1440, 900, media="print")
        notes = ("[...document.querySelectorAll('.paper')].filter(e=>e.checkVisibility()&&(e."
                 "nextElementSibling===W||e.previousElementSibling===W)).map(e=>e.textContent)"
                 ).replace("W", "document.querySelector('table.hosts').parentNode")
        on_paper = ("[...document.querySelector('table.hosts tbody').rows].filter(r=>r."
                    "checkVisibility()).length")
        rows = self.browser.run("document.querySelector('table.hosts tbody').rows.length")
        name = self.browser.run("document.querySelector('table.hosts tbody tr th').firstChild."
                                "textContent")
        unfiltered = self.browser.run(notes)
        self.expect(len(unfiltered) == (rows > 400), f"paper of {rows} rows says {unfiltered}")
        for words, state in ((name, ""), ("", "confirmed"), ("no host is called that", "")):
            self.sift(words, state)
            told, shown = self.browser.run(notes), self.browser.run(on_paper)
            every = self.browser.run("[...document.querySelector('table.hosts tbody').rows].filter("
                                     "r=>!r.hidden).length")
            self.expect(shown == min(every, 400), f"paper has {shown} of {every} filtered rows")
            if every == rows:
                continue
            said = told and f": {every} of {rows} rows pass, {rows - every} " in told[0]
            self.expect(said and (words or state) in told[0], f"a filter is told as {told}")
            self.expect(len(told) == 1 + (every > 400), f"filtered paper says {told}")
        # A link into the table shows its row, and the counts with it.
        self.browser.run("location.hash=document.querySelector('table.hosts tbody tr[id]').id")
        self.browser.settle(0.2)
        told = self.browser.run(notes)
        self.expect(told and f": 1 of {rows} " in told[0], f"a row that a link shows: {told}")
        self.sift("", "")
        self.expect(self.browser.run(notes) == unfiltered, "paper speaks of a filter that is off")
        self.browser.run("history.replaceState(null, '', location.pathname)")
        self.size(1440, 900)

    def check_cells(self):
        """No cell of the table of hosts runs into the next, and short words stay whole."""
        for width, media in ((1440, ""), (718, "print")):
            self.size(width, 900, media=media)
            told = self.browser.run("""[...document.querySelectorAll('table.hosts tbody tr')].flatMap(
                r => [...r.cells].map((c, n) => {
                  const range = document.createRange();
                  range.selectNodeContents(c);
                  if (range.getBoundingClientRect().right > c.getBoundingClientRect().right)
                    return 'column ' + (n + 1) + ' hangs over';
                  return n === 1 && range.getClientRects().length > 1 ? 'a state is broken' : '';
                })).filter(Boolean)""")
            self.expect(not told, f"{len(told)} cells at {width} {media}: {told[:1]}")
        self.size(1440, 900)

    def sift(self, words, state):
        self.browser.run("((w,s)=>{const bar=document.querySelector('table.hosts').parentNode."
                         "parentNode.querySelector('.bar');const box=bar.querySelector('input');"
                         "const one=bar.querySelector('select');box.value=w;one.value=s;"
                         "box.dispatchEvent(new Event('input'))})(%s,%s)"
                         % (json.dumps(words), json.dumps(state)))

    def check_heads(self):
        """Every body of the table of records has the file's name for its head."""
        bad = self.browser.run("[...document.querySelector('#evidence').parentNode.querySelectorAll("
                               "'#evidence~.w tbody')].filter(b=>!b.querySelector("
                               "'tr:first-child>th[scope=rowgroup]')).length")
        self.expect(bad == 0, f"{bad} parts of the table of records have no file")
        self.size(1440, 900, media="print")
        shown = self.browser.run("[...document.querySelectorAll('#evidence~.w tbody tr[id]')].filter("
                                 "r=>r.checkVisibility()).length")
        rows = self.browser.run("document.querySelectorAll('#evidence~.w tbody tr[id]').length")
        self.expect(shown == min(rows, 400), f"paper has {shown} of {rows} records")
        self.size(1440, 900)

    def check(self, path, downloads):
        address = path.resolve().as_uri()
        self.size(1440, 900)
        self.browser.open(address)
        self.check_markup()
        self.check_looks()
        self.check_keyboard()
        self.check_tags()
        self.check_table(downloads)
        self.check_filtered_paper()
        self.check_heads()
        self.check_cells()
        self.check_paper()
        self.browser.settle(0.2)
        self.check_quiet(address)
        return self.bad


def make_page(vedette, top, scenario, hosts, hostile):
    play = top / "play"
    subprocess.run([vedette, "drill", "play", scenario, "-o", str(play), "--hosts", str(hosts),
                    "--seed", "3", "--noise", "low", "--windows",
                    "winlogbeat" if hostile else "evtx"], check=True, capture_output=True)
    if hostile:
        hostile_play.poison(play)
    check_exports.write_forms(vedette, play, top)
    return top / "report.html"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vedette", default="build/release/src/vedette")
    parser.add_argument("--out", type=pathlib.Path, default=TOP_OUT)
    parser.add_argument("pages", nargs="*", type=pathlib.Path,
                        help="pages that are there, instead of played ones")
    options = parser.parse_args()
    program = browser.find()
    if not program:
        print("html_check: skipped: no Chromium here")
        return 77
    vedette = str(pathlib.Path(options.vedette).resolve())
    options.out.mkdir(parents=True, exist_ok=True)
    top = pathlib.Path(tempfile.mkdtemp(prefix="vedette-page-"))
    bad, pages = [], [(path.stem, path) for path in options.pages]
    try:
        for name, scenario, hosts, hostile in [("both", "both", 60, False),
                                               ("wave", "upgrade-server", 300, False),
                                               ("hostile", "small-wave", 26, True)]:
            if options.pages:
                break
            (top / name).mkdir()
            pages.append((name, make_page(vedette, top / name, scenario, hosts, hostile)))
            shutil.rmtree(top / name / "play")
        (top / "downloads").mkdir()
        for name, path in pages:
            with browser.Browser(program) as held:
                found = Checker(held, name, options.out).check(path, top / "downloads")
            print(f"{'! ' if found else '  '}{name}: {path.stat().st_size / 1e6:.1f} MB, "
                  f"{len(found)} complaints")
            for text in found:
                print(f"    {text}")
            bad += found
    finally:
        shutil.rmtree(top, ignore_errors=True)
    print(f"html_check: {len(pages)} pages, {len(bad)} complaints; pictures in {options.out}")
    return 1 if bad else 0


TOP_OUT = pathlib.Path(__file__).resolve().parents[2] / "out" / "page"

if __name__ == "__main__":
    sys.exit(main())
