-- Nobody may carry out an order, unless somebody does. Arguments: order, the state of
-- Redis when it was given. Returns the one who does; '' for nobody; nil if that is not
-- known, since another state than then may lack a claim.
local order, given = unpack(arguments)
local name = key('claim', order)
local owner = redis.call('GET', name)
if owner then
  return owner
end
if state() ~= given then
  return false
end
redis.call('SET', name, '', 'PX', CLAIM_MS)
return ''
