-- A node lives, unless another process of that name does. Answers whether it was taken.
local name, boot, life_us, limit, draining, able, facts = unpack(arguments)
local nodes, about = prefix .. 'nodes', prefix .. 'facts'

local all = redis.call('HGETALL', nodes)
for i = 1, #all, 2 do
  local ends, other_boot = string.match(all[i + 1], '^(%d+) .* (%S+)$')
  if tonumber(ends) <= now then
    redis.call('HDEL', nodes, all[i])
    redis.call('HDEL', about, all[i])
    redis.call('HDEL', prefix .. 'turns', all[i])
  elseif all[i] == name and other_boot ~= boot then
    return 0
  end
end
drop_lapsed('node:' .. name)
local entry = { whole(now + life_us), whole(limit), draining and '1' or '0', able, boot }
redis.call('HSET', nodes, name, table.concat(entry, ' '))
redis.call('HSET', about, name, facts)
redis.call('PEXPIRE', nodes, KEPT_MS)
redis.call('PEXPIRE', about, KEPT_MS)
return 1
