"""The frame and the style of the page that ``blur-score --report`` writes: one CSS rule a line."""

HEAD = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{generator}
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body data-id="{identity}">
<header><h1>{title}</h1>
<p>{order}, by method {method}.</p>
<dl class="facts">{facts}</dl></header>
<main>
<div class="bar"><div class="scores">{histogram}
<input id="threshold" type="range" min="0" max="1" step="0.01" value="{threshold}"
 aria-label="threshold of the score" data-js hidden>
<p class="axis"><span>0</span><span>score</span><span>1</span></p>
<p id="tally" class="tally" role="status" data-js hidden></p></div>
<details id="tools" data-js hidden><summary>Controls</summary><div class="tools">
<input id="filter" type="search" placeholder="file name" aria-label="show only file names that contain">
<select id="show" aria-label="show which photos"><option value="all">all photos</option>
<option value="kept">kept</option><option value="rejected">rejected</option>
<option value="unjudged">cannot be judged</option><option value="marked">marked by hand</option></select>
<select id="kind" aria-label="show which kind of blur"><option value="">all kinds</option>{kinds}</select>
<select id="order" aria-label="order"{sorting}><option value="softest">softest first</option>
<option value="sharpest">sharpest first</option></select>
<button id="focus" class="plain" aria-pressed="false" aria-keyshortcuts="o">In focus<kbd>o</kbd></button>
<button id="pixels" class="plain" aria-pressed="false" aria-keyshortcuts="p">True pixels<kbd>p</kbd></button>
<button id="list" class="plain" aria-keyshortcuts="n">Names<kbd>n</kbd></button>
</div></details></div>
{without}<ol id="photos">
"""

WITHOUT = """<noscript><p>This page needs its script; one that is a single file (<code>--report FILE.html</code>) does
not.</p></noscript>
"""

END = """</ol>
<p id="none" hidden>No photo is like that.</p>
</main>
<dialog id="large" aria-label="larger view">
<div class="panes"><div id="whole"></div><figure><div id="part"></div>
<figcaption>True pixels, where it is sharpest</figcaption></figure></div>
<div id="about"></div>
<div class="buttons"><button id="previous" class="plain" aria-label="previous photo">&larr;</button>
<button id="next" class="plain" aria-label="next photo" autofocus>&rarr;</button>
<button id="judge" class="plain" aria-keyshortcuts="x">Reject<kbd>x</kbd></button>
<button id="close" class="plain">Close</button></div>
</dialog>
<dialog id="names" aria-label="names of photos">
<div class="buttons"><select id="which" aria-label="names of which photos"><option value="rejected">rejected</option>
<option value="kept">kept</option><option value="out">rejected by hand</option>
<option value="in">kept by hand</option></select>
<select id="form" aria-label="in which form"><option value="lines">one a line</option>
<option value="nul">ended by NUL</option><option value="mv">mv lines for a shell</option></select></div>
<p id="note" role="status"></p>
<textarea id="text" readonly rows="12" aria-label="the names" spellcheck="false"></textarea>
<div class="buttons"><button id="copy" class="plain">Copy</button>
<button id="save" class="plain">Save as a file</button>
<button id="leave" class="plain">Close</button></div>
</dialog>
<footer>Score: bigger = sharper, up to 1. Blur: sigma in the worst direction, in pixels as measured. Kind: of the blur;
an arrow shows the direction of a motion, its length is in pixels of the photo. Left out: bars, frames and flat ground,
striped in the picture. Judged: share of the photo that shows its blur. Noise: 8-bit steps. True pixels: of the photo,
where its sharpest edges are; a frame shows the place. <span data-js hidden>Keys: arrows, Home and End from photo to
photo, Enter for the larger view, x to reject or keep, o, p and n for the buttons above.</span></footer>
{contents}<script>{script}</script>
</body>
</html>
"""

STYLE = """
:root{color-scheme:light dark;--ground:#f7f6f4;--panel:#ecebe8;--ink:#1c1b1a;--soft:#5d5a56;--line:#d3d0cb;
  --accent:#84109c}
@media (prefers-color-scheme:dark){:root{--ground:#151514;--panel:#1f1e1d;--ink:#eceae6;--soft:#a5a19b;
  --line:#3a3836;--accent:#e08bff}}
*{box-sizing:border-box}
[hidden]{display:none!important}
dl,dd,figure,h2{margin:0}
input,button,select,textarea{font:inherit;color:inherit}
body{margin:0;padding:0 clamp(.75rem,4vw,4rem);background:var(--ground);color:var(--ink);
  font:.9375rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
header{padding:2rem 0 1rem}
header p{margin:.4rem 0 0}
footer{max-width:48rem;padding:3rem 0}
h1{margin:0;font-size:1.75rem;font-weight:600;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
header p,footer,dt,.axis,.tally,#note,.head span,.panes figcaption{color:var(--soft)}
footer,dt,.axis,.tally,#note,.panes figcaption{font-size:.8125rem}
dd{overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:.25rem 2.5rem;margin-top:1rem}
.facts div{display:flex;gap:.5rem;align-items:baseline}
.bar{display:flex;flex-wrap:wrap;align-items:end;gap:.25rem 3rem;padding:.6rem 0;background:var(--ground);
  border-bottom:1px solid var(--line)}
.js .bar{position:sticky;top:0;z-index:1}
.scores{flex:1 1 18rem;max-width:36rem}
.axis{display:flex;justify-content:space-between;margin:0}
.js .axis{display:none}
.tally{margin:.15rem 0 0}
svg{display:block;width:100%;height:2.75rem;fill:var(--soft);border-bottom:1px solid var(--line)}
line{stroke:var(--accent);stroke-width:2px;vector-effect:non-scaling-stroke}
[type=range]{appearance:none;display:block;width:calc(100% + 1.25rem);height:1.25rem;margin:-.625rem -.625rem 0;
  background:none;cursor:ew-resize}
[type=range]::-webkit-slider-thumb{appearance:none;width:1.25rem;height:1.25rem;border:2px solid var(--ground);
  border-radius:50%;background:var(--accent)}
[type=range]::-moz-range-thumb{box-sizing:border-box;width:1.25rem;height:1.25rem;border:2px solid var(--ground);
  border-radius:50%;background:var(--accent)}
details{flex:1 1 27rem}
summary{padding:.3rem 0;color:var(--soft);font-size:.8125rem;cursor:pointer}
.tools,.buttons{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .6rem}
[type=search]{width:11rem;flex:0 1 auto}
[type=search],select,.plain,.verdict{min-height:2.25rem;padding:.3rem .7rem;border:1px solid var(--soft);
  border-radius:.4rem;background:var(--ground)}
.plain:hover,.verdict:hover{background:var(--panel)}
[aria-pressed=true],[aria-pressed=true]:hover{background:var(--accent);border-color:var(--accent);color:var(--ground)}
:disabled{opacity:.5}
kbd{margin-left:.5em;padding:0 .4em;border:1px solid;border-radius:.25rem;font:inherit;font-size:.75rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
::placeholder{color:var(--soft);opacity:1}
ol{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(13.5rem,42vw),1fr));gap:1.25rem .625rem;
  margin:0 -.375rem;padding:1.25rem 0;list-style:none}
li{min-width:0}
.tile{padding:.375rem;content-visibility:auto;contain-intrinsic-size:auto 20rem}
.drawn .tile{height:calc(.8*var(--wide) + 10rem);content-visibility:visible}
.drawn .tile>figure{height:100%;contain:size layout style}
.head{grid-column:1/-1;display:flex;gap:1rem;align-items:baseline;border-bottom:1px solid var(--line);
  margin:0 .375rem;padding-top:.75rem}
h2{font-size:1.0625rem;font-weight:600;overflow-wrap:anywhere}
.stage{display:grid;place-items:center;aspect-ratio:5/4;border:3px solid var(--panel);border-radius:.4rem;
  background:var(--panel);container-type:size}
.photo{position:relative;padding:0;border:0;background:none;scroll-margin:12rem 0 8rem}
.js .photo{cursor:zoom-in}
.photo img:first-child,.view img:first-child{display:block}
.photo img:first-child{width:auto;height:auto;max-width:100cqw;max-height:100cqh}
.overlay,.hatch,canvas,svg.spot{position:absolute;inset:0;width:100%;height:100%;border:0}
.overlay{display:none}
.drawn .photo img{visibility:hidden}
canvas.detail{object-fit:none}
.photo:hover .overlay,.photo:focus-visible .overlay,.view:hover .overlay,.all .overlay{display:block}
svg.spot{fill:none;stroke:#fff;stroke-width:2;paint-order:stroke;filter:drop-shadow(0 0 1px #000)}
.photo svg.spot{display:none}
.photo .detail,.view>.detail{display:none}
.pixels .photo .detail{display:block;width:100cqw;height:100cqh;object-fit:none}
.pixels .photo :not(.detail){display:none}
figcaption{padding-top:.4rem}
.name{display:flex;white-space:pre}
.name span{overflow:hidden;text-overflow:ellipsis}
.folder{flex:0 1 auto;min-width:0;color:var(--soft)}
.base{flex:0 0 auto;max-width:100%}
.figures,.figures div{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .4rem}
.figures{column-gap:1rem}
.js ol .more{display:none}
.figures div:first-child dd{font-size:1.125rem;font-weight:600}
.figures .kind{flex-basis:100%}
.kind dd{display:flex;align-items:center;gap:.4rem}
svg.arrow{flex:none;width:1.375rem;height:1.375rem;border:0;fill:none;stroke:var(--accent);stroke-width:2;
  stroke-linecap:round;stroke-linejoin:round}
.verdict{display:none;margin-top:.4rem}
.js .verdict{display:block}
.out .stage{border-color:var(--accent)}
rect.below{fill:var(--line)}
dialog{width:max-content;max-width:96vw;max-height:96vh;padding:1rem;border:0;border-radius:.6rem;
  background:var(--ground);color:var(--ink)}
dialog::backdrop{background:rgb(0 0 0/.72)}
.panes{display:flex;flex-wrap:wrap;gap:1rem;justify-content:center;align-items:center}
#whole{display:grid;place-items:center;width:22.5rem;max-width:100%;min-height:22.5rem}
#large .buttons{position:sticky;bottom:-1rem;padding:.5rem 0;background:var(--ground)}
.view{position:relative}
.view img:first-child{width:auto;height:auto;max-width:100%;max-height:60vh}
#part img{display:block;max-width:100%;object-fit:none}
dialog .name{display:block;white-space:pre-wrap;overflow-wrap:anywhere;max-width:46rem}
dialog .figures{margin:.4rem 0 .75rem;column-gap:1.75rem}
#names{width:min(44rem,96vw)}
#text{width:100%;margin:.25rem 0 .75rem;padding:.5rem;border:1px solid var(--soft);border-radius:.4rem;
  background:var(--panel);font:.8125rem/1.4 ui-monospace,monospace;white-space:pre}
@media (max-width:60rem){#whole{min-height:0}}
@media (max-width:44rem){
  header{padding:1rem 0 .5rem}
  h1{font-size:1.375rem}
  ol{gap:.5rem .125rem}
  .scores,details{flex-basis:100%}
  svg{height:1.75rem}
  .folder{display:none}
  ol .figures{font-size:.8125rem}
  #part img{height:min(40vh,25rem)}
  .view img:first-child{max-height:26vh}
}
@media (max-height:34rem){.js .bar{position:static}}
@media (pointer:coarse){.plain,.verdict,select,[type=search],summary{min-height:2.75rem}
  kbd{display:none}}
"""
