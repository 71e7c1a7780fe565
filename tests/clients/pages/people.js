/** People in a table, as one writes it with OpenUI5 for V2: what is typed waits until it is submitted. */
import { forgetMessages, load, seen } from "./common.js"

export * from "./common.js"

const controls = ["Column", "ColumnListItem", "Input", "Table", "Text", "Title", "Toolbar", "VBox"]
const [Column, ColumnListItem, Input, Table, Text, Title, Toolbar, VBox] = await load(...controls.map((name) => `sap/m/${name}`))
const [ODataModel] = await load("sap/ui/model/odata/v2/ODataModel")
export const [Filter, Sorter] = await load("sap/ui/model/Filter", "sap/ui/model/Sorter")

export let model, table, binding

/** A new model, without a table yet. */
export const connect = (serviceUrl, settings = {}) => {
  table?.destroy()
  model?.destroy()
  forgetMessages()
  const usual = { defaultBindingMode: "TwoWay", defaultCountMode: "Inline", defaultOperationMode: "Server" }
  model = new ODataModel(serviceUrl, { ...usual, ...settings })
}

/** A new table of those that are not deleted. */
export const show = (serviceUrl, settings) => {
  connect(serviceUrl, settings)
  const street = new Text({ text: "{StreetAddress}" })
  const template = new ColumnListItem({
    cells: [
      new Input({ value: "{Name}" }),
      new VBox({ items: { path: "Addresses", parameters: { select: "StreetAddress" }, template: street, templateShareable: true } }),
    ],
  })
  const title = new Title()
  table = new Table({
    headerToolbar: new Toolbar({ content: title }),
    columns: ["Name", "Addresses"].map((text) => new Column({ header: new Text({ text }) })),
    growing: true,
    growingThreshold: 5,
    items: {
      path: "/People",
      template,
      parameters: { expand: "Addresses", select: "PersonId,Name,Addresses/StreetAddress" },
      filters: [new Filter("IsDeleted", "EQ", false)],
    },
    updateFinished: (event) => title.setText(`People: ${event.getParameter("total")}`),
    models: model,
  })
  table.placeAt("content")
  binding = table.getBinding("items")
}

export const rows = () => seen(table)

/** What a method of the model comes to, of those that take callbacks: `done((how) => model.read("/People", how))`. */
export const done = (method) => new Promise((success, error) => method({ success, error }))

/** What the service refused, as status and code: `[412, "PreconditionFailed"]`. */
export const refused = (method) =>
  done(method).then(() => [], ({ statusCode, responseText }) => [Number(statusCode), JSON.parse(responseText).error.code])
