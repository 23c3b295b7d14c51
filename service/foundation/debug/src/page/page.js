"use strict";
// Draws the variables that /debug/vars pushes. Everything from outside goes in as text, never as markup.

const SPAN = 120; // samples per chart, one a second
const AUTOMATIC = 12; // charts of the program's own variables

// What every program has, in this order, as far as it is there.
const STANDARD = [
  { path: "process.cpu_ns", title: "CPU", rate: true, scale: 1e-9, unit: "cores" },
  { path: "process.rss_bytes", title: "Memory (RSS)", rate: false, unit: "bytes" },
  { path: "memstats.HeapAlloc", title: "Heap in use", rate: false, unit: "bytes" },
  { path: "memstats.TotalAlloc", title: "Allocated", rate: true, unit: "bytes" },
  { path: "runtime.alive_tasks", title: "Tasks", rate: false },
  { path: "runtime.global_queue_depth", title: "Tasks queued", rate: false },
  { path: "process.threads", title: "Threads", rate: false },
  { path: "process.fds", title: "Open files", rate: false },
];
const NOT_THE_PROGRAMS = new Set([
  "allocator", "build", "cgroup", "cmdline", "cpu", "lifecycle", "memstats", "panics", "process", "runtime", "tasks", "uptime",
]);

const element = (id) => document.getElementById(id);
const make = (tag, text, name) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
};

// ---- The document ---------------------------------------------------------------------------------------------

let vars = {};

// Every leaf of the document as [path, value].
function* leaves(value, path) {
  if (value === null || typeof value !== "object") {
    yield [path, value];
  } else if (!isHistogram(value)) {
    for (const [name, inner] of Object.entries(value)) yield* leaves(inner, path ? `${path}.${name}` : name);
  } else {
    for (const name of ["count", "p50", "p99", "max"]) yield [`${path}.${name}`, value[name]];
  }
}

const isHistogram = (value) => value !== null && typeof value === "object" && "count" in value && "p99" in value;

