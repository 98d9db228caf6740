import ts from 'typescript';

export const name = 'option-units';

const needsUnit = /(?:[tT]imeout|[tT]tl|TTL|[iI]nterval|[dD]elay|[wW]ait|[hH]eartbeat|[dD]eadline|^age|[a-z]Age)$/;
const sizeNeedsUnit = /^(?:max|min)?(?:size|length)$/i;

/** A number with a unit says the unit in its name: `timeoutMs`, `maxFrameBytes`. Looks at every property and parameter typed `number`. */
export function check(repository) {
  return repository.sources.flatMap((file) => {
    const source = ts.createSourceFile(file, repository.read(file), ts.ScriptTarget.Latest, true);
    const problems = [];
    const visit = (node) => {
      if ((ts.isPropertySignature(node) || ts.isPropertyDeclaration(node) || ts.isParameter(node)) && isNumber(node.type)) {
        const text = node.name.getText(source);
        const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
        if (needsUnit.test(text)) problems.push({ file, line, message: `number "${text}" does not say its unit; end it in Ms` });
        if (!ts.isParameter(node) && sizeNeedsUnit.test(text) && text !== 'size' && text !== 'length') problems.push({ file, line, message: `number "${text}" does not say its unit; end it in Bytes, or name what it counts` });
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    return problems;
  });
}

function isNumber(type) {
  if (type === undefined) return false;
  if (type.kind === ts.SyntaxKind.NumberKeyword) return true;
  return ts.isUnionTypeNode(type) && type.types.some((member) => member.kind === ts.SyntaxKind.NumberKeyword);
}
