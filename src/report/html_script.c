// The HTML report's script
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

// Filters and sorts tables, gives them as CSV, opens what a link leads into, and everything for
// paper. The page reads whole without it. It makes no markup out of text: textContent only.
// clang-format off
const char HTML_SCRIPT[] =
    "'use strict';"
    "for(const bar of document.querySelectorAll('.bar')){"
    "const table=document.getElementById(bar.dataset.for);"
    "const box=bar.querySelector('input'),told=bar.querySelector('output');"
    "const state=bar.querySelector('select');"
    "const rows=[...table.tBodies[0].rows];"
    "bar.hidden=false;"
    "const sift=()=>{"
    "const words=box.value.toLowerCase().split(/\\s+/);let shown=0;"
    "for(const row of rows){const text=row.textContent.toLowerCase();"
    "row.hidden=!words.every(word=>text.includes(word))||"
    "(state&&state.value!==''&&row.cells[1].textContent!==state.value);shown+=!row.hidden}"
    "told.textContent=shown+' of '+rows.length+' shown'};"
    "box.addEventListener('input',sift);if(state)state.addEventListener('change',sift);"
    // What is shown, as CSV: quoted, and no cell that a spreadsheet would run.
    "const cell=one=>{const text=one.innerText.trim().replace(/\\s*\\n\\s*/g,'; ');"
    "return '\"'+(/^[=+\\-@\\t\\r]/.test(text)?\"'\":'')+text.replaceAll('\"','\"\"')+'\"'};"
    "bar.querySelector('button').addEventListener('click',()=>{"
    "const lines=[table.tHead.rows[0],...table.tBodies[0].rows].filter(row=>!row.hidden)"
    ".map(row=>[...row.cells].map(cell).join(','));"
    "const link=document.createElement('a');"
    "link.href=URL.createObjectURL(new Blob([lines.join('\\r\\n')+'\\r\\n'],"
    "{type:'text/csv;charset=utf-8'}));"
    "link.download=bar.dataset.file;link.click();"
    "setTimeout(()=>URL.revokeObjectURL(link.href),9999)})}"
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
    "of(a).localeCompare(of(b),'en',{numeric:true})))})}"
    "const reveal=()=>{const at=document.getElementById(location.hash.slice(1));if(!at)return;"
    "for(let up=at;up;up=up.parentElement)if(up.tagName==='DETAILS')up.open=true;"
    "if(at.hidden)at.hidden=false;at.scrollIntoView({block:'center'})};"
    "addEventListener('hashchange',reveal);if(location.hash)reveal();"
    "addEventListener('beforeprint',()=>{"
    "for(const one of document.querySelectorAll('details'))one.open=true});";
// clang-format on
