"""The style and the script of the page that ``blur-score --report`` writes: one CSS rule, one step a line."""

STYLE = """
:root{color-scheme:light dark;--ground:#f7f6f4;--panel:#ecebe8;--ink:#1c1b1a;--soft:#5d5a56;--line:#d3d0cb;
  --accent:#84109c}
@media (prefers-color-scheme:dark){:root{--ground:#151514;--panel:#1f1e1d;--ink:#eceae6;--soft:#a5a19b;
  --line:#3a3836;--accent:#e08bff}}
*{box-sizing:border-box}
[hidden]{display:none!important}
dl,dd,figure{margin:0}
input,button{font:inherit;color:inherit}
body{margin:0;padding:0 clamp(1rem,4vw,4rem);background:var(--ground);color:var(--ink);
  font:.9375rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
header{padding:3rem 0 1.5rem}
header p{margin:.4rem 0 0}
footer{max-width:48rem;padding:3rem 0}
h1{margin:0;font-size:1.75rem;font-weight:600;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
header p,footer,dt,.axis,.tally{color:var(--soft)}
footer,dt,.axis,.tally{font-size:.8125rem}
dd{overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.75rem 2.5rem;margin-top:1.5rem}
.bar{display:flex;flex-wrap:wrap;align-items:end;gap:1rem 3rem;padding:1rem 0;background:var(--ground);
  border-bottom:1px solid var(--line)}
.js .bar{position:sticky;top:0;z-index:1}
@media (max-height:34rem),(max-width:44rem){.js .bar{position:static}}
.scores{flex:1 1 20rem;max-width:36rem}
.axis{display:flex;justify-content:space-between;margin:0}
svg{display:block;width:100%;height:3.5rem;fill:var(--soft);border-bottom:1px solid var(--line)}
line{stroke:var(--accent);stroke-width:2px;vector-effect:non-scaling-stroke}
[type=range]{appearance:none;display:block;width:calc(100% + 1rem);height:1rem;margin:-.5rem -.5rem 0;
  background:none;cursor:ew-resize}
[type=range]::-webkit-slider-thumb{appearance:none;width:1rem;height:1rem;border:2px solid var(--ground);
  border-radius:50%;background:var(--accent)}
[type=range]::-moz-range-thumb{box-sizing:border-box;width:1rem;height:1rem;border:2px solid var(--ground);
  border-radius:50%;background:var(--accent)}
.tools{flex:1 1 27rem;display:flex;flex-wrap:wrap;align-items:center;gap:.6rem 1rem}
.tally{flex-basis:100%}
[type=search]{width:13rem}
[type=search],.plain{padding:.4rem .8rem;border:1px solid var(--soft);border-radius:.4rem;background:none}
.plain:hover{background:var(--panel)}
[aria-pressed=true],[aria-pressed=true]:hover{background:var(--accent);border-color:var(--accent);color:var(--ground)}
kbd{margin-left:.5em;padding:0 .4em;border:1px solid;border-radius:.25rem;font:inherit;font-size:.75rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
::placeholder{color:var(--soft);opacity:1}
ol{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:2.5rem 1.75rem;margin:0;
  padding:2.25rem 0;list-style:none}
li{min-width:0;content-visibility:auto;contain-intrinsic-size:auto 19rem}
.stage{display:grid;place-items:center;aspect-ratio:5/4;border-radius:.4rem;background:var(--panel);
  container-type:size}
.photo{position:relative;padding:0;border:0;background:none;scroll-margin:11rem 0 8rem}
.js .photo{cursor:zoom-in}
.photo img,.frame img{display:block}
.photo img:first-child{width:auto;height:auto;max-width:calc(100cqw - 1.5rem);max-height:calc(100cqh - 1.5rem)}
img.overlay{position:absolute;inset:0;width:100%;height:100%;image-rendering:auto;opacity:0}
.photo:hover .overlay,.photo:focus-visible .overlay,.frame:hover .overlay,.all .overlay{opacity:1}
figcaption{padding-top:.6rem}
.name{display:flex;white-space:pre}
.name span{overflow:hidden;text-overflow:ellipsis}
.folder{flex:0 1 auto;min-width:0;color:var(--soft)}
.base{flex:0 0 auto;max-width:100%}
.figures,.figures div{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .4rem}
.figures{column-gap:1rem}
.js ol .more{display:none}
.figures div:first-child dd{font-size:1.125rem;font-weight:600}
li.below{opacity:.22;filter:grayscale(1)}
li.below:hover,li.below:focus-within{opacity:1;filter:none}
rect.below{fill:var(--line)}
dialog{width:max-content;max-width:94vw;max-height:96vh;padding:1.25rem;border:0;border-radius:.6rem;
  background:var(--ground);color:var(--ink)}
dialog::backdrop{background:rgb(0 0 0/.72)}
.frame{position:relative;margin:auto;width:min(88vw,46rem,66vh*var(--ratio))}
.frame img{width:100%;height:auto}
dialog .name{display:block;white-space:pre-wrap;overflow-wrap:anywhere;max-width:46rem}
dialog .figures{margin:.4rem 0 1rem;column-gap:1.75rem}
@media (prefers-reduced-motion:no-preference){.overlay,li{transition:opacity .15s,filter .15s}}
.figures .kind{flex-basis:100%}
.kind dd{display:flex;align-items:center;gap:.4rem}
svg.arrow{flex:none;width:1.375rem;height:1.375rem;border:0;fill:none;stroke:var(--accent);stroke-width:2;
  stroke-linecap:round;stroke-linejoin:round}
"""

