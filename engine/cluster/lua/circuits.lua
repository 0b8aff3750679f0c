-- What the processes know of proxies: write what this one has found out, and read everything.
-- Arguments: the process, its reports as { field, life in microseconds, whether a probe is
-- over, text }. Returns the time, then field, time of writing, process and text of each.
local boot, reports = unpack(arguments)
local all = prefix .. 'proxies'
local MOST = 1000 -- reports that are kept; further ones are left out

local function read(entry)
  return string.match(entry, '^(%d+) (%d+) (%S+) (.*)$')
end

local entries = redis.call('HGETALL', all)
local count = #entries / 2
for i = 1, #entries, 2 do
  local ends = read(entries[i + 1])
  if not ends or tonumber(ends) <= now then
    redis.call('HDEL', all, entries[i])
    count = count - 1
  end
end
for _, report in ipairs(reports) do
  local field, life_us, is_over, text = unpack(report)
  local is_new = redis.call('HEXISTS', all, field) == 0
  if not is_new or count < MOST then
    count = count + (is_new and 1 or 0)
    local entry = { whole(now + life_us), whole(now), boot, text }
    redis.call('HSET', all, field, table.concat(entry, ' '))
  end
  if is_over then
    redis.call('DEL', key('probe', field))
  end
end

local known = { whole(now) }
local longest = 0
entries = redis.call('HGETALL', all)
for i = 1, #entries, 2 do
  local ends, at, writer, text = read(entries[i + 1])
  longest = math.max(longest, tonumber(ends) - now)
  for _, value in ipairs({ entries[i], at, writer, text }) do
    known[#known + 1] = value
  end
end
if longest > 0 then
  redis.call('PEXPIRE', all, math.ceil(longest / 1000))
end
return known
