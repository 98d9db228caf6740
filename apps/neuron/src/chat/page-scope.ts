/** What is used of an element of a page. The types of browsers are left out: they are not those of Node.js, and this package is for both. */
export interface PageElement {
  textContent: string | null;
  className: string;
  title: string;
  hidden: boolean;
  disabled: boolean;
  value: string;
  scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
  readonly childElementCount: number;
  readonly firstElementChild: PageElement | null;
  readonly dataset: Record<string, string | undefined>;
  readonly style: { setProperty(name: string, value: string): void };
  readonly classList: { add(name: string): void; remove(name: string): void; contains(name: string): boolean };
  append(...children: readonly PageElement[]): void;
  prepend(...children: readonly PageElement[]): void;
  replaceChildren(...children: readonly PageElement[]): void;
  remove(): void;
  focus(): void;
  addEventListener(type: 'submit' | 'click', listener: (event: { preventDefault(): void }) => void): void;
}

/** What is used of a page. */
export interface PageDocument {
  getElementById(id: string): PageElement | null;
  createElement(tag: string): PageElement;
}

/** The page in which this runs. */
export const page = (globalThis as unknown as { readonly document: PageDocument }).document;
