// Makes the page from the API's own document: a form for each operation, and what the service answers to it.
"use strict";

let schemas = {};

/** An element with attributes and children; texts become text, never markup. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** Prose, in which backquotes mark code. */
const prose = text => text.split("`").map((part, index) => index % 2 ? element("code", {}, part) : part);

const resolve = schema => schema.$ref ? schemas[schema.$ref.split("/").pop()] : schema;

/** A value that fits a schema: its own example, or one made up. */
function example(given) {
  const schema = resolve(given);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const kind = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (kind) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, of]) => [name, example(of)]));
    case "array": return [example(schema.items)];
    case "integer": return schema.minimum ?? 0;
    case "boolean": return false;
    default: return "text";
  }
}

function inputFor(parameter, id) {
  const schema = resolve(parameter.schema);
  const choices = schema.type === "boolean" ? ["true", "false"] : schema.enum;
  if (choices) {
    return element("select", { id }, ...["", ...choices].map(choice => element("option", {}, choice)));
  }
  const hint = String(schema.default ?? parameter.example ?? schema.example ?? "");
  const input = element("input", { id, placeholder: hint, autocomplete: "off", spellcheck: "false" });
  if (schema.type === "integer") input.inputMode = "numeric";
  if (parameter.in === "path") input.value = hint || "1";
  if (parameter.name === "If-Match" && parameter.required) input.value = "*";
  return input;
}

function field(parameter, id) {
  const label = element("label", { for: id }, parameter.name);
  if (parameter.required) label.className = "required";
  const input = inputFor(parameter, id);
  const line = element("div", { class: "field" }, label, input,
    element("span", { class: "quiet" }, ...prose(parameter.description ?? "")));
  return { parameter, input, line };
}

/** The request that the form describes. */
function request(method, template, fields, body) {
  let path = template;
  const query = new URLSearchParams();
  const headers = {};
  for (const { parameter, input } of fields) {
    const value = input.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "") continue;
    else if (parameter.in === "query") query.append(parameter.name, value);
    else headers[parameter.name] = value;
  }
  if (body) headers["Content-Type"] = body.kind;
  const token = document.getElementById("token").value.trim();
  if (token) headers.Authorization = `Bearer ${token}`;
  const parameters = query.toString();
  return {
    url: path + (parameters && `?${parameters}`),
    options: { method: method.toUpperCase(), headers, body: body?.text.value, cache: "no-store" },
  };
}

const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;

/** The same request for a terminal; a token is not repeated. */
function curl({ url, options }) {
  const parts = ["curl -i"];
  if (options.method !== "GET") parts.push(`-X ${options.method}`);
  for (const [name, value] of Object.entries(options.headers)) {
    parts.push(name === "Authorization" ? `-H "Authorization: Bearer $TOKEN"` : `-H ${quoted(`${name}: ${value}`)}`);
  }
  if (options.body !== undefined) parts.push(`-d ${quoted(options.body)}`);
  parts.push(quoted(location.origin + url));
  return parts.join(" ");
}

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

async function send(what, into) {
  const lines = [element("h3", {}, "Request"), element("pre", {}, curl(what)), element("h3", {}, "Answer")];
  try {
    const started = performance.now();
    const answer = await fetch(what.url, what.options);
    const text = await answer.text();
    const took = Math.round(performance.now() - started);
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    lines.push(
      element("p", { class: answer.ok ? "fine" : "failed" }, `${answer.status} ${answer.statusText} · ${took} ms`),
      element("pre", {}, headers));
    if (text) lines.push(element("pre", {}, pretty(text)));
  } catch (error) {
    lines.push(element("p", { class: "failed" }, `No answer: ${error.message}`));
  }
  into.replaceChildren(...lines);
}

function bodyOf(operation, id) {
  const content = Object.entries(operation.requestBody?.content ?? {})[0];
  if (!content) return undefined;
  const [kind, { schema }] = content;
  const text = element("textarea", { id, spellcheck: "false" });
  text.value = JSON.stringify(example(schema), null, 2);
  return { kind, text };
}

function fill(details, method, path, operation) {
  const id = operation.operationId;
  const fields = (operation.parameters ?? []).map(parameter => field(parameter, `${id}-${parameter.name}`));
  const body = bodyOf(operation, `${id}-body`);
  const answer = element("div", { "aria-live": "polite" });
  const form = element("form", {});
  for (const paragraph of (operation.description ?? "").split("\n\n")) form.append(element("p", {}, ...prose(paragraph)));
  form.append(...fields.map(({ line }) => line));
  if (body) form.append(element("label", { for: `${id}-body` }, `Body (${body.kind})`), body.text);
  form.append(element("div", { class: "send" }, element("button", {}, "Send")));
  form.addEventListener("submit", event => {
    event.preventDefault();
    send(request(method, path, fields, body), answer);
  });
  const statuses = Object.entries(operation.responses).flatMap(([status, response]) =>
    [element("dt", {}, status), element("dd", {}, ...prose(response.description.replaceAll("\n\n", "\n")))]);
  details.append(element("div", { class: "body" }, form, answer, element("h3", {}, "What it may answer"),
    element("dl", {}, ...statuses)));
}

function show(method, path, operation) {
  const details = element("details", { id: operation.operationId },
    element("summary", {}, element("b", { class: method }, method.toUpperCase()), element("code", {}, path),
      element("span", {}, operation.summary)));
  // Most of them are never opened.
  details.addEventListener("toggle", () => fill(details, method, path, operation), { once: true });
  details.dataset.text = `${method} ${path} ${operation.summary} ${operation.tags}`.toLowerCase();
  return details;
}

function find(text) {
  for (const details of document.querySelectorAll("details")) {
    details.hidden = !details.dataset.text.includes(text);
  }
  for (const section of document.querySelectorAll("section")) {
    section.hidden = !section.querySelector("details:not([hidden])");
  }
}

async function start() {
  const main = document.getElementById("operations");
  try {
    const api = await (await fetch("/v1/openapi.json")).json();
    schemas = api.components.schemas;
    document.getElementById("about").append(...prose(api.info.description));
    const all = Object.entries(api.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method, path, operation })));
    main.replaceChildren(...api.tags.map(tag => element("section", {},
      element("h2", {}, tag.name, " ", element("small", {}, tag.description)),
      ...all.filter(({ operation }) => operation.tags.includes(tag.name))
        .map(({ method, path, operation }) => show(method, path, operation)))));
  } catch (error) {
    main.replaceChildren(element("p", { class: "failed" }, `The document cannot be read: ${error.message}`));
    return;
  }
  const input = document.getElementById("find");
  input.addEventListener("input", () => find(input.value.trim().toLowerCase()));
  const opened = document.getElementById(location.hash.slice(1));
  if (opened instanceof HTMLDetailsElement) opened.open = true;
}

start();
