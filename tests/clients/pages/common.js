/** What pages share. Modules of OpenUI5 are loaded as `const [Table, Text] = await load("sap/m/Table", "sap/m/Text")`. */
export const load = (...names) =>
  new Promise((resolve, reject) => sap.ui.require(names, (...modules) => resolve(modules), reject))

const [Core, Messaging] = await load("sap/ui/core/Core", "sap/ui/core/Messaging")
await new Promise((resolve) => Core.ready(resolve))

/** The texts that somebody sees in a table, row by row. */
export const seen = (table) =>
  table.getItems().map((item) => item.getCells().map((cell) => cell.getDomRef("inner")?.value ?? cell.getDomRef()?.innerText))

/** Resolves to what `look` sees as soon as that is what is wanted, or to what it sees after ten seconds. */
export const eventually = async (look, wanted) => {
  for (let rest = 200; rest > 0 && JSON.stringify(look()) !== JSON.stringify(wanted); rest--)
    await new Promise((resolve) => setTimeout(resolve, 50))
  return look()
}

/** What OpenUI5 tells the person in front of the screen. */
export const messages = () => Messaging.getMessageModel().getData().map((message) => message.getMessage())

export const forgetMessages = () => Messaging.removeAllMessages()
