// What $metadata says, in the words that the explorer needs.

const CORE = "@Org.OData.Core.V1.";
const CAPABILITIES = "@Org.OData.Capabilities.V1.";
const NUMBERS = new Set(["Byte", "SByte", "Int16", "Int32", "Int64", "Single", "Double", "Decimal"]);
// What cannot be compared, sorted or edited as a line of text.
const OPAQUE = new Set(["Stream", "Untyped"]);

/** A property of an entity or of a structure in it: `ShippingAddress/City`. */
export class Property {
  constructor(path, said, model) {
    this.path = path;
    this.name = path.split("/").at(-1);
    this.collection = Boolean(said.$Collection);
    this.nullable = Boolean(said.$Nullable);
    this.maxLength = said.$MaxLength;
    this.default = said.$DefaultValue;
    this.description = said[`${CORE}Description`] ?? "";
    this.fullType = said.$Type ?? "Edm.String";
    this.type = this.fullType.replace("Edm.", "");
    this.enum = model.enums.get(this.fullType) ?? null;
    this.computed = Boolean(said[`${CORE}Computed`]) || said[`${CORE}Permissions`] === "Read";
    this.optional = this.nullable || this.default !== undefined || Boolean(said[`${CORE}ComputedDefaultValue`]);
    this.immutable = Boolean(said[`${CORE}Immutable`]);
    this.said = said;
    this.model = model;
  }

  /** One value of a collection, as a property of its own. */
  get item() { return new Property(this.path, { ...this.said, $Collection: false, $DefaultValue: undefined }, this.model); }

  /** Of a structure: what it consists of, with paths inside of it. */
  get members() { return this.model.members(this.fullType); }

  get isNumber() { return NUMBERS.has(this.type); }
  get isGeo() { return this.type.startsWith("Geo"); }
  get comparable() { return !this.collection && !this.isGeo && !OPAQUE.has(this.type) && this.type !== "Binary"; }
  get editable() { return !this.computed && !OPAQUE.has(this.type); }
}

export class EntitySet {
  constructor(name, said, type, model) {
    this.name = name;
    this.singleton = !said.$Collection;
    this.type = type;
    this.bindings = said.$NavigationPropertyBinding ?? {};
    const capability = (term) => said[CAPABILITIES + term] ?? {};
    this.insertable = capability("InsertRestrictions").Insertable === true;
    this.updatable = capability("UpdateRestrictions").Updatable === true;
    this.deletable = capability("DeleteRestrictions").Deletable === true;
    this.searchable = capability("SearchRestrictions").Searchable === true;
    this.readable = capability("ReadRestrictions").Readable !== false;
    this.notInsertable = new Set(capability("InsertRestrictions").NonInsertableProperties ?? []);
    this.notUpdatable = new Set(capability("UpdateRestrictions").NonUpdatableProperties ?? []);
    this.model = model;
  }

  /** The set at the other end of a navigation property, if entities there are of one. */
  target(navigation) { return this.model.sets.get(this.bindings[navigation.name]) ?? null; }
}

export class EntityType {
  constructor(name, said, model) {
    this.fullName = name;
    this.name = name.split(".").at(-1);
    this.base = said.$BaseType ?? null;
    this.abstract = Boolean(said.$Abstract);
    const inherited = this.base && model.type(this.base);
    this.key = said.$Key ?? inherited?.key ?? [];
    this.media = Boolean(said.$HasStream ?? inherited?.media); // entities are words about a stream
    this.properties = [...(inherited?.properties ?? [])];
    this.navigation = [...(inherited?.navigation ?? [])];
    for (const [member, about] of Object.entries(said)) {
      if (member.startsWith("$") || member.includes("@") || typeof about !== "object") continue;
      if (about.$Kind === "NavigationProperty") {
        const constraint = Object.keys(about.$ReferentialConstraint ?? {}).filter((each) => !each.includes("@"));
        this.navigation.push({ name: member, type: about.$Type, collection: Boolean(about.$Collection), constraint });
      } else this.properties.push(...model.flattened(member, about));
    }
  }

  property(path) { return this.properties.find((each) => each.path === path); }
}

export class Model {
  constructor(document) {
    this.declared = new Map();
    for (const [namespace, schema] of Object.entries(document))
      if (!namespace.startsWith("$"))
        for (const [name, said] of Object.entries(schema)) this.declared.set(`${namespace}.${name}`, said);
    const ofKind = (kind) => [...this.declared].filter(([, said]) => said?.$Kind === kind);
    this.enums = new Map(ofKind("EnumType").map(([name, said]) => [name, {
      name,
      flags: Boolean(said.$IsFlags),
      members: Object.keys(said).filter((member) => !member.startsWith("$") && !member.includes("@")),
      values: said,
    }]));
    this.types = new Map();
    for (const [name] of ofKind("EntityType")) this.type(name);
    this.sets = new Map();
    for (const [name, said] of Object.entries(this.declared.get(document.$EntityContainer) ?? {}))
      if (said?.$Type && !said.$Kind) this.sets.set(name, new EntitySet(name, said, this.type(said.$Type), this));
  }

  type(name) {
    if (!this.types.has(name)) this.types.set(name, new EntityType(name, this.declared.get(name), this));
    return this.types.get(name);
  }

  /** A property, or those of the structure that it is. */
  flattened(path, said) {
    const isStructure = this.declared.get(said.$Type)?.$Kind === "ComplexType";
    return isStructure && !said.$Collection ? this.members(said.$Type, `${path}/`) : [new Property(path, said, this)];
  }

  /** What a structure consists of; nothing for what is none. */
  members(type, before = "") {
    const structure = this.declared.get(type);
    if (structure?.$Kind !== "ComplexType") return [];
    return [...(structure.$BaseType ? this.members(structure.$BaseType, before) : []), ...Object.entries(structure)
      .filter(([name, about]) => !name.startsWith("$") && !name.includes("@") && about.$Kind !== "NavigationProperty")
      .flatMap(([name, about]) => this.flattened(`${before}${name}`, { $Nullable: true, ...about }))];
  }
}

/** The types that V2 gives to properties: `Person.LastUpdated` → `Edm.DateTime`. */
export function typesOfV2(xml) {
  const types = new Map();
  for (const type of new DOMParser().parseFromString(xml, "application/xml").getElementsByTagNameNS("*", "EntityType"))
    for (const property of type.getElementsByTagNameNS("*", "Property"))
      types.set(`${type.getAttribute("Name")}.${property.getAttribute("Name")}`, property.getAttribute("Type"));
  return types;
}
