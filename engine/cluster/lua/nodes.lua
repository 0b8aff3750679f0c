-- The nodes that live: name, entry, facts.
local found = {}
local nodes = redis.call('HGETALL', prefix .. 'nodes')
for i = 1, #nodes, 2 do
  if tonumber(string.match(nodes[i + 1], '^(%d+) ')) > now then
    local facts = redis.call('HGET', prefix .. 'facts', nodes[i])
    found[#found + 1] = { nodes[i], nodes[i + 1], facts }
  end
end
return found
