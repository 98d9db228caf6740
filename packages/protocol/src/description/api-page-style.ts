/** The style of the API page, light and dark. */
export const API_PAGE_STYLE = `
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6b7c;--paper:#fff;--panel:#f5f7f9;--line:#dde3e9;--link:#0b62b8}
@media(prefers-color-scheme:dark){:root{--ink:#e3e9ef;--soft:#9aa9b8;--paper:#12171d;--panel:#1a2129;--line:#2c3742;--link:#6cb4ff}}
*{box-sizing:border-box}html{scroll-behavior:smooth}
body{margin:0;display:grid;grid-template-columns:20rem minmax(0,1fr);font:15px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
nav{position:sticky;top:0;height:100vh;overflow-y:auto;padding:1.5rem 1rem;background:var(--panel);border-right:1px solid var(--line);font-size:13px}
nav h1{font-size:1.25rem;margin:0}nav h2{font-size:.85rem;margin:1.2rem 0 .3rem;color:var(--soft)}nav ul{list-style:none;margin:0;padding:0}
nav li a{display:block;padding:.15rem .3rem;border-radius:4px;color:inherit;text-decoration:none;overflow-wrap:anywhere}nav li a:hover{background:var(--line)}
main{padding:1.5rem 2.5rem 6rem;max-width:68rem}main h2{margin-top:3rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}
small{font-weight:400;color:var(--soft);font-size:.9rem}article{margin:2rem 0;padding:0 1.25rem 1rem;border:1px solid var(--line);border-radius:8px}
h3{font-size:1.05rem}h4{margin:1rem 0 .3rem;color:var(--soft)}a{color:var(--link)}
code,pre{font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}code{background:var(--panel);padding:.1em .3em;border-radius:3px}
pre{margin:.3rem 0;padding:.7rem .9rem;background:var(--panel);border:1px solid var(--line);border-radius:6px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
pre i{font-style:normal;font-weight:700;color:var(--soft)}pre.curl{border-left:3px solid var(--link);user-select:all}
.exchange{margin:.8rem 0}.exchange p{margin:0;color:var(--soft)}details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}
table{border-collapse:collapse;width:100%;margin:.4rem 0;font-size:13.5px}td,th{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:left;vertical-align:top}
b.GET,b.PUT,b.POST,b.PATCH,b.DELETE{display:inline-block;min-width:3.6rem;padding:0 .35rem;border-radius:4px;color:#fff;font:700 11px/1.7 ui-monospace,monospace;text-align:center}
.GET{background:#1f7a4d}.PUT{background:#9a5b00}.POST{background:#0b62b8}.PATCH{background:#6d4bb8}.DELETE{background:#b3261e}
@media(max-width:60rem){body{display:block}nav{position:static;height:auto;max-height:40vh}main{padding:1rem}}
@media print{nav{display:none}body{display:block}}`.replaceAll('\n', '');
