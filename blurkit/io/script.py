"""The script of the page that ``blur-score --report`` writes: one step a line."""

from blurkit.io.takeaway import TAKEAWAY

VIEW = r"""
"use strict";
const one = (id) => document.getElementById(id);
const root = document.documentElement, list = one("photos"), large = one("large"), names = one("names");
const threshold = one("threshold"), filter = one("filter"), tools = one("tools");
const tiles = [...list.querySelectorAll(".tile")], heads = [...list.querySelectorAll(".head")];
const contents = one("contents")?.textContent.trim().split("\n");  // of tiles that are filled when they are near
const numbers = new Map(tiles.map((tile, i) => [tile, i]));
const scores = tiles.map((tile) => parseFloat(tile.dataset.score));  // NaN where none is given
const unpacked = (words) => Uint8Array.from(atob(words), (sign) => sign.charCodeAt());
const bytes = (i) => unpacked(tiles[i].dataset.path);
const titles = tiles.map((_, i) => new TextDecoder().decode(bytes(i)));
const bars = [...document.querySelectorAll(".scores rect")];
const memory = `blurkit ${document.body.dataset.id}`;  // of the marks of this page, in the browser
let sequence = tiles.map((_, i) => i), shown = [], current = -1, forgets = false;
let marks = new Map();  // number of a photo: true = rejected by hand, false = kept by hand

function filled(i) {  // the tile, with its content
  if (!tiles[i].firstElementChild) {
    tiles[i].innerHTML = contents[i];
    paint(i);
  }
  return tiles[i];
}

const photo = (i) => filled(i).querySelector(".photo");
const focused = () => numbers.get(document.activeElement.closest(".tile")) ?? -1;

const coming = new Set();  // tiles that came near and are still empty
let settling = 0;  // milliseconds for which tiles must have stayed near: what rushes by asks for no pictures
let timer;
const near = new IntersectionObserver((entries) => {
  for (const {target, isIntersecting} of entries) {
    if (isIntersecting) coming.add(target);
    else leave(target);
  }
  clearTimeout(timer);
  timer = setTimeout(arrive, settling);
  settling = 120;
}, {rootMargin: "600px 0px"});

function arrive() {
  for (const tile of coming) filled(numbers.get(tile));
  coming.clear();
}

function leave(tile) {
  coming.delete(tile);
  if (tile.contains(document.activeElement)) return;
  for (const canvas of tile.querySelectorAll("canvas")) canvas.width = 0;  // lets go of its pixels at once
  for (const image of tile.querySelectorAll("img")) image.removeAttribute("src");
  tile.replaceChildren();
}

function size() {  // of a tile, without a look inside: what it shows then never makes the browser lay out all others
  list.style.setProperty("--wide", getComputedStyle(list).gridTemplateColumns.split(" ")[0]);
}

async function draw(image) {  // by a canvas: of images a browser keeps the pixels of the last thousand it has shown
  const bitmap = await createImageBitmap(image), canvas = document.createElement("canvas");
  canvas.className = image.className;
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  if (image.alt) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", image.alt);
  }
  image.after(canvas);
}

function byRule(i) {  // what cannot be judged is kept
  if (isNaN(scores[i])) return false;
  return scores[i] < threshold.valueAsNumber || heads.length > 0 && !("best" in tiles[i].dataset);
}

function rejected(i) {
  return marks.has(i) ? marks.get(i) : byRule(i);
}

function isWanted(i) {
  const show = one("show").value, kind = one("kind").value;
  if (!titles[i].toLowerCase().includes(filter.value.toLowerCase())) return false;
  if (kind && tiles[i].dataset.kind !== kind) return false;
  if (show === "marked") return marks.has(i);
  if (show === "unjudged") return isNaN(scores[i]);
  return show === "all" || rejected(i) === (show === "rejected");
}

function verdict(i) {  // in words
  if (marks.has(i)) return rejected(i) ? "Rejected by hand" : "Kept by hand";
  return rejected(i) ? "Rejected" : "Reject";
}

function paint(i) {
  const button = tiles[i].querySelector(".verdict"), words = verdict(i);
  tiles[i].classList.toggle("out", rejected(i));
  if (!button || button.textContent === words) return;
  button.textContent = words;
  button.setAttribute("aria-pressed", rejected(i));
  button.setAttribute("aria-label", `${words}: ${titles[i]}`);
}

function update() {
  const level = threshold.valueAsNumber, count = {kept: 0, rejected: 0, unjudged: 0};
  shown = sequence.filter(isWanted);
  const visible = new Set(shown);
  tiles.forEach((tile, i) => {
    tile.hidden = !visible.has(i);
    paint(i);
  });
  for (const i of shown) {
    count[rejected(i) ? "rejected" : "kept"] += 1;
    if (isNaN(scores[i])) count.unjudged += 1;
  }
  for (const head of heads) {
    let next = head.nextElementSibling;
    while (next && next.hidden && next.matches(".tile")) next = next.nextElementSibling;
    head.hidden = !next || !next.matches(".tile");
  }
  one("none").hidden = shown.length > 0;
  bars.forEach((bar, i) => bar.classList.toggle("below", (i + 1) / bars.length <= level));
  for (const end of ["x1", "x2"]) one("mark").setAttribute(end, 100 * level + "%");
  const rule = `below ${level.toFixed(2)}${heads.length ? ", or not the best of their group" : ""}`;
  const rest = count.unjudged ? `, ${count.unjudged} cannot be judged` : "";
  const hand = marks.size ? `; ${marks.size} marked by hand${forgets ? ", until the page is closed" : ""}` : "";
  one("tally").textContent = `${count.rejected} rejected (${rule}), ${count.kept} kept${rest}${hand}`;
}

function remember() {
  try { localStorage.setItem(memory, JSON.stringify([...marks])); } catch { forgets = true; }
}

function recall() {
  try {
    marks = new Map(JSON.parse(localStorage.getItem(memory) ?? "[]"));
  } catch { forgets = true; }
}

function mark(i) {
  const place = shown.indexOf(i), wanted = !rejected(i);
  if (wanted === byRule(i)) marks.delete(i);
  else marks.set(i, wanted);
  remember();
  update();
  if (large.open) enlarge(i);
  else if (tiles[i].hidden && shown.length) photo(shown[Math.min(place, shown.length - 1)]).focus();
}

function sort() {
  sequence = tiles.map((_, i) => i);
  const sharpest = one("order").value === "sharpest";
  if (sharpest) sequence.sort((a, b) => isNaN(scores[a]) - isNaN(scores[b]) || scores[b] - scores[a] || a - b);
  list.append(...sequence.map((i) => tiles[i]));
  update();
}

// ---- the larger view

function enlarge(i) {
  const view = document.createElement("div"), detail = photo(i).querySelector(".detail").cloneNode();
  view.className = "view";
  view.append(...photo(i).cloneNode(true).children);
  for (const canvas of view.querySelectorAll("canvas")) canvas.remove();
  one("whole").replaceChildren(view);
  one("part").replaceChildren(detail);
  one("about").replaceChildren(...tiles[i].querySelector("figcaption").cloneNode(true).children);
  one("judge").firstChild.data = verdict(i);
  one("judge").setAttribute("aria-pressed", rejected(i));
  current = i;
  if (!large.open) large.showModal();
}

function nextTo(i, step) {
  const place = shown.indexOf(i);
  if (place >= 0) return shown[Math.min(Math.max(place + step, 0), shown.length - 1)];
  const at = sequence.indexOf(i);  // it was hidden by its mark: go on from where it stood
  const after = shown.findIndex((j) => sequence.indexOf(j) > at);
  const behind = after < 0 ? shown.length : after;
  return shown[Math.min(Math.max(step > 0 ? behind : behind - 1, 0), shown.length - 1)];
}

// ---- keys

function beside(i, down) {  // the photo above or below, which may stand in another group
  const {offsetTop: top, offsetLeft: left} = tiles[i], step = down ? 1 : -1;
  let at = shown.indexOf(i), best = i;
  while (at in shown && tiles[shown[at]].offsetTop === top) at += step;
  const row = at in shown ? tiles[shown[at]].offsetTop : NaN;
  let least = Infinity;
  for (; at in shown && tiles[shown[at]].offsetTop === row; at += step) {
    const far = Math.abs(tiles[shown[at]].offsetLeft - left);
    if (far < least) [least, best] = [far, shown[at]];
  }
  return best;
}

function move(event) {
  const keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];
  if (!keys.includes(event.key) || !shown.length) return;
  event.preventDefault();
  const i = large.open ? current : focused();
  const under = one("photos").previousElementSibling.getBoundingClientRect().bottom;
  const to = {
    Home: () => shown[0],
    End: () => shown.at(-1),
    ArrowLeft: () => nextTo(i, -1),
    ArrowRight: () => nextTo(i, 1),
    ArrowUp: () => large.open ? nextTo(i, -1) : beside(i, false),
    ArrowDown: () => large.open ? nextTo(i, 1) : beside(i, true),
  };
  if (i < 0 && !["Home", "End"].includes(event.key)) {  // nowhere yet: the first that is to be seen
    photo(shown.find((j) => tiles[j].getBoundingClientRect().top >= under) ?? shown[0]).focus();
  } else if (large.open) enlarge(to[event.key]());
  else photo(to[event.key]()).focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || names.open) return;
  if (event.target.matches("input, select, textarea")) return;
  const key = event.key.toLowerCase(), i = large.open ? current : focused();
  if (key === "o") one("focus").click();
  else if (key === "p") one("pixels").click();
  else if (key === "n" && !large.open) one("list").click();
  else if (key === "x" && i >= 0) mark(i);
  else move(event);
});
list.addEventListener("click", (event) => {
  const i = numbers.get(event.target.closest(".tile"));
  if (event.target.closest(".photo")) enlarge(i);
  else if (event.target.closest(".verdict")) mark(i);
});
for (const [id, name] of [["focus", "all"], ["pixels", "pixels"]]) {
  one(id).addEventListener("click", () => one(id).setAttribute("aria-pressed", root.classList.toggle(name)));
}
for (const dialog of [large, names]) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
large.addEventListener("close", () => {
  const to = tiles[current].hidden ? nextTo(current, 1) : current;
  if (to !== undefined) photo(to).focus();
});
one("close").addEventListener("click", () => large.close());
one("previous").addEventListener("click", () => enlarge(nextTo(current, -1) ?? current));
one("next").addEventListener("click", () => enlarge(nextTo(current, 1) ?? current));
one("judge").addEventListener("click", () => mark(current));
"""

START = """
for (const id of ["threshold", "filter", "show", "kind"]) one(id).addEventListener("input", update);
one("order").addEventListener("input", sort);
root.classList.add("js");
for (const element of document.querySelectorAll("[data-js]")) element.hidden = false;
tools.open = matchMedia("(min-width: 60rem)").matches;
one("contents")?.remove();
recall();
update();
if (contents) {
  root.classList.add("drawn");
  new ResizeObserver(size).observe(list);
  list.addEventListener("load", (event) => draw(event.target), true);
  for (const tile of tiles) near.observe(tile);
}
"""

SCRIPT = VIEW + TAKEAWAY + START
