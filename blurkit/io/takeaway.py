"""The part of the script of a page that gives names back to a shell, byte by byte as the system has them."""

TAKEAWAY = r"""
const ascii = (words) => new TextEncoder().encode(words);

function decoded(name) {
  try {
    return new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(name);
  } catch { return null; }
}

function quoted(name) {  // for a POSIX shell; $'...' for what is no text
  const words = decoded(name);
  if (words !== null && !/[\x00-\x1f\x7f-\x9f]/.test(words)) return `'${words.replaceAll("'", `'\\''`)}'`;
  const sign = (byte) => byte < 32 || byte > 126 || byte === 39 || byte === 92;
  const octal = (byte) => "\\" + byte.toString(8).padStart(3, "0");
  return `$'${[...name].map((byte) => sign(byte) ? octal(byte) : String.fromCharCode(byte)).join("")}'`;
}

function chosen() {
  const which = one("which").value;
  const tests = {
    rejected,
    kept: (i) => !rejected(i),
    out: (i) => marks.get(i) === true,
    in: (i) => marks.get(i) === false,
  };
  return tiles.map((_, i) => i).filter(tests[which]);
}

const isFile = (i) => !("stream" in tiles[i].dataset);
const siblings = (i) => tiles[i].dataset.siblings?.split(" ") ?? [];

function files() {  // the photos chosen, each with the files of its shot that belong to no photo that stays
  const photos = new Set(chosen().filter(isFile)), own = new Set(tiles.map((tile) => tile.dataset.path));
  const staying = new Set(tiles.flatMap((_, i) => photos.has(i) ? [] : siblings(i)));
  const others = (i) => siblings(i).filter((path) => !own.has(path) && !staying.has(path));
  return [...new Set([...photos].flatMap((i) => [tiles[i].dataset.path, ...others(i)]))];
}

const SLASH = 47, DOT = 46;

function joined(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function split(path) {  // the parts of a path between its slashes
  const ends = [...path.keys(), path.length].filter((n) => n === path.length || path[n] === SLASH);
  return ends.map((end, n) => path.slice(n ? ends[n - 1] + 1 : 0, end));
}

function parent(path) {  // the folder of a file as one below another folder: without .., and with a slash behind
  const inner = split(path).slice(0, -1).filter((part) => part.some((byte) => byte !== DOT));
  return joined(...inner.map((part) => joined(part, [SLASH])));
}

function repeats() {  // how many of the files chosen have a name that came before
  const bases = files().map((path) => split(unpacked(path)).at(-1).join());
  return bases.length - new Set(bases).size;
}

function pieces() {
  const form = one("form").value, folder = ["rejected", "out"].includes(one("which").value) ? "rejected" : "kept";
  if (form !== "mv") return chosen().flatMap((i) => [bytes(i), ascii(form === "nul" ? "\0" : "\n")]);
  const paths = files().map(unpacked), keeps = repeats() > 0;
  const places = paths.map((path) => keeps ? quoted(joined(ascii(`${folder}/`), parent(path))) : `${folder}/`);
  const lines = paths.map((path, n) => ascii(`mv -n -- ${quoted(path)} ${places[n]}\n`));
  return [...[...new Set(places)].map((place) => ascii(`mkdir -p ${place}\n`)), ...lines];
}

function notes() {
  const all = chosen(), form = one("form").value;
  const words = [`${all.length} of ${tiles.length} photos, whatever is shown.`];
  const count = (test) => all.filter(test).length;
  const streams = count((i) => !isFile(i)), odd = count((i) => decoded(bytes(i)) === null);
  const broken = count((i) => bytes(i).includes(10));
  const more = form === "mv" ? files().length - count(isFile) : 0;
  if (form === "mv") words.push("Run them in the folder in which blur-score ran.");
  if (more) words.push(`${more} more files of these shots go along: RAW, sidecars and their like.`);
  if (form === "mv" && streams) words.push(`${streams} are pictures of a stream, not files, and are left out.`);
  if (form === "mv" && repeats()) words.push("Some names repeat, so each file keeps its folder below.");
  if (form === "lines" && broken) words.push(`${broken} hold a line break: take NUL or mv lines.`);
  if (form === "lines" && odd) words.push(`${odd} hold bytes that are no text: save them, or take mv lines.`);
  if (form === "nul") words.push("NUL cannot be copied: save them, for xargs -0 and --files0-from.");
  return words.join(" ");
}

function write() {
  const decoder = new TextDecoder();
  one("text").value = pieces().map((piece) => decoder.decode(piece)).join("").replaceAll("\0", "\u2400\n");
  one("copy").disabled = one("form").value === "nul";
  one("note").textContent = notes();
}

one("list").addEventListener("click", () => {
  write();
  names.showModal();
});
one("leave").addEventListener("click", () => names.close());
one("copy").addEventListener("click", () => {
  one("text").select();
  const done = document.execCommand("copy");
  one("note").textContent = done ? "Copied." : "The browser does not let it be copied; the names are selected.";
});
one("save").addEventListener("click", () => {
  const link = document.createElement("a"), form = one("form").value;
  link.href = URL.createObjectURL(new Blob(pieces()));
  link.download = one("which").selectedOptions[0].textContent.replaceAll(" ", "-") + (form === "mv" ? ".sh" : ".lst");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});
for (const id of ["which", "form"]) one(id).addEventListener("input", write);
"""
