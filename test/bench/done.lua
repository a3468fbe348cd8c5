-- Prints what wrk counted as one line: microseconds, requests, bytes, the 99th
-- percentile in microseconds, and how many answers were not as they should be.
function done(summary, latency, requests)
   local e = summary.errors
   print("counted", summary.duration, summary.requests, summary.bytes, latency:percentile(99),
      e.connect + e.read + e.write + e.status + e.timeout)
end
