-- Give back what leases hold, and remember for a while that they did: what was sent
-- before this may arrive after it, on another connection.
for _, lease in ipairs(arguments[1]) do
  for _, name in ipairs(holdings(lease) or {}) do
    redis.call('ZREM', key('slots', name), lease)
  end
  redis.call('ZREM', prefix .. 'leases', lease)
  redis.call('SET', key('lease', lease), '', 'PX', KEPT_MS)
end
