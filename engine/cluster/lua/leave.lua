-- A node lives no longer; another process of that name is left alone.
local name, boot = unpack(arguments)
local entry = redis.call('HGET', prefix .. 'nodes', name)
if entry and string.match(entry, ' (%S+)$') == boot then
  for _, kind in ipairs({ 'nodes', 'facts', 'turns' }) do
    redis.call('HDEL', prefix .. kind, name)
  end
end
