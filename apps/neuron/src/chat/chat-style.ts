/** The style of the chat page: light and dark, from 360 pixels on. */
export const CHAT_STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#f6f7f9,#14161a);--card:light-dark(#fff,#1d2026);--ink:light-dark(#1b1f27,#e7e9ee);--soft:light-dark(#616b7a,#98a2b3);--line:light-dark(#dfe3e9,#2d323b);--accent:light-dark(#2358d6,#7ba2ff);--on-accent:light-dark(#fff,#0d1220);--own:light-dark(#e4ecff,#24325a);--bad:light-dark(#b3261e,#ff9d94)}
*{box-sizing:border-box}
[hidden]{display:none!important}
html,body{height:100%;margin:0}
body{background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif;display:flex}
button,input{font:inherit;color:inherit}
button{border:0;border-radius:8px;padding:.6em 1.1em;background:var(--accent);color:var(--on-accent);font-weight:600;cursor:pointer}
button.quiet{background:none;color:var(--soft);font-weight:400;padding:.4em .7em}
button:disabled{opacity:.5;cursor:default}
input{width:100%;padding:.6em .75em;border:1px solid var(--line);border-radius:8px;background:var(--paper)}
:is(input,button):focus-visible{outline:2px solid var(--accent);outline-offset:1px}
#login{margin:auto;width:min(26rem,100%);padding:1.5rem;display:grid;gap:.9rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
#login h1{margin:0;font-size:1.3rem}
#login p{margin:0;color:var(--soft);font-size:.9rem}
#login label{display:grid;gap:.25rem;font-size:.85rem;color:var(--soft)}
#login label input{font-size:1rem;color:var(--ink)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.9rem}
#login #problem{color:var(--bad)}
#problem:empty{display:none}
#room{flex:1;min-width:0;display:grid;grid-template:auto 1fr auto/1fr 14rem;grid-template-areas:"top top" "talk side" "say side"}
header{grid-area:top;display:flex;align-items:center;gap:.75rem;padding:.6rem 1rem;background:var(--card);border-bottom:1px solid var(--line);min-width:0}
header h1{font-size:1rem;margin:0;flex:none;max-width:60%;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
#status{margin-left:auto;font-size:.8rem;color:var(--soft);overflow:hidden;text-overflow:ellipsis;white-space:nowrap;min-width:0}
#leave{flex:none}
#status::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;margin-right:.5em;background:#d08b00}
#status[data-state=on]::before{background:#2e9e5b}
main{grid-area:talk;min-height:0;display:flex;flex-direction:column}
#older{align-self:center;margin:.4rem}
#messages{list-style:none;margin:0;padding:1rem;overflow-y:auto;flex:1;display:flex;flex-direction:column;gap:.5rem}
.message{max-width:min(36rem,85%);align-self:flex-start;background:var(--card);border:1px solid var(--line);border-radius:4px 14px 14px;padding:.45rem .8rem}
.message.own{align-self:flex-end;background:var(--own);border-color:transparent;border-radius:14px 4px 14px 14px}
.message.waiting{opacity:.6}
.message.failed{border-color:var(--bad)}
.reason{color:var(--bad);font-size:.8rem}
.head{display:flex;gap:.6rem;align-items:baseline;font-size:.8rem}
.name{color:light-dark(hsl(var(--hue) 65% 34%),hsl(var(--hue) 70% 74%))}
time{color:var(--soft);font-size:.75rem}
.body{overflow-wrap:anywhere;white-space:pre-wrap}
.note{align-self:center;color:var(--soft);font-size:.8rem;text-align:center}
.note.missed{color:var(--bad)}
aside{grid-area:side;border-left:1px solid var(--line);background:var(--card);padding:1rem;overflow-y:auto}
aside h2{font-size:.8rem;font-weight:600;color:var(--soft);margin:0 0 .6rem}
#people{list-style:none;margin:0;padding:0;display:grid;gap:.45rem}
.person{display:flex;align-items:center;gap:.5rem;min-width:0}
.label{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.person.self .label{font-weight:600}
.dot{flex:none;width:.65rem;height:.65rem;border-radius:50%;background:hsl(var(--hue) 60% 52%)}
.devices{color:var(--soft);font-size:.8rem}
#compose{grid-area:say;display:flex;gap:.6rem;padding:.75rem 1rem;background:var(--card);border-top:1px solid var(--line)}
@media(max-width:640px){
body:has(#login:not([hidden])){padding:1rem}
#room{grid-template:auto auto 1fr auto/1fr;grid-template-areas:"top" "side" "talk" "say"}
aside{border-left:0;border-bottom:1px solid var(--line);padding:.5rem 1rem;display:flex;gap:.8rem;align-items:center;overflow-x:auto}
aside h2{margin:0;white-space:nowrap}
#people{display:flex;gap:.9rem}
#messages{padding:.75rem}
}
`;
