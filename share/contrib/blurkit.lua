-- Stars by sharpness in darktable 3.6 or newer: two buttons below "actions on selection".
-- Copy this file into ~/.config/darktable/lua/, and add a line to ~/.config/darktable/luarc: require "blurkit"
-- It asks blur-score, which must be in the PATH of darktable. It writes ratings and nothing else.
local dt = require "darktable"

local BORDERS = {0.4, 0.5, 0.6, 0.74} -- the scores where 2, 3, 4 and 5 stars begin, as of blur-score --stars

local function stars(score)
  local count = 1
  for _, border in ipairs(BORDERS) do
    if score >= border then count = count + 1 end
  end
  return count
end

local function rate(images, replaces)
  local names, scores = os.tmpname(), os.tmpname() -- names go by a file, so that no shell ever sees one
  local versions, asked, rated = {}, 0, 0 -- versions: the images of a path, which darktable may show several times
  local file = assert(io.open(names, "wb"))
  for _, image in ipairs(images) do
    if replaces or image.rating == 0 then
      local path = image.path .. "/" .. image.filename
      if not versions[path] then file:write(path, "\0") end
      versions[path] = versions[path] or {}
      table.insert(versions[path], image)
      asked = asked + 1
    end
  end
  file:close()
  dt.print("blurkit: scoring " .. asked .. " of " .. #images .. " images")
  dt.control.execute("blur-score -z --files0-from=" .. names .. " > " .. scores)
  file = assert(io.open(scores, "rb"))
  for score, path in file:read("a"):gmatch("([^\t]+)\t([^\0]+)\0") do
    for _, image in ipairs(tonumber(score) and versions[path] or {}) do -- Lua's tonumber takes no "nan"
      image.rating, rated = stars(tonumber(score)), rated + 1
    end
  end
  file:close()
  os.remove(names)
  os.remove(scores)
  local kept, without = #images - asked, asked - rated
  dt.print("blurkit: " .. rated .. " rated, " .. kept .. " kept their stars, " .. without .. " without a score"
    .. (without > 0 and "; darktable's terminal says why" or ""))
end

dt.gui.libs.image.register_action("blurkit_stars", "stars by sharpness",
  function(_, images) rate(images, false) end, "rate the selected images that have no stars")
dt.gui.libs.image.register_action("blurkit_stars_anew", "stars by sharpness, anew",
  function(_, images) rate(images, true) end, "rate all selected images; their stars and rejections are replaced")
