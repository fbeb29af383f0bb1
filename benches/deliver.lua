-- Sends each delivery of a file once. In the file: timestamp, signature and length in a line, then the body in its length.
local file
local used = 0

function init(args)
  file = assert(io.open(args[1], "rb"))
end

function request()
  local head = file:read("*l")
  if not head then
    -- Known by now: it is refused as a replay, and the run does not count.
    used = used + 1
    _G.used = used
    return wrk.format("GET", "/used-up")
  end
  local timestamp, signature, length = head:match("^(%d+) (%S+) (%d+)$")
  local body = file:read(tonumber(length))
  file:read(1)
  return wrk.format("POST", nil, {
    ["Content-Type"] = "application/json",
    ["Holdline-Timestamp"] = timestamp,
    ["Holdline-Signature"] = signature,
  }, body)
end

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency, requests)
  local errors = summary.errors
  local used_up = 0
  for _, thread in ipairs(threads) do
    used_up = used_up + (thread:get("used") or 0)
  end
  io.write(string.format("said %d %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.read + errors.write + errors.connect + errors.timeout, used_up))
end
