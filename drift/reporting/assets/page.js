"use strict";
// Cards are made in batches and drawn when they are opened, so that thousands of features cost nothing until asked for.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const list = byId("list"), more = byId("more"), find = byId("find"), which = byId("which"), order = byId("order");
const BATCH = 50, OPEN_AT_FIRST = 4, SVG = "http://www.w3.org/2000/svg";
let shown = [], made = 0;

function element(name, attributes, text) {
  const node = document.createElement(name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  return node;
}

function shape(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

const percent = (share) => (share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1) + " %";

function bars(feature) {
  const { labels } = feature.bars;
  const [live, baseline] = [feature.bars.live, feature.bars.baseline].map((side) => side && side.map((share) => share / 1e4));
  const width = 480, height = 180, top = 16, bottom = 22, step = width / labels.length;
  const most = Math.max(1e-9, ...(live || []), ...(baseline || []));
  const tall = (share) => (height - top - bottom) * share / most;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Distribution of ${feature.name}: the table beside it has the numbers`);
  labels.forEach((label, place) => {
    const group = shape(svg, "g", {});
    const sides = [live && `live ${percent(live[place])}`, baseline && `baseline ${percent(baseline[place])}`];
    shape(group, "title", {}, `${label}: ${sides.filter(Boolean).join(", ")}`);
    shape(group, "rect", { x: place * step, y: top, width: step, height: height - top - bottom, fill: "transparent" });
    const bar = (share, kind) => shape(group, "rect", { class: kind, x: place * step + 1.5, width: Math.max(step - 3, 1),
      y: height - bottom - tall(share), height: tall(share) });
    if (live) bar(live[place], "bar-live");
    if (baseline) bar(baseline[place], "bar-base");
  });
  shape(svg, "line", { class: "axis", x1: 0, x2: width, y1: height - bottom, y2: height - bottom });
  const ends = labels.length > 1 ? [[0, "start"], [labels.length - 1, "end"]] : [[0, "start"]];
  for (const [place, anchor] of ends)
    shape(svg, "text", { x: anchor === "start" ? 0 : width, y: height - 6, "text-anchor": anchor }, labels[place].slice(0, 30));
  shape(svg, "text", { x: 0, y: 11 }, `up to ${percent(most)}`);
  return svg;
}

function line(feature) {
  const values = feature.trend, width = 480, height = 90, pad = 14;
  const most = Math.max(0.1, ...values.filter((value) => value !== null));
  const at = (value, place) => [pad + place * (width - 2 * pad) / Math.max(values.length - 1, 1), height - pad - (height - 2 * pad) * value / most];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Distance from the baseline over ${values.length} runs: ${values.map((value) => value === null ? "none" : value).join(", ")}`);
  const points = values.map((value, place) => value === null ? null : at(value, place));
  shape(svg, "polyline", { class: "line", points: points.filter(Boolean).map((point) => point.join(",")).join(" ") });
  points.forEach((point, place) => {
    if (!point) return;
    const dot = shape(svg, "circle", { class: "dot", cx: point[0], cy: point[1], r: 3 });
    shape(dot, "title", {}, `${data.runs[place]}: ${values[place]}`);
  });
  return svg;
}

function figure(drawing, caption) {
  const node = element("figure", {});
  node.append(drawing, element("figcaption", {}, caption));
  return node;
}

function facts(feature) {
  const table = element("table", { class: "facts" }), head = table.createTHead().insertRow(), body = table.createTBody();
  for (const name of ["", "live", "baseline"]) head.append(element("th", { scope: "col" }, name));
  const measures = [["Distance (Robust)", feature.distance], {{measures}}];
  const rows = feature.facts.concat(measures.filter(([, value]) => value !== null).map(([name, value]) => [name, String(value), ""]));
  for (const [name, live, baseline] of rows) {
    const row = body.insertRow();
    row.append(element("th", { scope: "row" }, name), element("td", {}, live), element("td", {}, baseline));
  }
  return table;
}

function draw(card, feature) {
  if (card.dataset.drawn) return;
  card.dataset.drawn = "yes";
  const body = element("div", { class: "body" });
  if (feature.findings.length) {
    const items = element("ul", {});
    items.append(...feature.findings.map((sentence) => element("li", {}, sentence)));
    body.append(items);
  }
  const charts = element("div", {});
  charts.append(feature.bars ? figure(bars(feature), feature.bars.live ? "Share of the values" : "Share of the values of the baseline; of the live ones no distribution was kept") : element("p", {}, "No distribution was kept for this feature."));
  if (feature.trend.length) charts.append(figure(line(feature), "Distance from the baseline, run by run"));
  body.append(charts, facts(feature));
  card.append(body);
}

function card(feature, open) {
  const node = element("details", {}), head = element("summary", {});
  head.append(element("b", {}, feature.name), element("small", {}, feature.kind));
  if (feature.distance !== null) head.append(element("small", {}, `distance ${feature.distance.toFixed(3)}`));
  if (feature.findings.length) head.append(element("span", { class: "badge" }, feature.findings.length === 1 ? "1 violation" : `${feature.findings.length} violations`));
  node.append(head);
  node.addEventListener("toggle", () => { if (node.open) draw(node, feature); });
  if (open) { draw(node, feature); node.open = true; }
  return node;
}

function grow(first) {
  const batch = shown.slice(made, made + BATCH);
  const cards = batch.map((feature, place) => card(feature, first && place < OPEN_AT_FIRST));
  list.append(...cards);
  made += batch.length;
  more.hidden = made >= shown.length;
  if (!more.hidden) more.textContent = `Show ${Math.min(BATCH, shown.length - made)} more of ${shown.length - made}`;
  return cards;
}

const orders = {
  given: null,
  name: (a, b) => a.name.localeCompare(b.name),
  distance: (a, b) => (b.distance ?? -1) - (a.distance ?? -1),
  psi: (a, b) => (b.psi ?? -1) - (a.psi ?? -1),
};

function refresh() {
  const wanted = find.value.trim().toLowerCase();
  shown = data.features.filter((feature) => feature.name.toLowerCase().includes(wanted) && (which.value === "all" || feature.findings.length));
  if (orders[order.value]) shown.sort(orders[order.value]);
  byId("count").textContent = `${shown.length} of ${data.features.length}`;
  list.replaceChildren();
  made = 0;
  grow(true);
}

byId("filter").hidden = byId("key").hidden = false;
byId("filter").addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", refresh);
which.addEventListener("change", refresh);
order.addEventListener("change", refresh);
more.addEventListener("click", () => { const cards = grow(false); if (cards.length) cards[0].firstChild.focus(); });
refresh();
