-- What every script begins with. Times are microseconds since 1970.
local prefix = KEYS[1]
local arguments = cmsgpack.unpack(ARGV[1])
local now = clock()

local KEPT_MS = 60000 -- how long a key outlives its use; nothing rests on it
local CLAIM_MS = 3600000 -- how long it is known who has an order

local function key(kind, name)
  return prefix .. kind .. ':' .. name
end

local function whole(number) -- Lua itself would write 1.7e+15
  return string.format('%.0f', number)
end

local function drop_lapsed(name)
  redis.call('ZREMRANGEBYSCORE', key('slots', name), '-inf', whole(now))
end

-- What a lease holds: names of capacities, nil where Redis does not know it, false
-- once it was given back.
local function holdings(lease)
  local record = redis.call('GET', key('lease', lease))
  if record == '' then
    return false
  end
  return record and cmsgpack.unpack(record) or nil
end

local function hold(lease, names, lease_us)
  for _, name in ipairs(names) do
    redis.call('ZADD', key('slots', name), whole(now + lease_us), lease)
  end
  redis.call('ZADD', prefix .. 'leases', whole(now + lease_us), lease)
  local kept_ms = math.ceil(lease_us / 1000) + KEPT_MS
  redis.call('SET', key('lease', lease), cmsgpack.pack(names), 'PX', kept_ms)
end

local function keep(names, lease_us)
  local kept_ms = math.ceil(lease_us / 1000) + KEPT_MS
  for _, name in ipairs(names) do
    redis.call('PEXPIRE', key('slots', name), kept_ms)
  end
  redis.call('PEXPIRE', prefix .. 'leases', kept_ms)
end

-- Since when it has been known that Redis lost its state.
local function lost_since()
  local since = redis.call('GET', prefix .. 'lost')
  if since then
    return tonumber(since)
  end
  redis.call('SET', prefix .. 'lost', whole(now), 'PX', KEPT_MS)
  return now
end

-- Which state Redis has: another one after each loss, and on another server, which may
-- lack what was written last. Nil while it is not whole.
local function state()
  local ready = redis.call('GET', prefix .. 'ready')
  if not ready then
    return nil
  end
  return ready .. string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
end
