// Show the part of the graph that is asked for, and move its classes together. A level is the nodes of one x.
const field = document.getElementById("filter"), found = document.getElementById("found");
const svg = document.querySelector(".graph svg");
const paths = svg ? [...svg.querySelectorAll(":scope > path")].map(curve) : [];
const nodes = svg ? [...svg.querySelectorAll("g.node")].map(dot).sort((one, two) => one.x - two.x || one.y - two.y) : [];
const all = { places: new Map(nodes.map(node => [node.name, node])), width: svg?.getAttribute("width"), height: svg?.getAttribute("height") };

function dot(element) {
  const { name, x, y, end } = element.dataset, troubled = Boolean(element.querySelector("circle").classList[0]);
  return { element, name, troubled, x: +x, y: +y, end: +end };
}

function curve(element) {
  const { prev, next } = element.dataset, numbers = element.getAttribute("d").match(/-?\d+/g).map(Number);
  return { element, prev, next, numbers, troubled: Boolean(element.classList[0]) };
}

function show() {
  const wanted = field.value.toLowerCase(), only = Boolean(found?.checked);
  const candidates = nodes.filter(one => one.troubled || !only);
  const picked = new Set(candidates.map(one => one.name).filter(name => name.toLowerCase().includes(wanted)));
  const near = paths.filter(one => (one.troubled || !only) && (picked.has(one.prev) || picked.has(one.next)));
  const names = new Set([...picked, ...near.flatMap(one => [one.prev, one.next])]);
  const shown = nodes.filter(one => names.has(one.name));
  const drawing = shown.length === nodes.length ? all : together(shown);
  for (const one of nodes) one.element.classList.toggle("hidden", !names.has(one.name));
  for (const one of paths) one.element.classList.add("hidden");
  for (const one of shown) move(one, drawing.places.get(one.name));
  for (const one of near) bend(one, drawing.places);
  svg.setAttribute("width", drawing.width);
  svg.setAttribute("height", drawing.height);
}

function together(shown) {
  const { margin, row, between } = Object.fromEntries(Object.entries(svg.dataset).map(([key, value]) => [key, +value]));
  const places = new Map();
  let level, x = 2 * margin, y = margin, width = x, height = y;
  for (const one of shown) {
    if (level !== undefined && one.x !== level) { x = width + between; y = margin; }
    level = one.x;
    places.set(one.name, { x, y, end: x + one.end - one.x });
    width = Math.max(width, x + one.end - one.x);
    height = Math.max(height, y);
    y += row;
  }
  return { places, width: width + margin, height: height + margin };
}

function move(one, to) {
  one.element.setAttribute("transform", `translate(${to.x - one.x} ${to.y - one.y})`);
}

function bend(one, places) {
  const prev = places.get(one.prev), next = places.get(one.next), was = all.places.get(one.prev), will = all.places.get(one.next);
  const [from, , out, , back, , to] = one.numbers;
  const start = from + prev.end - was.end, end = to + next.x - will.x, half = Math.max((end - start) / 2, 0);
  const first = was.x === will.x ? start + out - from : start + half, last = was.x === will.x ? end + back - to : end - half;
  one.element.setAttribute("d", `M${start} ${prev.y} C${first} ${prev.y} ${last} ${next.y} ${end} ${next.y}`);
  one.element.classList.remove("hidden");
}

if (svg) for (const each of [field, found]) each?.addEventListener("input", show);
if (svg && found?.checked) show();