// Names may hold dots, so every way to split the path is tried.
function at(value, path) {
  if (value === null || typeof value !== "object") return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf("."); dot >= 0; dot = path.indexOf(".", dot + 1)) {
    const name = path.slice(0, dot);
    const found = Object.hasOwn(value, name) ? at(value[name], path.slice(dot + 1)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

// ---- Numbers --------------------------------------------------------------------------------------------------

function unitOf(path) {
  if (/_ns(\.(p\d+|max|min|mean|sum))?$/.test(path)) return "ns";
  if (/bytes(\.(p\d+|max|min|mean|sum))?$/.test(path)) return "bytes";
  return "";
}

const steps = (value, base, names) => {
  let index = 0;
  while (Math.abs(value) >= base && index < names.length - 1) { value /= base; index += 1; }
  return `${short(value)} ${names[index]}`.trim();
};

const short = (value) => {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return String(value);
  return Number(value.toPrecision(3)).toString();
};

function show(value, unit) {
  if (unit === "bytes") return steps(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
  if (unit === "ns") return steps(value, 1000, ["ns", "µs", "ms", "s"]);
  if (unit === "cores") return `${value.toFixed(2)} cores`;
  return steps(value, 1000, Math.abs(value) < 1e5 ? [""] : ["", "k", "M", "G", "T"]);
}

// ---- Charts ---------------------------------------------------------------------------------------------------

const charts = new Map(); // path -> chart
const SVG = "http://www.w3.org/2000/svg";

function addChart({ path, title, rate, scale = 1, unit = unitOf(path) }) {
  const figure = make("figure", undefined, "chart");
  const caption = make("figcaption", title ?? path);
  caption.title = path;
  const now = make("b", "–");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const [area, line] = ["area", "line"].map((name) => {
    const drawn = document.createElementNS(SVG, "path");
    drawn.setAttribute("class", name);
    return svg.appendChild(drawn);
  });
  const bounds = make("small");
  const [least, most] = [make("span"), make("span")];
  bounds.append(least, most);
  figure.append(caption, now, svg, bounds);
  element("charts").append(figure);
  charts.set(path, { path, rate, scale, unit, figure, now, area, line, least, most, fell: false, samples: [] });
}

function removeChart(path) {
  charts.get(path).figure.remove();
  charts.delete(path);
}

// A number that only grows is shown as a rate: nobody can read a trend off a counter. One that has fallen is none.
const isRate = ({ path, rate, fell, samples }) => {
  if (rate !== undefined) return rate;
  if (fell || samples.length < 4 || /\.(p\d+|max|min|mean)$/.test(path)) return false;
  return samples.at(-1).value > samples[0].value && samples.every(({ value }) => Number.isInteger(value));
};

function sample(chart, time) {
  const value = at(vars, chart.path);
  if (typeof value !== "number") return;
  if (value < chart.samples.at(-1)?.value) chart.fell = true;
  chart.samples.push({ time, value });
  if (chart.samples.length > SPAN + 1) chart.samples.shift();
}

function points(chart) {
  const { samples, scale } = chart;
  if (!isRate(chart)) return samples.map(({ value }) => value * scale);
  return samples.slice(1).map(({ time, value }, i) => (value - samples[i].value) * scale * 1000 / Math.max(1, time - samples[i].time));
}

function draw(chart) {
  const values = points(chart);
  if (values.length === 0) return;
  const suffix = isRate(chart) && chart.unit !== "cores" ? "/s" : "";
  const text = (value) => show(value, chart.unit) + suffix;
  const bound = (value) => text(value).replace(" cores", "");
  const most = Math.max(...values), least = Math.min(...values);
  const low = Math.min(0, least), high = most > low ? most : low + 1;
  const x = (i) => (100 * (SPAN - values.length + 1 + i) / SPAN).toFixed(2);
  const y = (value) => (29 - 28 * (value - low) / (high - low)).toFixed(2);
  const path = values.map((value, i) => `${i ? "L" : "M"}${x(i)} ${y(value)}`).join("");
  chart.line.setAttribute("d", path);
  chart.area.setAttribute("d", `${path}L100 30L${x(0)} 30Z`);
  chart.now.textContent = text(values.at(-1));
  chart.least.textContent = `↓ ${bound(least)}`;
  chart.most.textContent = `↑ ${bound(most)}`;
}

function chooseCharts() {
  for (const standard of STANDARD) {
    if (typeof at(vars, standard.path) === "number") addChart(standard);
  }
  // What is at the top says more than what is nested deeply; of a histogram, its slow end.
  const own = Object.entries(vars).filter(([name]) => !NOT_THE_PROGRAMS.has(name));
  const candidates = [];
  for (const [name, value] of own) {
    for (const [path, leaf] of leaves(value, name)) {
      const shown = typeof leaf === "number" && !/\.(count|p50|max)$/.test(path);
      if (shown) candidates.push({ path, depth: path.split(".").length - (path.endsWith(".p99") ? 1 : 0) });
    }
  }
  candidates.sort((a, b) => a.depth - b.depth);
  for (const { path } of candidates.slice(0, AUTOMATIC)) addChart({ path });
}

// ---- The table ------------------------------------------------------------------------------------------------

const rows = new Map(); // path -> { row, cell }

function fillTable() {
  const part = element("find").value.toLowerCase();
  const body = element("variables").tBodies[0];
  const seen = new Set();
  for (const [path, value] of leaves(vars, "")) {
    seen.add(path);
    let entry = rows.get(path);
    if (!entry) {
      entry = { row: make("tr"), cell: make("td"), button: undefined };
      const name = make("td");
      if (typeof value === "number") {
        entry.button = make("button", path);
        entry.button.type = "button";
        entry.button.addEventListener("click", () => {
          if (charts.has(path)) removeChart(path); else addChart({ path });
          tick();
        });
        name.append(entry.button);
      } else {
        name.textContent = path;
      }
      entry.row.append(name, entry.cell);
      body.append(entry.row);
      rows.set(path, entry);
    }
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (entry.cell.textContent !== text) entry.cell.textContent = text;
    entry.button?.setAttribute("aria-pressed", charts.has(path));
    entry.row.hidden = !path.toLowerCase().includes(part);
  }
  for (const [path, { row }] of rows) {
    if (!seen.has(path)) { row.remove(); rows.delete(path); }
  }
}

// ---- The page -------------------------------------------------------------------------------------------------

function about() {
  const { build = {}, uptime } = vars;
  const parts = [build.version && `version ${build.version}`, build.commit, build.profile];
  if (typeof uptime === "number") {
    const minutes = Math.floor(uptime / 60);
    const hours = Math.floor(minutes / 60);
    parts.push(`up ${hours ? `${hours} h ${minutes % 60} min` : minutes ? `${minutes} min` : `${Math.floor(uptime)} s`}`);
  }
  element("about").textContent = parts.filter(Boolean).join(" · ");
}

function state(text, name) {
  element("state").textContent = text;
  element("state").className = name;
}

function tick() {
  about();
  for (const chart of charts.values()) draw(chart);
  if (!document.hidden) fillTable();
}

function follow() {
  const stream = new EventSource("/debug/vars?stream=1s");
  const take = (merge) => (event) => {
    const { uptime } = vars;
    vars = merge(JSON.parse(event.data));
    if (vars.uptime < uptime) {
      for (const chart of charts.values()) { chart.samples.length = 0; chart.fell = false; } // another process
    }
    state("live", "live");
    if (charts.size === 0) chooseCharts();
    const now = performance.now();
    for (const chart of charts.values()) sample(chart, now);
    tick();
  };
  stream.addEventListener("all", take((all) => all));
  stream.addEventListener("changed", take((changed) => ({ ...vars, ...changed })));
  stream.addEventListener("error", () => {
    const closed = stream.readyState === EventSource.CLOSED;
    state(closed ? "refused: reload the page" : "not reachable, trying again", "lost");
  });
}

// A flame graph opens in the page; how long it takes is said meanwhile.
function frameFlames() {
  const frame = element("flame"), note = element("recording");
  let loading = false;
  for (const link of element("flames").querySelectorAll("a")) {
    link.target = "flame";
    link.addEventListener("click", () => {
      loading = true;
      frame.hidden = false;
      const address = new URL(link.href);
      address.searchParams.set("width", Math.min(4000, Math.max(300, frame.clientWidth - 2)));
      link.href = address;
      note.hidden = false;
      note.textContent = `${link.textContent}: being made …`;
    });
  }
  frame.addEventListener("load", () => {
    if (!loading) return;
    loading = false;
    note.hidden = true;
    const picture = frame.contentDocument?.documentElement.getAttribute("height");
    frame.style.height = picture ? `${Number(picture) + 24}px` : "6rem"; // what is no picture says why in a line
    frame.scrollIntoView({ block: "nearest" });
  });
}

element("finder").hidden = false;
element("find").addEventListener("input", fillTable);
state("connecting", "");
frameFlames();
follow();
