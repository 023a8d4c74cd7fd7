#!lua name=holdfast_1

-- The admission side of order promising. Per vshard four hashes share one tag:
--   m  e = epoch that may admit, l = epoch being loaded, seq = admitting calls so far
--   a  cell -> available to promise: its base less every hold below
--   b  cell -> "version:base" as last heard from PostgreSQL
--   h  hold -> "nonce|fingerprint|line,cell,quantity,..." units taken and not settled yet
-- Scripts are atomic but nothing is rolled back on an error: every function reads and checks all its input first.

-- Rises with every change of this file; a later revision does all that an earlier one did.
local REVISION = 'revision 3'

-- All live in this process only, so a restart, a replica or a reload is neither armed nor being loaded.
local armed = {} -- key m -> epoch
local cells_of = {} -- key m of what is armed -> cells that it has at least
local loading = {} -- key m -> epoch


local MAX_QUANTITY = 1000000000000000 -- what one cell may hold; sums stay exact in doubles
local MAX_EXACT = 9007199254740991

local function integer(text, low, high)
  local number = tonumber(text)
  if not number or number ~= math.floor(number) or number < low or number > high then return nil end
  return number
end

-- A cell's name must be the plain decimal form of its number: one cell, one spelling.
local function is_cell(text)
  return text:find('^[1-9]%d*$') and (#text < 16 or (#text == 16 and tonumber(text) <= MAX_EXACT))
end

local function plain(number) return string.format('%.0f', number) end

local function malformed(what) return redis.error_reply('MALFORMED ' .. what) end

-- Writes hash fields in pieces that fit Lua's argument limit.
local function write_hash(key, fields)
  for first = 1, #fields, 1000 do
    redis.call('HSET', key, unpack(fields, first, math.min(first + 999, #fields)))
  end
end

-- Reads hash fields in pieces that fit Lua's argument limit: a table of what is there by its field.
local function read_hash(key, fields)
  local values = {}
  for first = 1, #fields, 1000 do
    local last = math.min(first + 999, #fields)
    local piece = redis.call('HMGET', key, unpack(fields, first, last))
    for i = 1, #piece do
      if piece[i] then values[fields[first + i - 1]] = piece[i] end
    end
  end
  return values
end

-- Available figures read once a call, changed in memory, written once at its end.
local function opened(key)
  local values, changed, order = {}, {}, {}
  local book = {}
  function book.get(cell)
    local value = values[cell]
    if value == nil then
      value = tonumber(redis.call('HGET', key, cell) or nil) or false
      values[cell] = value
    end
    return value
  end
  -- Reads many at once.
  function book.read(cells)
    local read = read_hash(key, cells)
    for i = 1, #cells do
      local cell = cells[i]
      if values[cell] == nil then values[cell] = tonumber(read[cell] or nil) or false end
    end
  end
  function book.add(cell, quantity)
    values[cell] = (book.get(cell) or 0) + quantity
    if not changed[cell] then
      changed[cell] = true
      order[#order + 1] = cell
    end
  end
  function book.write()
    local fields = {}
    for i = 1, #order do
      fields[2 * i - 1] = order[i]
      fields[2 * i] = plain(values[order[i]])
    end
    write_hash(key, fields)
  end
  function book.report(into)
    for i = 1, #order do
      into[#into + 1] = order[i]
      into[#into + 1] = plain(values[order[i]])
    end
    return into
  end
  return book
end

-- KEYS m a h
-- ARGV epoch n, then per request: hold nonce fingerprint force lines,
--   per line: index quantity split groups, per group: cells, cell ...
-- A group is one location's cells in rank order. With split a line may take from several groups, else from one.
-- Replies {seq, result ...}; a result is
--   {1 | 2, line, cell, quantity, cell's figure after, ...}   taken now | taken by an earlier call
--   {-1, line, best available, ...}                           short: the lines that lack something
--   {-2, cell}                                                a cell that is not loaded here
--   {-3}                                                      the hold exists with another fingerprint
local function take(keys, argv)
  local epoch = argv[1]
  if armed[keys[1]] ~= epoch or redis.call('HGET', keys[1], 'e') ~= epoch then
    return redis.error_reply('NOTARMED')
  end
  local count = integer(argv[2], 1, 4096)
  if not count then return malformed('request count') end
  local at, requests = 3, {}
  for r = 1, count do
    local hold, nonce, fingerprint, force = argv[at], argv[at + 1], argv[at + 2], argv[at + 3]
    local line_count = integer(argv[at + 4], 1, 4096)
    if not hold or hold == '' or not nonce or not nonce:match('^%x+$') or not fingerprint
      or not fingerprint:match('^%x+$') or (force ~= '0' and force ~= '1') or not line_count then
      return malformed('request ' .. r)
    end
    at = at + 5
    local lines = {}
    for l = 1, line_count do
      local index, quantity = argv[at], integer(argv[at + 1], 1, MAX_QUANTITY)
      local split, group_count = argv[at + 2], integer(argv[at + 3], 0, 100000)
      if not integer(index, 0, 100000) or not quantity or (split ~= '0' and split ~= '1') or not group_count then
        return malformed('line ' .. l .. ' of request ' .. r)
      end
      at = at + 4
      local groups, seen = {}, {}
      for g = 1, group_count do
        local cell_count = integer(argv[at], 1, 100000)
        if not cell_count then return malformed('group of line ' .. l .. ' of request ' .. r) end
        local cells = {}
        for c = 1, cell_count do
          local cell = argv[at + c]
          if not cell or not is_cell(cell) or seen[cell] then
            return malformed('cell of line ' .. l .. ' of request ' .. r)
          end
          seen[cell] = true
          cells[c] = cell
        end
        at = at + 1 + cell_count
        groups[g] = cells
      end
      lines[l] = { index, quantity, split == '1', groups }
    end
    requests[r] = { hold, nonce, fingerprint, force == '1', lines }
  end
  if argv[at] then return malformed('trailing arguments') end

  local book, kept, fields, replies = opened(keys[2]), {}, {}, {}
  for r = 1, count do
    local hold, nonce, fingerprint, force, lines = unpack(requests[r])
    local old = kept[hold] or redis.call('HGET', keys[3], hold)
    local reply
    if old then
      local old_fingerprint, units = old:match('^%x+|(%x+)|(.*)$')
      if old_fingerprint ~= fingerprint then
        reply = { -3 }
      else
        reply = { 2 }
        for line, cell, quantity in units:gmatch('(%d+),(%d+),(%d+)') do
          reply[#reply + 1] = line
          reply[#reply + 1] = cell
          reply[#reply + 1] = quantity
          reply[#reply + 1] = plain(book.get(cell) or 0)
        end
        kept[hold] = nonce .. '|' .. fingerprint .. '|' .. units
        fields[#fields + 1] = hold
        fields[#fields + 1] = kept[hold]
      end
    else
      local used, chosen, short, unknown = {}, {}, nil, nil
      for l = 1, #lines do
        local index, quantity, split, groups = unpack(lines[l])
        local best, total, taken_from = 0, 0, nil
        for g = 1, #groups do
          local free = 0
          for c = 1, #groups[g] do
            local cell = groups[g][c]
            local value = book.get(cell)
            if not value then unknown = cell end
            local left = (value or 0) - (used[cell] or 0)
            if left > 0 then free = free + left end
          end
          total = total + free
          if free > best then best = free end
          if not taken_from and free >= quantity then taken_from = g end
        end
        if split and not taken_from and total >= quantity then taken_from = 0 end
        if not taken_from and force and #groups > 0 then taken_from = -1 end
        if not taken_from then
          short = short or { -1 }
          short[#short + 1] = index
          short[#short + 1] = plain(split and total or best)
        else
          local rest = quantity
          local first, last = taken_from, taken_from
          if taken_from <= 0 then first, last = 1, #groups end
          for g = first, last do
            for c = 1, #groups[g] do
              local cell = groups[g][c]
              local left = (book.get(cell) or 0) - (used[cell] or 0)
              local part = math.min(rest, math.max(left, 0))
              if part > 0 then
                used[cell] = (used[cell] or 0) + part
                chosen[#chosen + 1] = { index, cell, part }
                rest = rest - part
              end
            end
          end
          if rest > 0 then -- forced below what is there: the first cell bears it
            local cell = groups[1][1]
            used[cell] = (used[cell] or 0) + rest
            local merged = false
            for i = 1, #chosen do
              if chosen[i][1] == index and chosen[i][2] == cell then
                chosen[i][3] = chosen[i][3] + rest
                merged = true
              end
            end
            if not merged then chosen[#chosen + 1] = { index, cell, rest } end
          end
        end
      end
      if unknown then
        reply = { -2, unknown }
      elseif short then
        reply = short
      else
        reply = { 1 }
        local units = {}
        for i = 1, #chosen do
          book.add(chosen[i][2], -chosen[i][3])
        end
        for i = 1, #chosen do
          local index, cell, quantity = chosen[i][1], chosen[i][2], plain(chosen[i][3])
          units[i] = index .. ',' .. cell .. ',' .. quantity
          reply[#reply + 1] = index
          reply[#reply + 1] = cell
          reply[#reply + 1] = quantity
          reply[#reply + 1] = plain(book.get(cell))
        end
        kept[hold] = nonce .. '|' .. fingerprint .. '|' .. table.concat(units, ',')
        fields[#fields + 1] = hold
        fields[#fields + 1] = kept[hold]
      end
    end
    replies[r + 1] = reply
  end
  book.write()
  write_hash(keys[3], fields)
  replies[1] = redis.call('HINCRBY', keys[1], 'seq', 1)
  return replies
end

-- Applies bases that are newer than the ones known; the figure moves by the difference.
local function apply_bases(key, bases, book)
  local known, fields, count = read_hash(key, bases.cells), {}, 0
  for i = 1, #bases.cells do
    local cell, version, base = bases.cells[i], bases.versions[i], bases.bases[i]
    local old_version, old_base = -1, 0
    if known[cell] then
      local v, n = known[cell]:match('^(%-?%d+):(%-?%d+)$')
      old_version, old_base = tonumber(v), tonumber(n)
    end
    if version > old_version then
      known[cell] = bases.texts[i]
      book.add(cell, base - old_base)
      fields[count + 1] = cell
      fields[count + 2] = known[cell]
      count = count + 2
    end
  end
  write_hash(key, fields)
end

local function parse_bases(argv, at, count)
  local cells, versions, bases, texts = {}, {}, {}, {}
  for i = 1, count do
    local cell, version, base = argv[at], argv[at + 1], argv[at + 2]
    if not base or not is_cell(cell) or not version:find('^%d+$') or not base:find('^%-?%d+$') then return nil end
    local v, b = tonumber(version), tonumber(base)
    if v > MAX_EXACT or b > MAX_EXACT or b < -MAX_EXACT then return nil end
    cells[i], versions[i], bases[i], texts[i] = cell, v, b, version .. ':' .. base
    at = at + 3
  end
  return { cells = cells, versions = versions, bases = bases, texts = texts }, at
end

local function give_back(key, hold, units, book)
  for cell, quantity in units:gmatch('%d+,(%d+),(%d+)') do
    book.add(cell, tonumber(quantity))
  end
  redis.call('HDEL', key, hold)
end

-- While a vshard admits, cells have a figure and a base each, and never become fewer: else keys or fields of them were
-- evicted or deleted. (While it is loaded, live holds come first and make figures without bases.)
local function is_whole(m, a, b)
  local least = cells_of[m]
  if not least then return true end
  local bases = redis.call('HLEN', b)
  return bases >= least and redis.call('HLEN', a) == bases
end

-- KEYS a b h
-- ARGV holds, hold ..., bases, {cell version base} ...
-- Every hold is final in PostgreSQL and its cells' bases of that moment or later are passed. Repeating changes nothing.
-- Replies {cell, figure, ...} for the cells that moved.
local function settle(keys, argv)
  local holds = integer(argv[1], 0, 1000000)
  local count = holds and integer(argv[holds + 2], 0, 1000000)
  if not count then return malformed('counts') end
  local bases, at = parse_bases(argv, holds + 3, count)
  if not bases or argv[at] then return malformed('bases') end
  local m = keys[1]:sub(1, -2) .. 'm'
  if not is_whole(m, keys[1], keys[2]) then return redis.error_reply('DAMAGED vshard') end
  local book = opened(keys[1])
  book.read(bases.cells)
  apply_bases(keys[2], bases, book)
  for i = 1, holds do
    local known = redis.call('HGET', keys[3], argv[i + 1])
    if known then give_back(keys[3], argv[i + 1], known:match('^%x+|%x+|(.*)$'), book) end
  end
  book.write()
  if cells_of[m] then cells_of[m] = redis.call('HLEN', keys[2]) end
  return book.report({})
end

-- KEYS a h; ARGV {hold nonce} ...
-- Only for a caller whose own take answered 1 and whose journal entry was never sent or surely not committed.
-- Replies {cell, figure, ...}.
local function untake(keys, argv)
  if #argv % 2 ~= 0 then return malformed('arguments') end
  local book = opened(keys[1])
  for i = 1, #argv, 2 do
    local known = redis.call('HGET', keys[2], argv[i])
    if known then
      local nonce, units = known:match('^(%x+)|%x+|(.*)$')
      if nonce == argv[i + 1] then give_back(keys[2], argv[i], units, book) end
    end
  end
  book.write()
  return book.report({})
end

local function newer(keys, epoch)
  local known = math.max(tonumber(redis.call('HGET', keys[1], 'l') or nil) or 0,
    tonumber(redis.call('HGET', keys[1], 'e') or nil) or 0)
  return epoch > known
end

-- KEYS m a b h; ARGV epoch. The caller has just raised the epoch in PostgreSQL; a repeat would wipe what was loaded since.
local function begin_load(keys, argv)
  local epoch = integer(argv[1], 1, MAX_EXACT)
  if not epoch then return malformed('arguments') end
  if not newer(keys, epoch) then return redis.error_reply('STALE') end
  armed[keys[1]], cells_of[keys[1]] = nil, nil
  redis.call('UNLINK', keys[1], keys[2], keys[3], keys[4])
  redis.call('HSET', keys[1], 'l', argv[1])
  loading[keys[1]] = argv[1]
  return 1
end

-- A load goes on only in the process that began it, over the keys that it began with: a promoted replica has the keys but
-- not the process, a flushed one the process but not the keys.
local function is_loading(keys, epoch)
  return loading[keys[1]] == epoch and redis.call('HGET', keys[1], 'l') == epoch
end

-- KEYS m a b h
-- ARGV epoch bases {cell version base} ... holds {hold nonce fingerprint parts {line cell quantity} ...} ...
-- May be called many times between begin_load and arm. What is there already stays.
local function load(keys, argv)
  if not is_loading(keys, argv[1]) then return redis.error_reply('STALE') end
  local count = integer(argv[2], 0, 1000000)
  if not count then return malformed('counts') end
  local bases, at = parse_bases(argv, 3, count)
  if not bases then return malformed('bases') end
  local holds = integer(argv[at], 0, 1000000)
  if not holds then return malformed('hold count') end
  at = at + 1
  local names, values, takes = {}, {}, {}
  for i = 1, holds do
    local hold, nonce, fingerprint = argv[at], argv[at + 1], argv[at + 2]
    local parts = integer(argv[at + 3], 1, 100000)
    if not hold or not nonce or not nonce:find('^%x+$') or not fingerprint or not fingerprint:find('^%x+$')
      or not parts then
      return malformed('hold ' .. i)
    end
    at = at + 4
    local units, taken = {}, {}
    for p = 1, parts do
      local line, cell, quantity = argv[at], argv[at + 1], integer(argv[at + 2], 1, MAX_EXACT)
      if not integer(line, 0, 100000) or not cell or not is_cell(cell) or not quantity then
        return malformed('part of hold ' .. i)
      end
      units[p] = line .. ',' .. cell .. ',' .. plain(quantity)
      taken[2 * p - 1], taken[2 * p] = cell, quantity
      at = at + 3
    end
    names[i], values[i], takes[i] = hold, nonce .. '|' .. fingerprint .. '|' .. table.concat(units, ','), taken
  end
  if argv[at] then return malformed('trailing arguments') end
  local book, fields, known = opened(keys[2]), {}, read_hash(keys[4], names)
  book.read(bases.cells)
  apply_bases(keys[3], bases, book)
  for i = 1, holds do
    if not known[names[i]] then
      known[names[i]] = values[i]
      for p = 1, #takes[i], 2 do book.add(takes[i][p], -takes[i][p + 1]) end
      fields[#fields + 1] = names[i]
      fields[#fields + 1] = values[i]
    end
  end
  book.write()
  write_hash(keys[4], fields)
  return 1
end

-- KEYS m, b where the caller knows of it; ARGV epoch. The last step of a rebuild.
local function arm(keys, argv)
  if not is_loading(keys, argv[1]) then return redis.error_reply('STALE') end
  redis.call('HSET', keys[1], 'e', argv[1])
  armed[keys[1]] = argv[1]
  cells_of[keys[1]] = keys[2] and redis.call('HLEN', keys[2])
  return 1
end

-- KEYS m, a and b where the caller knows of them. Replies {epoch armed in this process, epoch in m, calls so far}; 0 where
-- there is none. What is not whole any more is not armed.
local function status(keys)
  local epoch = armed[keys[1]]
  if keys[3] and not is_whole(keys[1], keys[2], keys[3]) then epoch = nil end
  return { tonumber(epoch or nil) or 0, tonumber(redis.call('HGET', keys[1], 'e') or nil) or 0,
    tonumber(redis.call('HGET', keys[1], 'seq') or nil) or 0 }
end

redis.register_function('hf1_take', take)
redis.register_function{ function_name = 'hf1_settle', callback = settle, flags = { 'allow-oom' } }
redis.register_function{ function_name = 'hf1_untake', callback = untake, flags = { 'allow-oom' } }
redis.register_function('hf1_begin_load', begin_load)
redis.register_function('hf1_load', load)
redis.register_function('hf1_arm', arm)
redis.register_function{ function_name = 'hf1_status', callback = status, flags = { 'no-writes' },
  description = REVISION }
