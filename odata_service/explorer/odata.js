// Asks the service, and takes its refusals apart.

const JSON_TYPE = "application/json;odata.metadata=minimal;IEEE754Compatible=true";

/** A refusal as the service says it. */
export class Refusal extends Error {
  constructor(status, error) {
    super(error?.message?.value ?? error?.message ?? `the service answered ${status}`);
    this.status = status;
    this.code = error?.code ?? "";
    this.target = error?.target ?? "";
    this.details = error?.details ?? [];
  }
}

export class Service {
  constructor(root) {
    this.root = new URL(root, document.baseURI).href;
    this.token = "";
  }

  async send(method, address, { body, headers = {}, accept = JSON_TYPE } = {}) {
    const given = { Accept: accept, "OData-MaxVersion": "4.01", ...headers };
    if (this.token) given.Authorization = `Bearer ${this.token}`;
    const isFile = body instanceof Blob;
    if (body !== undefined) given["Content-Type"] = isFile ? body.type || "application/octet-stream" : JSON_TYPE;
    const url = new URL(address, this.root).href;
    let response;
    try {
      response = await fetch(url, { method, headers: given, body: body === undefined || isFile ? body : JSON.stringify(body) });
    } catch {
      throw new Refusal(0, { message: "the service cannot be reached" });
    }
    if (!response.ok) throw new Refusal(response.status, (await response.json().catch(() => null))?.error);
    return response;
  }

  async json(address, options) {
    const response = await this.send("GET", address, options);
    return response.status === 204 ? null : response.json();
  }

  async text(address, accept) { return (await this.send("GET", address, { accept })).text(); }
}

/** Control information, which 4.0 and 4.01 write differently: control(page, "nextLink"). */
export function control(document, name, of = "") {
  return document[`${of}@odata.${name}`] ?? document[`${of}@${name}`];
}
