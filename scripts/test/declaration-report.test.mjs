import { expect, it } from 'vitest';
import { normaliseDeclarations } from '../gates/declaration-report.mjs';

it('drops comments and orders imports, declarations and exports', () => {
  const text = "import { b, a } from 'z';\nimport { c } from 'a';\n/** Doc. */\ndeclare function two(): void;\ninterface One { x: 1 }\nexport { two, type One };";
  expect(normaliseDeclarations(text)).toBe(
    "import { a, b } from 'z';\nimport { c } from 'a';\n\ninterface One {\n    x: 1;\n}\n\ndeclare function two(): void;\n\nexport {\n  two,\n  type One,\n};\n",
  );
});

it('gives the same text for the same API in another order', () => {
  const [a, b] = ['declare const a: 1;', 'declare class B {}'];
  expect(normaliseDeclarations(`${a}\n${b}\nexport { a, B };`)).toBe(normaliseDeclarations(`${b}\n// x\n${a}\nexport { B, a };`));
});
