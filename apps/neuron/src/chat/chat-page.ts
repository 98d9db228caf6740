import { createHash } from 'node:crypto';

import type { OperationsDocument } from '@xir/operations';

import { CHAT_SCRIPT } from './chat-script.ts';
import { CHAT_STYLE } from './chat-style.ts';

/** Where the page finds the REST API: at the host from which it came. */
export interface RestPlace {
  readonly protocol: 'http:' | 'https:';
  readonly port: number;
}

/** The page loads nothing and runs its own script only; it talks to neurons, wherever they are. */
const POLICY = `default-src 'none'; script-src '${digestOf(CHAT_SCRIPT)}' '${digestOf(placeScript())}'; style-src 'unsafe-inline'; connect-src http: https: ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** A page for people: who is on a channel, what was said, and what is said now. It asks for a login, which it keeps in its memory alone. */
export function chatDocument(rest: () => RestPlace): OperationsDocument {
  return { contentType: 'text/html; charset=utf-8', contentSecurityPolicy: POLICY, isFresh: true, render: () => page(rest()) };
}

function page({ protocol, port }: RestPlace): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat</title>
<style>${CHAT_STYLE}</style>
</head>
<body>
<form id="login" autocomplete="off" data-protocol="${protocol}" data-port="${port}">
<h1>Channel</h1>
<p>Who is there, what was said, and what is said now. Beneath /kept messages are kept for a week unless the neuron is told otherwise.</p>
<label>Channel <input id="path" value="/kept/lobby" required spellcheck="false"></label>
<label>Your name <input id="user" required pattern="[^\\/]{1,64}" placeholder="alex"></label>
<div class="pair">
<label>Account <input id="account" value="$sys" required spellcheck="false"></label>
<label>Secret <input id="secret" type="password" required></label>
</div>
<label>Neurons <input id="neurons" required spellcheck="false"></label>
<p id="problem" role="alert"></p>
<button>Go in</button>
</form>
<div id="room" hidden>
<header><h1 id="title"></h1><span id="status" role="status"></span><button id="leave" class="quiet" type="button">Leave</button></header>
<aside><h2><span id="count">0</span> here</h2><ul id="people"></ul></aside>
<main><button id="older" class="quiet" type="button" hidden>Older messages</button><ul id="messages" aria-live="polite"></ul></main>
<form id="compose"><input id="text" placeholder="Message" autocomplete="off" aria-label="Message"><button>Send</button></form>
</div>
<script>${placeScript()}</script>
<script type="module">${CHAT_SCRIPT}</script>
</body>
</html>
`;
}

/** Says where the REST API is: at this page's host. */
function placeScript(): string {
  return "const{protocol,port}=document.getElementById('login').dataset;document.getElementById('neurons').value=protocol+'//'+location.hostname+':'+port";
}

function digestOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}
