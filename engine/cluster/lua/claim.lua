-- Who may carry out an order: the first one to ask, and not after its deadline.
-- Arguments: order, claimant, latest time. Returns the one who may; '' for nobody.
local order, claimant, latest = unpack(arguments)
local name = key('claim', order)
local owner = redis.call('GET', name)
if owner then
  return owner
end
if now > latest then
  return ''
end
redis.call('SET', name, claimant, 'PX', CLAIM_MS)
return claimant
