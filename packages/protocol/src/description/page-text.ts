const WIDTH_CHARACTERS = 100;

/** Text as HTML shows it. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Text in which backquotes and double asterisks mark code and what is important. */
export function shownText(text: string): string {
  return escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');
}

/** JSON in lines that can be read: what is short stands in one. */
export function shownJson(value: unknown, indent = ''): string {
  const short = JSON.stringify(value);
  if (short.length + indent.length <= WIDTH_CHARACTERS || typeof value !== 'object' || value === null) return short;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const lines = Object.entries(value).map(([name, item]) => `${inner}${Array.isArray(value) ? '' : `${JSON.stringify(name)}: `}${shownJson(item, inner)}`);
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`;
}
