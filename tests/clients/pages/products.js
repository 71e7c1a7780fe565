/** Products in a table, as one writes it with OpenUI5 for V4. */
import { forgetMessages, load, seen } from "./common.js"

export * from "./common.js"

const controls = ["Column", "ColumnListItem", "Input", "Table", "Text", "Title", "Toolbar"]
const [Column, ColumnListItem, Input, Table, Text, Title, Toolbar] = await load(...controls.map((name) => `sap/m/${name}`))
const [ODataModel] = await load("sap/ui/model/odata/v4/ODataModel")
export const [Filter, Sorter] = await load("sap/ui/model/Filter", "sap/ui/model/Sorter")

export let model, table, binding

/** A new table. What is typed into it is sent at once, or with the group that is named. */
export const show = (serviceUrl, updateGroupId = "$auto") => {
  table?.destroy()
  model?.destroy()
  forgetMessages()
  model = new ODataModel({ serviceUrl, autoExpandSelect: true, operationMode: "Server", updateGroupId })
  const template = new ColumnListItem({
    cells: [
      new Input({ value: "{Name}" }),
      new Input({ value: "{Price}" }),
      new Text({ text: "{Category/Name}" }),
      new Text({ text: { path: "Status", targetType: "any" } }), // enumerations have no type in OpenUI5
    ],
  })
  table = new Table({
    headerToolbar: new Toolbar({ content: new Title({ text: "Products: {$count}" }) }),
    columns: ["Name", "Price", "Category", "Status"].map((text) => new Column({ header: new Text({ text }) })),
    growing: true,
    growingThreshold: 5,
    items: { path: "/Products", template, parameters: { $count: true } },
    models: model,
  })
  binding = table.getBinding("items")
  table.getHeaderToolbar().setBindingContext(binding.getHeaderContext())
  table.placeAt("content")
}

export const rows = () => seen(table)
