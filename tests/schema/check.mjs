// Checks scenarios/schema.json as an editor would: every scenario that the reader takes is accepted, and every
// wrong one of tests/scenario/errors.txt is refused or named in beyond.txt. Run in the folder that has the
// packages, with the project's folder: node check.mjs ROOT
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(resolve("package.json"));
const Ajv = require("ajv");
const YAML = require("yaml");
const root = resolve(process.argv[2]);
const read = (...parts) => readFileSync(join(root, ...parts), "utf8");

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
// What editors know and the standard does not.
ajv.addVocabulary(["patternErrorMessage", "doNotSuggest"]);
const schema = JSON.parse(read("scenarios", "schema.json"));
const accepts = ajv.compile(schema);

// What an editor says of the text; empty: nothing.
function said(text) {
  const document = YAML.parseDocument(text);
  if (document.errors.length > 0) return document.errors.map((error) => error.message.split("\n")[0]);
  let value;
  try {
    value = document.toJS();
  } catch (error) {
    return [error.message]; // an alias of nothing
  }
  if (accepts(value)) return [];
  return accepts.errors.map((error) => `${error.instancePath || "/"} ${error.message}`);
}

const failures = [];
const expectThat = (right, words) => right || failures.push(words);

const shipped = readdirSync(join(root, "scenarios")).filter((name) => name.endsWith(".yaml"));
for (const name of shipped) {
  const words = said(read("scenarios", name));
  expectThat(words.length === 0, `scenarios/${name} is refused: ${words.join("; ")}`);
}
expectThat(shipped.length > 10, "there are no shipped scenarios");

// Cases are "=== Name", the file, "---", what the reader says.
const cases = read("tests", "scenario", "errors.txt")
  .split(/^=== /m)
  .slice(1)
  .map((part) => ({ name: part.slice(0, part.indexOf("\n")), text: part.slice(part.indexOf("\n") + 1).split(/^---$/m)[0] }));
const beyond = new Set(read("tests", "schema", "beyond.txt").split("\n").filter((line) => line && !line.startsWith("#")));
let refused = 0;
for (const { name, text } of cases) {
  const words = said(text);
  refused += words.length > 0 ? 1 : 0;
  if (process.argv.includes("--show")) console.log(`${name}: ${words.join("; ") || "accepted"}`);
  expectThat(words.length > 0 || beyond.has(name), `${name} is accepted, and not in beyond.txt`);
  expectThat(words.length === 0 || !beyond.has(name), `${name} is in beyond.txt, and yet refused`);
}
for (const name of beyond) expectThat(cases.some((one) => one.name === name), `${name} of beyond.txt is no case`);
expectThat(refused > 30, "hardly anything is refused");

// Every example and default in the schema is one that it takes itself.
const withDefinitions = (part) => ({ definitions: schema.definitions, allOf: [part] });
let examples = 0;
function lookInto(part, path) {
  if (part === null || typeof part !== "object") return;
  for (const example of [...(part.examples ?? []), ...("default" in part ? [part.default] : [])]) {
    examples += 1;
    const takes = new Ajv({ strict: false }).compile(withDefinitions({ ...part, examples: undefined, default: undefined }));
    expectThat(takes(example), `${path}: it does not take its own example ${JSON.stringify(example)}`);
  }
  for (const [key, inner] of Object.entries(part)) {
    if (key !== "examples" && key !== "default") lookInto(inner, `${path}/${key}`);
  }
}
lookInto({ properties: schema.properties, definitions: schema.definitions }, "");
expectThat(examples > 30, "there are hardly any examples");

for (const words of failures) console.error(words);
console.log(
  `${shipped.length} scenarios accepted, ${refused} of ${cases.length} wrong ones refused, ${beyond.size} beyond a schema, ` +
    `${examples} examples tried`,
);
process.exit(failures.length > 0 ? 1 : 0);
