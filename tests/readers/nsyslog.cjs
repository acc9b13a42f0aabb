// Lines of standard input, one a line -> what nsyslog-parser reads of them, JSON Lines. Run with the folder that
// has the package.
const { createRequire } = require("module");
const { join, resolve } = require("path");
const parse = createRequire(join(resolve(process.argv[2]), "x.js"))("nsyslog-parser");
const lines = require("fs").readFileSync(0, "utf8").split("\n").slice(0, -1);
for (const line of lines) {
  const { pri, facilityval, levelval, host, type, leef, cef, fields } = parse(line);
  console.log(JSON.stringify({ pri, facilityval, levelval, host, type, leef, cef, fields }));
}
