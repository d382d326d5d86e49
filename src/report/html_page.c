// The HTML report's frame: policy, style, script
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/digest.h"
#include "base/text.h"

static const char STYLE[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--page:#fff;--line:#d0d7de;"
    "--soft:#f6f8fa;--mark:#0b5cad;--hot:#b3261e;--warm:#9a5b00}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9aa4af;--page:#0d1117;"
    "--line:#30363d;--soft:#161b22;--mark:#79b8ff;--hot:#ff8a80;--warm:#f0b35a}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}"
    "header,main,footer{max-width:76rem;margin:auto;padding:0 1rem}"
    "h1{font-size:1.6rem;margin:1rem 0 .3rem}h2{font-size:1.35rem;margin:2.2rem 0 .4rem;"
    "border-top:2px solid var(--line);padding-top:1rem}h3{font-size:1.1rem;margin:1.4rem 0 .3rem}"
    "h4{font-size:1rem;margin:1rem 0 .2rem}"
    "a{color:var(--mark)}a:focus-visible,th:focus-visible,button:focus-visible,"
    "input:focus-visible,summary:focus-visible,.w:focus-visible"
    "{outline:3px solid var(--mark);outline-offset:2px}"
    ".s{position:absolute;left:-99rem}.s:focus{left:1rem;top:0;background:var(--page);padding:."
    "5rem}"
    ".t{font:.78rem ui-monospace,monospace;text-decoration:none;white-space:nowrap;"
    "background:var(--soft);border:1px solid var(--line);border-radius:3px;padding:0 .25em}"
    ".box{background:var(--soft);border:1px solid var(--line);border-left:6px solid var(--hot);"
    "border-radius:6px;padding:.6rem 1rem;margin:1rem 0}"
    ".box.i{border-left-color:var(--warm)}"
    "small,.d{color:var(--dim)}.confirmed{color:var(--hot);font-weight:600}"
    ".probable{color:var(--warm);font-weight:600}"
    "ul,ol{padding-left:1.6rem;margin:.3rem 0}li{margin:.2rem 0;overflow-wrap:anywhere}"
    ".w{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.87rem}"
    "th,td{border:1px solid var(--line);padding:.25rem .45rem;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}thead th{background:var(--soft)}"
    "th button{all:unset;cursor:pointer;font-weight:600}"
    "th button:focus-visible{outline:3px solid var(--mark)}"
    "td.m{font:.76rem ui-monospace,monospace}td.n{text-align:right}"
    "input{font:inherit;padding:.3rem .5rem;width:min(100%,24rem);border:1px solid var(--line);"
    "border-radius:4px;background:var(--page);color:var(--ink)}"
    "tr:target,tr:target td{background:#ffe08a;color:#000}tr:target a{color:#003}"
    "svg{display:block;min-width:54rem;width:100%;height:auto;font:12px system-ui,sans-serif}"
    "svg text{fill:var(--ink)}svg .d{fill:var(--dim)}svg .l{stroke:var(--line);fill:none}"
    "svg .e{stroke:var(--dim);fill:none}svg .b{fill:var(--mark)}svg .k{fill:var(--mark);"
    "opacity:.25}svg .h{fill:var(--hot)}svg .g{fill:url(#none)}svg .x{fill:var(--dim);opacity:.5}"
    "svg .o{fill:var(--soft);stroke:var(--line)}"
    "@media print{body{font-size:10pt}.s,input{display:none}svg{min-width:0}"
    "h2,h3{break-after:avoid}tr,li{break-inside:avoid}details>*{display:block}"
    ".box{border-color:#000}}"
    "@media(max-width:40rem){body{font-size:15px}h1{font-size:1.3rem}}";

// Filter and sort of tables; the page reads whole without it.
static const char SCRIPT[] =
    "'use strict';"
    "for(const box of document.querySelectorAll('input[data-for]')){"
    "const rows=[...document.getElementById(box.dataset.for).tBodies[0].rows];"
    "const told=document.getElementById(box.dataset.for+'n');"
    "box.parentNode.hidden=false;"
    "box.addEventListener('input',()=>{"
    "const words=box.value.toLowerCase().split(/\\s+/);let shown=0;"
    "for(const row of rows){const text=row.textContent.toLowerCase();"
    "row.hidden=!words.every(word=>text.includes(word));shown+=!row.hidden}"
    "told.textContent=shown+' of '+rows.length})}"
    "for(const head of document.querySelectorAll('table.sort thead th')){"
    "const button=document.createElement('button');button.type='button';"
    "button.append(...head.childNodes);head.append(button);"
    "button.addEventListener('click',()=>{"
    "const body=head.closest('table').tBodies[0],place=head.cellIndex;"
    "const up=head.getAttribute('aria-sort')!=='ascending';"
    "for(const other of head.parentNode.cells)other.removeAttribute('aria-sort');"
    "head.setAttribute('aria-sort',up?'ascending':'descending');"
    "const of=row=>row.cells[place].textContent;"
    "body.append(...[...body.rows].sort((a,b)=>(up?1:-1)*"
    "of(a).localeCompare(of(b),'en',{numeric:true})))})}";

static void page_hash(const struct html *html, const char *text) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256(slice_of_string(text), digest);
    buffer_append_text(html->to, "'sha256-");
    text_append_base64(html->to, slice_of(digest, sizeof digest));
    buffer_append_byte(html->to, '\'');
}

void html_page_begin(const struct html *html) {
    struct buffer *to = html->to;
    buffer_append_text(to, "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
                           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
                           "'none'; base-uri 'none'; form-action 'none'; style-src ");
    page_hash(html, STYLE);
    buffer_append_text(to, "; script-src ");
    page_hash(html, SCRIPT);
    buffer_append_text(to, "\">\n<meta name=viewport content=\"width=device-width\">\n"
                           "<meta name=referrer content=no-referrer>\n"
                           "<title>What happened</title>\n<style>");
    buffer_append_text(to, STYLE);
    buffer_append_text(to, "</style>\n</head>\n<body>\n<a class=s href=\"#main\">To the story</a>\n"
                           "<header><h1>What happened</h1></header>\n<main id=main>\n");
}

void html_page_end(const struct html *html) {
    buffer_append_text(html->to, "</main>\n<footer><p class=d>Times are UTC. A tag (E and "
                                 "letters) names one record by the SHA-256 of its bytes; it does "
                                 "not change when evidence is added.</p></footer>\n<script>");
    buffer_append_text(html->to, SCRIPT);
    buffer_append_text(html->to, "</script>\n</body>\n</html>\n");
}
