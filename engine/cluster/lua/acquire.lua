-- Take all slots, a node and a turn of every rate for a call, or nothing (Ledger.acquire).
-- Everything is checked before anything is written: a script runs alone, so that nothing
-- changes in between, but what it has written is not undone if it returns a refusal.
local lease, lease_us, capacities, rates, patience_us, wanted = unpack(arguments)

local capabilities, avoided = {}, {}
if wanted then
  capabilities = wanted[1]
  for _, name in ipairs(wanted[2]) do
    avoided[name] = true
  end
end

local function has_room(name, limit)
  drop_lapsed(name)
  local slots = key('slots', name)
  return redis.call('ZCARD', slots) < limit or redis.call('ZSCORE', slots, lease)
end

local function has_all(able)
  for _, capability in ipairs(capabilities) do
    if not string.find(able, ',' .. capability .. ',', 1, true) then
      return false
    end
  end
  return true
end

-- Among nodes of equal load choose the one that was chosen the longest time ago.
local function next_of(names)
  local chosen, oldest = names[1], math.huge
  if #names > 1 then
    for i, turn in ipairs(redis.call('HMGET', prefix .. 'turns', unpack(names))) do
      turn = tonumber(turn or 0)
      if turn < oldest then
        chosen, oldest = names[i], turn
      end
    end
  end
  return chosen
end

-- Choose the node with the least load; nil and the refusal if there is none.
local function choose(before)
  local least, best = math.huge, {}
  local limits, count, drains = 0, 0, false
  local nodes = redis.call('HGETALL', prefix .. 'nodes')
  for i = 1, #nodes, 2 do
    local name = nodes[i]
    local ends, limit, draining, able =
      string.match(nodes[i + 1], '^(%d+) (%d+) ([01]) (%S+) ')
    if tonumber(ends) > now and has_all(able) then
      if draining == '1' then
        drains = true
      else
        limit, count = tonumber(limit), count + 1
        limits = limits + limit
        -- Lapsed leases count here until the next heartbeat of that node removes them:
        -- removing them here would cost a write for each node and call.
        local held = redis.call('ZCARD', key('slots', 'node:' .. name))
        if before['node:' .. name] and has_room('node:' .. name, limit) then
          return name
        end
        local load = held / limit + (avoided[name] and 1 or 0)
        if held < limit and load <= least then
          if load < least then
            least, best = load, {}
          end
          best[#best + 1] = name
        end
      end
    end
  end
  if count == 0 then
    return nil, { 'none', drains and 1 or 0 }
  end
  if #best == 0 then
    return nil, { 'nodes', limits, count }
  end
  return next_of(best)
end

if redis.call('EXISTS', prefix .. 'ready') == 0 then
  lost_since()
  return { 'lost' }
end
local held = holdings(lease)
if held == false then
  return { 'released' }
end
local before = {}
for _, name in ipairs(held or {}) do
  before[name] = true
end

local names = {}
for i, capacity in ipairs(capacities) do
  local name, limit = unpack(capacity)
  if not has_room(name, limit) then
    return { 'full', i }
  end
  names[i] = name
end
local node, refusal
if wanted then
  node, refusal = choose(before)
  if not node then
    return refusal
  end
  names[#names + 1] = 'node:' .. node
end
local wait_us, arrivals = 0, {}
for i, rate in ipairs(rates) do
  local name, gap_us, burst = unpack(rate)
  local arrival = tonumber(redis.call('GET', key('rate', name)) or now)
  wait_us = math.max(wait_us, arrival - (burst - 1) * gap_us - now)
  if wait_us > patience_us then
    return { 'fast', i, math.ceil(wait_us) }
  end
  arrivals[i] = math.max(arrival, now) + gap_us
end

for i, rate in ipairs(rates) do
  local kept_ms = math.ceil((arrivals[i] - now) / 1000) + KEPT_MS
  redis.call('SET', key('rate', rate[1]), whole(arrivals[i]), 'PX', kept_ms)
end
if node then
  local turns = prefix .. 'turns'
  redis.call('HSET', turns, node, redis.call('HINCRBY', turns, '', 1))
  redis.call('PEXPIRE', turns, KEPT_MS)
end
hold(lease, names, lease_us)
keep(names, lease_us)
for _, name in ipairs(names) do
  before[name] = nil
end
for name in pairs(before) do
  redis.call('ZREM', key('slots', name), lease)
end
return { 'granted', math.ceil(wait_us), node or false }