SCRIPT = """
"use strict";
const one = (id) => document.getElementById(id);
const root = document.documentElement, list = one("photos"), large = one("large");
const threshold = one("threshold"), filter = one("filter"), toggle = one("toggle");
const items = [...list.children], photos = items.map((item) => item.querySelector(".photo"));
const scores = items.map((item) => parseFloat(item.dataset.score));  // NaN where none is given
const names = items.map((item) => item.querySelector(".name").textContent.toLowerCase());
const bars = [...document.querySelectorAll("rect")];
let shown = [], current = -1;

function update() {
  const level = threshold.valueAsNumber, wanted = filter.value.toLowerCase();
  const count = {above: 0, below: 0, neither: 0};
  shown = [];
  items.forEach((item, i) => {
    const side = scores[i] >= level ? "above" : scores[i] < level ? "below" : "neither";
    item.classList.toggle("below", side === "below");
    item.hidden = !names[i].includes(wanted);
    if (!item.hidden) count[side] = count[side] + 1, shown.push(i);
  });
  bars.forEach((bar, i) => bar.classList.toggle("below", (i + 1) / bars.length <= level));
  for (const end of ["x1", "x2"]) one("mark").setAttribute(end, 100 * level + "%");
  const rest = count.neither ? `, ${count.neither} cannot be judged` : "";
  one("tally").textContent = `${count.above} at ${level.toFixed(2)} or above, ${count.below} below${rest}`;
}

function enlarge(i) {
  const frame = document.createElement("div"), caption = items[i].querySelector("figcaption");
  const [photo] = photos[i].children;
  frame.className = "frame";
  frame.style.setProperty("--ratio", photo.getAttribute("width") / photo.getAttribute("height"));
  frame.append(...photos[i].cloneNode(true).children);
  one("enlarged").replaceChildren(frame, caption.cloneNode(true));
  current = i;
  if (!large.open) large.showModal();
}

function move(event) {
  const place = shown.indexOf(large.open ? current : photos.indexOf(document.activeElement)), last = shown.length - 1;
  const columns = large.open ? 1 : getComputedStyle(list).gridTemplateColumns.split(" ").length;
  const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -place, End: last - place};
  if (place < 0 || !(event.key in steps)) return;
  event.preventDefault();
  const to = shown[Math.min(place + steps[event.key], last)];
  if (large.open && to !== undefined) enlarge(to);
  else photos[to]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === filter) return;
  if (event.key.toLowerCase() === "o") toggle.click();
  else move(event);
});
list.addEventListener("click", (event) => {
  const photo = event.target.closest(".photo");
  if (photo) enlarge(photos.indexOf(photo));
});
toggle.addEventListener("click", () => toggle.setAttribute("aria-pressed", root.classList.toggle("all")));
large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
large.addEventListener("close", () => photos[current].focus());
one("close").addEventListener("click", () => large.close());
for (const input of [threshold, filter]) input.addEventListener("input", update);
root.classList.add("js");
for (const element of document.querySelectorAll("[data-js]")) element.hidden = false;
update();
"""
