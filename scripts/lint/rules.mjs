import * as changesetPresent from './rules/changeset-present.mjs';
import * as contractSuites from './rules/contract-suites.mjs';
import * as documentedExports from './rules/documented-exports.mjs';
import * as errorCodes from './rules/error-codes.mjs';
import * as fileSize from './rules/file-size.mjs';
import * as focusedTests from './rules/focused-tests.mjs';
import * as forbiddenNames from './rules/forbidden-names.mjs';
import * as generatedPages from './rules/generated-pages.mjs';
import * as guaranteeTests from './rules/guarantee-tests.mjs';
import * as indexExports from './rules/index-exports.mjs';
import * as markdownLinks from './rules/markdown-links.mjs';
import * as optionUnits from './rules/option-units.mjs';
import * as packageLayers from './rules/package-layers.mjs';
import * as packageUniformity from './rules/package-uniformity.mjs';
import * as privateTraces from './rules/private-traces.mjs';
import * as pureCode from './rules/pure-code.mjs';
import * as readmeConstants from './rules/readme-constants.mjs';
import * as readmePrograms from './rules/readme-programs.mjs';
import * as sleepingTests from './rules/sleeping-tests.mjs';
import * as specificationItems from './rules/specification-items.mjs';
import * as typeEscapes from './rules/type-escapes.mjs';
import * as unfinishedMarks from './rules/unfinished-marks.mjs';

/** Every rule of this repository; each module has a `name` and a `check(repository)` that returns problems. */
export const RULES = [
  packageLayers,
  packageUniformity,
  pureCode,
  indexExports,
  fileSize,
  forbiddenNames,
  optionUnits,
  typeEscapes,
  unfinishedMarks,
  focusedTests,
  sleepingTests,
  contractSuites,
  specificationItems,
  guaranteeTests,
  errorCodes,
  generatedPages,
  readmeConstants,
  markdownLinks,
  privateTraces,
  changesetPresent,
  documentedExports,
  readmePrograms,
];
