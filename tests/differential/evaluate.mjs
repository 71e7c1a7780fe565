// Answers queries as the offline client does: the first line on stdin is the set, `{ key, properties, records }`, each further
// one the options of a query; each gets a line with its answer, or `{ "error": "…" }`.

import { createInterface } from "node:readline"

const { Query } = await import(process.argv[2])
let set = null
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line)
  if (set === null) set = { indexes: [], ...given }
  else process.stdout.write(`${JSON.stringify(answered(given))}\n`)
}

function answered(options) {
  try {
    return new Query(set, options).answer(set.records)
  } catch (error) {
    return { error: String(error.stack) }
  }
}
