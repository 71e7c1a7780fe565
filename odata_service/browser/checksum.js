// FNV-1a of 32 bits: from two different sums no same character leads to the same one.
const BEGIN = 0x811c9dc5
const PRIME = 0x01000193

/** A number for a record, which is another one when a single character of it is. Columns may come in any order. */
export function checksum(record) {
  const text = JSON.stringify(Object.keys(record).sort().map((name) => [name, record[name]]))
  let sum = BEGIN
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), PRIME)
  return sum >>> 0
}
